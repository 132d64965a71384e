package org.starcast.internal.web;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Topic;
import org.starcast.internal.json.Json;
import org.starcast.internal.wire.EventId;

/**
 * Follows what is published, for one who watches, by looking at the log now and then: publishers do
 * not know of it, and however much there is, it shows the latest 50 of each half second, 1,024
 * characters of each and its first topics, and says where it left out some. It takes at most a
 * twentieth of a processor's time: where looking takes long, as the log is large and little of it
 * matches, it looks less often. For one thread at a time.
 */
final class Tap implements Supplier<SseMessage> {

  static final int MAX_EVENTS = 50;
  static final int MAX_CHARACTERS = 1_024;
  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int REST = 20;

  private final SseBroadcaster broadcaster;
  private final String pattern;
  private final int maxBytes;
  private String head;
  private long seen;
  private long nextAt;

  /** Shows what is published from now on, in messages of at most so many bytes. */
  Tap(SseBroadcaster broadcaster, String pattern, int maxBytes) {
    this.broadcaster = broadcaster;
    this.pattern = pattern;
    this.maxBytes = maxBytes;
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
    List<SseMessage> fresh = events.stream().filter(event -> sequence(event) > seen).toList();
    SseMessage message = null;
    if (!fresh.isEmpty()) {
      seen = sequence(fresh.get(fresh.size() - 1));
      message = message(fresh);
    }
    head = latest;
    long ended = System.nanoTime();
    nextAt = ended + Math.max(INTERVAL_NANOS, REST * (ended - began));
    return message;
  }

  private SseMessage message(List<SseMessage> events) {
    return MonitorResource.fitting(
        "tap",
        maxBytes,
        Math.min(MAX_EVENTS, events.size()),
        most -> {
          JsonArrayBuilder shown = Json.createArrayBuilder();
          events.stream().skip(events.size() - most).forEach(event -> shown.add(json(event)));
          return Json.createObjectBuilder()
              .add("events", shown)
              .add("more", most < events.size())
              .build();
        });
  }

  private static long sequence(SseMessage event) {
    return EventId.parse(event.id().orElseThrow()).sequence();
  }

  private static JsonObjectBuilder json(SseMessage event) {
    String data = String.valueOf(event.data().orElse(""));
    String start = RegistryResource.start(data, MAX_CHARACTERS);
    List<String> topics = event.topics().stream().limit(Sampler.MAX_TOPICS).toList();
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("id", event.id().orElseThrow())
            .add("topics", Json.createArrayBuilder(topics))
            .add("moreTopics", event.topics().size() - topics.size())
            .add("data", start)
            .add("length", data.length());
    event.event().ifPresent(name -> json.add("event", name));
    event.sender().ifPresent(sender -> json.add("sender", sender));
    return json;
  }
}
