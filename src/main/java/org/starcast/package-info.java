/**
 * Server push for Jakarta EE: what applications touch.
 *
 * <p>Fire a CDI event with a {@link org.starcast.Topic} qualifier, or call {@link
 * org.starcast.SseBroadcaster#publish}; every client {@linkplain
 * org.starcast.SseBroadcaster#register registered} with a matching {@link
 * org.starcast.Subscription} gets it over Server-Sent Events.
 */
package org.starcast;
