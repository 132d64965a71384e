package org.starcast.datastar;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.Objects;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseMessage;

/** What all events have: id, retry, key, and the ways to send them. */
abstract sealed class AbstractEvent<T extends AbstractEvent<T>> implements DatastarEvent
    permits PatchElements, PatchSignals, ExecuteScript, DispatchCustomEvent {

  /** The specification leaves this value out of the event. */
  private static final Duration DEFAULT_RETRY = Duration.ofMillis(1000);

  /** Options that are the same for all kinds of events. */
  record Envelope(Outlet outlet, String eventId, Duration retry, String coalesce) {
    static Envelope of(Outlet outlet) {
      return new Envelope(outlet, null, null, null);
    }
  }

  final Envelope envelope;

  /** Encoded at the first use; a race encodes twice, to equal messages. */
  private volatile SseMessage message;

  AbstractEvent(Envelope envelope) {
    this.envelope = envelope;
  }

  abstract T with(Envelope changed);

  abstract String eventName();

  abstract CharSequence data();

  /**
   * The event's id, for the application's own use: see {@link SseMessage#id()} for when it is on
   * the wire.
   *
   * @throws IllegalArgumentException if it is blank, longer than 256 characters, or has control
   *     characters or line breaks
   */
  public T eventId(String id) {
    String checked = Check.line("eventId", id, Check.MAX_NAME);
    return with(new Envelope(envelope.outlet(), checked, envelope.retry(), envelope.coalesce()));
  }

  /**
   * How long the client waits before it reconnects, in whole milliseconds; as the SDK specification
   * has it, one second, the client's default, is left out.
   *
   * @throws IllegalArgumentException if it is negative or longer than 24 hours
   */
  public T retry(Duration retry) {
    Duration checked = Check.duration("retry", retry);
    return with(new Envelope(envelope.outlet(), envelope.eventId(), checked, envelope.coalesce()));
  }

  /**
   * The key by which events replace each other in the queue of a slow client whose policy is {@link
   * org.starcast.OverflowPolicy#COALESCE}; for events that carry a whole state.
   */
  public T coalesce(String key) {
    String checked = Check.line("key", key, Check.MAX_NAME);
    return with(new Envelope(envelope.outlet(), envelope.eventId(), envelope.retry(), checked));
  }

  @Override
  public SseMessage toSseMessage() {
    SseMessage encoded = message;
    if (encoded == null) {
      SseMessage.Builder builder = SseMessage.builder().event(eventName()).data(data());
      if (envelope.eventId() != null) {
        builder.id(envelope.eventId());
      }
      if (envelope.retry() != null && !envelope.retry().equals(DEFAULT_RETRY)) {
        builder.retry(envelope.retry());
      }
      if (envelope.coalesce() != null) {
        builder.coalesce(envelope.coalesce());
      }
      encoded = builder.build();
      message = encoded;
    }
    return encoded;
  }

  @Override
  public PublishResult publish(String... topics) {
    return envelope.outlet().publish(to(topics).build());
  }

  @Override
  public PublishResult publishFrom(String sender, String... topics) {
    return envelope.outlet().publish(to(topics).sender(sender).build());
  }

  private SseMessage.Builder to(String... topics) {
    return toSseMessage().toBuilder().topic(topics);
  }

  @Override
  public boolean sendTo(SseClient client) {
    return client.send(this);
  }

  @Override
  public void respondTo(SseEventSink sink) {
    toSseMessage();
    try (SseClient client = envelope.outlet().open(Objects.requireNonNull(sink, "sink"))) {
      client.send(this);
    }
  }

  @Override
  public Response toResponse() {
    return Responses.stream(render());
  }

  @Override
  public String render() {
    return Frames.render(toSseMessage());
  }

  /** Without the content, which may be private. */
  @Override
  public String toString() {
    return getClass().getSimpleName() + "[eventId=" + envelope.eventId() + "]";
  }
}
