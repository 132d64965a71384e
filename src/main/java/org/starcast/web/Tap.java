package org.starcast.web;

import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Topic;
import org.starcast.log.EventId;

/**
 * Follows what is published, for one who watches, by looking at the log now and then: publishers do
 * not know of it, and however much there is, it shows the latest 50 of each half second, 1,024
 * characters of each, and says where it left out some. It takes at most a twentieth of a
 * processor's time: where looking takes long, as the log is large and little of it matches, it
 * looks less often. For one thread at a time.
 */
final class Tap implements Supplier<SseMessage> {

  static final int MAX_EVENTS = 50;
  static final int MAX_CHARACTERS = 1_024;
  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int REST = 20;

  private final SseBroadcaster broadcaster;
  private final String pattern;
  private String head;
  private long seen;
  private long nextAt;

  /** Shows what is published from now on. */
  Tap(SseBroadcaster broadcaster, String pattern) {
    this.broadcaster = broadcaster;
    this.pattern = pattern;
    this.head = broadcaster.lastEventId();
    this.seen = EventId.parse(head).sequence();
    this.nextAt = System.nanoTime();
  }

  /** What is new, or null. */
  @Override
  public SseMessage get() {
    long began = System.nanoTime();
    String latest = broadcaster.lastEventId();
    if (began - nextAt < 0 || latest.equals(head)) {
      return null;
    }
    List<SseMessage> events =
        pattern.equals(Topic.ANY)
            ? broadcaster.history(MAX_EVENTS + 1)
            : broadcaster.history(pattern, MAX_EVENTS + 1);
    JsonArrayBuilder shown = Json.createArrayBuilder();
    long before = seen;
    boolean more = events.size() > MAX_EVENTS && sequence(events.get(0)) > before;
    boolean any = false;
    for (SseMessage event : more ? events.subList(1, events.size()) : events) {
      if (sequence(event) > before) {
        shown.add(json(event));
        seen = sequence(event);
        any = true;
      }
    }
    head = latest;
    long ended = System.nanoTime();
    nextAt = ended + Math.max(INTERVAL_NANOS, REST * (ended - began));
    return any ? message(shown, more) : null;
  }

  private static SseMessage message(JsonArrayBuilder events, boolean more) {
    return SseMessage.builder()
        .event("tap")
        .data(Json.createObjectBuilder().add("events", events).add("more", more).build().toString())
        .build();
  }

  private static long sequence(SseMessage event) {
    return EventId.parse(event.id().orElseThrow()).sequence();
  }

  private static JsonObjectBuilder json(SseMessage event) {
    String data = String.valueOf(event.data().orElse(""));
    String start = RegistryResource.start(data, MAX_CHARACTERS);
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("id", event.id().orElseThrow())
            .add("topics", Json.createArrayBuilder(event.topics()))
            .add("data", start)
            .add("length", data.length());
    event.event().ifPresent(name -> json.add("event", name));
    event.sender().ifPresent(sender -> json.add("sender", sender));
    return json;
  }
}
