package org.starcast.datastar;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.MessageSource;
import org.starcast.PublishResult;
import org.starcast.SseClient;

/**
 * One event for Datastar's client, made by {@link DatastarSse}. Immutable and thread-safe: every
 * option returns a new event, and an event that is sent to many is encoded once.
 *
 * <p>What an event needs but lacks (such as elements without a target) is found when it is sent,
 * and reported by an {@link IllegalArgumentException}.
 */
public sealed interface DatastarEvent extends MessageSource permits AbstractEvent {

  /**
   * Publishes to the clients of these topics, or to every client if there are none.
   *
   * @throws IllegalArgumentException if a topic is malformed, or the event lacks something
   */
  PublishResult publish(String... topics);

  /**
   * Publishes as {@link #publish}, naming a sender.
   *
   * @throws IllegalArgumentException if the sender or a topic is malformed, or the event lacks
   *     something
   */
  PublishResult publishFrom(String sender, String... topics);

  /**
   * Sends to one client.
   *
   * @return whether the client's queue took it
   * @throws IllegalArgumentException if the event lacks something
   */
  boolean sendTo(SseClient client);

  /**
   * Answers the present request with this event alone: opens the sink, sends, and closes it. For
   * several events, see {@link DatastarBatch}.
   *
   * @throws IllegalArgumentException if the event lacks something
   */
  void respondTo(SseEventSink sink);

  /**
   * An answer to the present request with this event alone, as a stream that ends.
   *
   * @throws IllegalArgumentException if the event lacks something
   */
  Response toResponse();

  /**
   * The event as it goes over the wire to one client, with its blank line at the end.
   *
   * @throws IllegalArgumentException if the event lacks something
   */
  String render();
}
