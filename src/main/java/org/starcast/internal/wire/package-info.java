/** The event-stream format: the only place that produces its bytes. */
package org.starcast.internal.wire;
