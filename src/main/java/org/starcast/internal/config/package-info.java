/**
 * The configuration: {@link org.starcast.internal.config.ConfigKey the table of keys}, from which
 * values are read, names are checked and the documentation is made; the values in force; and the
 * grammar of rules.
 */
package org.starcast.internal.config;
