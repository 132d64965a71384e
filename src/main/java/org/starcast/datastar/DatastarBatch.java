package org.starcast.datastar;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.starcast.PublishResult;
import org.starcast.SseClient;

/**
 * Several events in their order. Immutable and thread-safe. As an answer they are one write; to
 * subscribed clients they are published one after the other, and a client's turn writes all that is
 * queued at once. Events published meanwhile by others can come between them.
 *
 * <p>All events are encoded before the first is sent: if one lacks something, none is sent.
 */
public final class DatastarBatch {

  private final Outlet outlet;
  private final List<DatastarEvent> events;

  DatastarBatch(Outlet outlet, List<DatastarEvent> events) {
    this.outlet = outlet;
    this.events = List.copyOf(events);
  }

  /** Appends events. */
  public DatastarBatch and(DatastarEvent... more) {
    List<DatastarEvent> all = new ArrayList<>(events);
    all.addAll(List.of(more));
    return new DatastarBatch(outlet, all);
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
    try (SseClient client = outlet.open(Objects.requireNonNull(sink, "sink"))) {
      sendTo(client);
    }
  }

  /** An answer to the present request: a stream that ends, or 204 if there are no events. */
  public Response toResponse() {
    return events.isEmpty() ? Response.noContent().build() : Responses.stream(render());
  }

  /**
   * Answers a servlet's request with a stream that ends, or 204 if there are no events; nothing may
   * have been written before.
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
    return "DatastarBatch" + events;
  }

  private void encode() {
    events.forEach(DatastarEvent::toSseMessage);
  }
}
