/**
 * Delivery: one bounded queue per client, a few drain threads that write what is ready in one go,
 * and the writers that do so without blocking.
 *
 * <p>The way of a frame: {@link org.starcast.internal.engine.DeliveryEngine} gives it its place in
 * the order and appends it to the queue of every matching {@code Client}; a {@code WriterLoop}
 * takes all that a client has ready and hands it to the client's {@link
 * org.starcast.internal.engine.SinkWriter}. The {@code TimingWheel} drives heartbeats, send
 * timeouts and connection age.
 */
package org.starcast.internal.engine;
