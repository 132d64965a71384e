package org.starcast.datastar;

import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.starcast.PublishResult;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.Arguments;
import org.starcast.internal.Values;
import org.starcast.internal.wire.SseFormat;

/** What all events have: id, retry, key, and the ways to send them. */
abstract sealed class AbstractEvent<
        T extends AbstractEvent<T, V>, V extends AbstractEvent.EventValues<V>>
    implements DatastarEvent
    permits PatchElements, PatchSignals, ExecuteScript, DispatchCustomEvent {

  /** The longest CSS selector, in characters. */
  static final int MAX_SELECTOR = 4096;

  /** The specification leaves this value out of the event. */
  private static final Duration DEFAULT_RETRY = Duration.ofMillis(1000);

  /** What all kinds of events hold. */
  abstract static class EventValues<V extends EventValues<V>> extends Values<V> {
    final SseBroadcaster broadcaster;
    String eventId;
    Duration retry;
    String coalesce;

    EventValues(SseBroadcaster broadcaster) {
      this.broadcaster = broadcaster;
    }
  }

  final V values;

  /** Encoded at the first use; a race encodes twice, to equal messages. */
  private volatile SseMessage message;

  AbstractEvent(V values) {
    this.values = values;
  }

  abstract T of(V changed);

  final T with(Consumer<? super V> change) {
    return of(values.with(change));
  }

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
    Arguments.line("eventId", id);
    return with(v -> v.eventId = id);
  }

  /**
   * How long the client waits before it reconnects, in whole milliseconds; as the SDK specification
   * has it, one second, the client's default, is left out.
   *
   * @throws IllegalArgumentException if it is negative or longer than 24 hours
   */
  public T retry(Duration retry) {
    Arguments.upToDay("retry", retry);
    return with(v -> v.retry = retry);
  }

  /**
   * The key by which events replace each other in the queue of a slow client whose policy is {@link
   * org.starcast.Subscription.Overflow#COALESCE}; for events that carry a whole state.
   */
  public T coalesce(String key) {
    Arguments.line("key", key);
    return with(v -> v.coalesce = key);
  }

  @Override
  public SseMessage toSseMessage() {
    SseMessage encoded = message;
    if (encoded == null) {
      SseMessage.Builder builder = SseMessage.builder().event(eventName()).data(data());
      V v = values;
      if (v.eventId != null) {
        builder.id(v.eventId);
      }
      if (v.retry != null && !v.retry.equals(DEFAULT_RETRY)) {
        builder.retry(v.retry);
      }
      if (v.coalesce != null) {
        builder.coalesce(v.coalesce);
      }
      encoded = builder.build();
      message = encoded;
    }
    return encoded;
  }

  @Override
  public PublishResult publish(String... topics) {
    return values.broadcaster.publish(to(topics).build());
  }

  @Override
  public PublishResult publishFrom(String sender, String... topics) {
    return values.broadcaster.publish(to(topics).sender(sender).build());
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
    try (SseClient client =
        values.broadcaster.register(Objects.requireNonNull(sink, "sink"), Subscription.none())) {
      client.send(this);
    }
  }

  @Override
  public Response toResponse() {
    return Responses.stream(render());
  }

  @Override
  public String render() {
    SseMessage made = toSseMessage();
    byte[] frame =
        SseFormat.encode(
            made.event().orElse(null),
            made.id().orElse(null),
            made.retry().orElse(null),
            (CharSequence) made.data().orElse(null),
            null);
    return new String(frame, StandardCharsets.UTF_8);
  }

  /** Without the content, which may be private. */
  @Override
  public String toString() {
    return getClass().getSimpleName() + "[eventId=" + values.eventId + "]";
  }
}
