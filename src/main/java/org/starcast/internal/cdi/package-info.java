/**
 * What ties Starcast to CDI: the extension that makes observers honour topic patterns, the observer
 * that hands {@link org.starcast.Topic} events to the broadcaster, and the encoding of payloads.
 */
package org.starcast.internal.cdi;
