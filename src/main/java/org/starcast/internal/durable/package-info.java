/** Durable Streams: append-only streams over HTTP, out of the events of a topic each. */
package org.starcast.internal.durable;
