/**
 * The names of configuration values: those that there are, and those that somebody mistyped. Values
 * are read by {@link org.starcast.internal.config.StarcastConfig}.
 */
package org.starcast.internal.config;
