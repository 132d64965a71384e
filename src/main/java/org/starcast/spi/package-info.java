/**
 * What a backplane of the application's own implements: {@link org.starcast.spi.Backplane}, and the
 * few types that it handles.
 */
package org.starcast.spi;
