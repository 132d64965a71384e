package org.starcast.internal.web;

import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.internal.json.Json;

/**
 * How the broadcaster stands, for all who watch together: made when one of them asks, and at most
 * once a second. Thread-safe.
 */
final class Sampler {

  /** How many clients are shown: those with most waiting, then those that dropped most. */
  static final int MAX_CLIENTS = 50;

  /** How many topics are shown by their traffic. */
  private static final int BUSIEST = 10;

  /** How many topics of a client or an event are shown. */
  static final int MAX_TOPICS = 5;

  private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final Comparator<Standing> WORST_FIRST =
      Comparator.comparingLong(Standing::queuedBytes)
          .thenComparingInt(Standing::queued)
          .thenComparingLong(Standing::dropped)
          .reversed()
          .thenComparing(standing -> standing.client.created());

  private final SseBroadcaster broadcaster;
  private final int maxBytes;
  private Sample last;

  private record Sample(long madeAt, SseMessage message) {}

  /** What is compared, read once. */
  private record Standing(SseClient client, int queued, long queuedBytes, long dropped) {

    static Standing of(SseClient client) {
      return new Standing(client, client.queued(), client.queuedBytes(), client.dropped());
    }
  }

  /** Of samples that have at most so many bytes: fewer clients, then, and topics. */
  Sampler(SseBroadcaster broadcaster, int maxBytes) {
    this.broadcaster = broadcaster;
    this.maxBytes = maxBytes;
  }

  /** Gives each sample once, and null until there is a new one. For one thread at a time. */
  Supplier<SseMessage> watcher() {
    return new Supplier<>() {
      private Sample seen;

      @Override
      public SseMessage get() {
        Sample sample = latest();
        boolean known = sample == seen;
        seen = sample;
        return known ? null : sample.message;
      }
    };
  }

  private synchronized Sample latest() {
    long now = System.nanoTime();
    if (last == null || now - last.madeAt >= INTERVAL_NANOS) {
      last = new Sample(now, message());
    }
    return last;
  }

  private SseMessage message() {
    Instant now = Instant.now();
    SseStatistics statistics = broadcaster.statistics();
    List<SseClient> clients = broadcaster.clients();
    List<Standing> furthestBehind = furthestBehind(clients);
    List<TopicCount> busiest = broadcaster.busiestTopics(BUSIEST);
    JsonObject stats =
        RegistryResource.figures(statistics, clients, broadcaster.lastEventId()).build();
    JsonArrayBuilder counts = Json.createArrayBuilder();
    for (var bucket : statistics.latency().buckets()) {
      counts.add(
          Json.createArrayBuilder().add(bucket.atMost().toNanos() / 1000).add(bucket.count()));
    }
    JsonArray buckets = counts.build();
    return MonitorResource.fitting(
        "figures",
        maxBytes,
        MAX_CLIENTS,
        most -> {
          JsonArrayBuilder shown = Json.createArrayBuilder();
          furthestBehind.stream().limit(most).forEach(each -> shown.add(json(each, now)));
          JsonArrayBuilder topics = Json.createArrayBuilder();
          busiest.stream().limit(most).forEach(topic -> topics.add(json(topic)));
          return Json.createObjectBuilder()
              .add("at", now.toEpochMilli())
              .add("stats", stats)
              .add("topics", topics)
              .add("latencyBuckets", buckets)
              .add("clients", shown)
              .build();
        });
  }

  /** One look at each client: there may be very many. */
  private static List<Standing> furthestBehind(List<SseClient> clients) {
    PriorityQueue<Standing> worst = new PriorityQueue<>(WORST_FIRST.reversed());
    for (SseClient client : clients) {
      Standing standing = Standing.of(client);
      if (worst.size() < MAX_CLIENTS) {
        worst.add(standing);
      } else if (WORST_FIRST.compare(standing, worst.peek()) < 0) {
        worst.poll();
        worst.add(standing);
      }
    }
    return worst.stream().sorted(WORST_FIRST).toList();
  }

  private static JsonObjectBuilder json(TopicCount topic) {
    return Json.createObjectBuilder()
        .add("topic", topic.topic())
        .add("events", topic.events())
        .add("clients", topic.clients());
  }

  private static JsonObjectBuilder json(Standing standing, Instant now) {
    SseClient client = standing.client;
    JsonArrayBuilder topics = Json.createArrayBuilder();
    client.subscription().topics().keySet().stream().limit(MAX_TOPICS).forEach(topics::add);
    return Json.createObjectBuilder()
        .add("id", client.id())
        .add("type", client.type())
        .add("user", client.user())
        .add("topics", topics)
        .add("moreTopics", Math.max(0, client.subscription().topics().size() - MAX_TOPICS))
        .add("queued", standing.queued)
        .add("queuedBytes", standing.queuedBytes)
        .add("dropped", standing.dropped)
        .add("sent", client.sent())
        .add("age", seconds(client.created(), now))
        .add("silent", seconds(client.lastActivity(), now))
        .add("state", client.state().name());
  }

  private static long seconds(Instant from, Instant to) {
    return Math.max(0, Duration.between(from, to).toSeconds());
  }
}
