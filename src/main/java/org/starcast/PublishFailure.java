package org.starcast;

/**
 * The CDI event that says that a message, whose {@code publish} had returned, did not get its place
 * in the order of events, or may not have; that an event was not sent after the commit of the
 * transaction that it was fired in, when nobody is left to catch; or that one did not reach the
 * clients of other nodes, whose {@code send} or {@code sendToUser} had returned. Once for each
 * message. Fired synchronously and asynchronously, so that an observer can be either. Who published
 * can also ask {@link PublishResult#stored}.
 *
 * @param message what was published; its data is text
 * @param cause mostly an {@link org.starcast.spi.BackplaneException}, which knows whether it may
 *     have been stored all the same
 */
public record PublishFailure(SseMessage message, Throwable cause) {}
