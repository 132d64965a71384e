/**
 * What the other packages share: checks of arguments, values of immutable objects, and the tables
 * of the documentation that the code reads.
 */
package org.starcast.internal;
