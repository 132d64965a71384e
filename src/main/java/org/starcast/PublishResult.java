package org.starcast;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What became of one published message, known when {@code publish} returns: queued means that the
 * message waits in the client's bounded queue, not that the client has read it.
 *
 * <p>With a backplane that other nodes share, nothing of that is known yet when {@code publish}
 * returns: the id is empty, the numbers are 0, and {@link #stored} tells the rest. With {@code
 * starcast.backplane.local.delivery-thread} the id and the sequence are known, and the numbers are
 * 0.
 *
 * @param id the event's id on the wire, {@code <epoch>-<sequence>}, by which clients resume; empty
 *     for a message that has no place in the order of the application's events (one sent to a
 *     single client), or none yet
 * @param sequence the event's place in the order of all events of the application, or 0
 * @param matched clients that the message is meant for
 * @param queued clients whose queue took it, or that will read it from the log as they are not
 *     level with the others
 * @param dropped clients for which it, or an older message in its place, was dropped by their
 *     overflow policy
 * @param closed clients that were closed because their queue was full
 * @param stored the id, when the event has its place for all nodes; done already where there is one
 *     node only. Fails with a {@link org.starcast.spi.BackplaneException} if it has not got one, or
 *     may not have
 */
public record PublishResult(
    String id,
    long sequence,
    int matched,
    int queued,
    int dropped,
    int closed,
    CompletionStage<String> stored) {

  /** The result of a message that is stored. */
  public PublishResult(String id, long sequence, int matched, int queued, int dropped, int closed) {
    this(id, sequence, matched, queued, dropped, closed, CompletableFuture.completedStage(id));
  }

  /**
   * The CDI event that says that a message, whose {@code publish} had returned, did not get its
   * place in the order of events, or may not have; that an event was not sent after the commit of
   * the transaction that it was fired in, when nobody is left to catch; or that one did not reach
   * the clients of other nodes, whose {@code send} or {@code sendToUser} had returned. Once for
   * each message. Fired synchronously and asynchronously, so that an observer can be either. Who
   * published can also ask {@link PublishResult#stored}.
   *
   * @param message what was published; its data is text
   * @param cause mostly an {@link org.starcast.spi.BackplaneException}, which knows whether it may
   *     have been stored all the same
   */
  public record Failure(SseMessage message, Throwable cause) {}
}
