/**
 * What makes several nodes one: the order of events that all of them follow. {@link
 * org.starcast.spi.Backplane} is what an implementation provides; {@code starcast.backplane}
 * chooses one.
 */
package org.starcast.internal.backplane;
