/**
 * How the broadcaster is watched: health checks, metrics and traces where the server has an API for
 * them, and a JMX bean. All read {@link org.starcast.SseBroadcaster#statistics}; none is needed.
 * The beans here are added by the extension, those whose API is missing are not.
 */
package org.starcast.internal.observe;
