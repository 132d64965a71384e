package org.starcast.datastar;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.starcast.MessageSource;
import org.starcast.PublishResult;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;

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
   * several events, see {@link Batch}.
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

  /**
   * Several events in their order. Immutable and thread-safe. As an answer they are one write; to
   * subscribed clients they are published one after the other, and a client's turn writes all that
   * is queued at once. Events published meanwhile by others can come between them.
   *
   * <p>All events are encoded before the first is sent: if one lacks something, none is sent.
   */
  final class Batch {

    private final SseBroadcaster broadcaster;
    private final List<DatastarEvent> events;

    Batch(SseBroadcaster broadcaster, List<DatastarEvent> events) {
      this.broadcaster = broadcaster;
      this.events = List.copyOf(events);
    }

    /** Appends events. */
    public Batch and(DatastarEvent... more) {
      List<DatastarEvent> all = new ArrayList<>(events);
      all.addAll(List.of(more));
      return new Batch(broadcaster, all);
    }

    /** The events. */
    public List<DatastarEvent> events() {
      return events;
    }

    /** Whether there are no events. */
    public boolean isEmpty() {
      return events.isEmpty();
    }

    /**
     * Publishes to the clients of these topics, or to every client if there are none.
     *
     * @return one result for each event
     * @throws IllegalArgumentException if a topic is malformed, or an event lacks something
     */
    public List<PublishResult> publish(String... topics) {
      encode();
      return events.stream().map(event -> event.publish(topics)).toList();
    }

    /** Publishes as {@link #publish}, naming a sender. */
    public List<PublishResult> publishFrom(String sender, String... topics) {
      encode();
      return events.stream().map(event -> event.publishFrom(sender, topics)).toList();
    }

    /**
     * Sends to one client, up to the first event that its queue does not take.
     *
     * @return whether its queue took them all
     */
    public boolean sendTo(SseClient client) {
      encode();
      for (DatastarEvent event : events) {
        if (!client.send(event)) {
          return false;
        }
      }
      return true;
    }

    /** Answers the present request: opens the sink, sends, and closes it. */
    public void respondTo(SseEventSink sink) {
      encode();
      try (SseClient client =
          broadcaster.register(Objects.requireNonNull(sink, "sink"), Subscription.none())) {
        sendTo(client);
      }
    }

    /** An answer to the present request: a stream that ends, or 204 if there are no events. */
    public Response toResponse() {
      return events.isEmpty() ? Response.noContent().build() : Responses.stream(render());
    }

    /**
     * Answers a servlet's request with a stream that ends, or 204 if there are no events; nothing
     * may have been written before.
     */
    public void respondTo(HttpServletResponse response) throws IOException {
      if (events.isEmpty()) {
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
      } else {
        Responses.stream(render(), response);
      }
    }

    /** The events as they go over the wire to one client. */
    public String render() {
      StringBuilder out = new StringBuilder();
      events.forEach(event -> out.append(event.render()));
      return out.toString();
    }

    @Override
    public String toString() {
      return "Batch" + events;
    }

    private void encode() {
      events.forEach(DatastarEvent::toSseMessage);
    }
  }
}
