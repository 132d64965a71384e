package org.starcast.internal.engine;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.SseStatistics.Health;
import org.starcast.SseStatistics.LatencyHistogram;
import org.starcast.SseStatistics.Metric;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.log.TopicLogs;
import org.starcast.spi.Backplane;

/** Makes what is told of the engine from the outside: counters, gauges, health. Thread-safe. */
final class EngineStatistics {

  private final DeliveryEngine engine;
  private final StarcastConfig config;
  private final EventOrder order;
  private final ClientRegistry clients;
  private final AdmissionControl admission;
  private final Statistics statistics;
  private final MemoryGovernor memory;
  private final Backplane backplane;

  EngineStatistics(DeliveryEngine engine, AdmissionControl admission, Backplane backplane) {
    this.engine = engine;
    this.config = engine.config();
    this.order = engine.order();
    this.clients = engine.clients();
    this.admission = admission;
    this.statistics = engine.statistics();
    this.memory = engine.memory();
    this.backplane = backplane;
  }

  /** Returns a snapshot of the counters and gauges. */
  SseStatistics snapshot() {
    Map<String, Integer> byType = new HashMap<>();
    Map<String, Integer> byWriter = new HashMap<>();
    long pending = 0;
    for (Client client : clients.all()) {
      byType.merge(client.type(), 1, Integer::sum);
      byWriter.merge(client.writer(), 1, Integer::sum);
      pending += client.pending();
    }
    LatencyHistogram latency = statistics.latencies.snapshot();
    BackplaneStatus status = backplane.status();
    Map<Metric, Number> numbers = statistics.counters();
    numbers.put(Metric.PENDING, pending);
    numbers.put(Metric.QUEUED_BYTES, memory.used());
    numbers.put(Metric.TOPIC_HITS, clients.topicHits());
    numbers.put(Metric.TOPIC_MISSES, clients.topicMisses());
    numbers.put(Metric.LATENCY_SUM, latency.sum().toNanos() / 1e9);
    numbers.put(Metric.LOGGED, order.logged());
    numbers.put(Metric.LOGGED_BYTES, order.loggedBytes());
    TopicLogs<Frame> topics = order.topicLogs();
    numbers.put(Metric.TOPIC_LOGS, topics == null ? 0 : topics.topics());
    numbers.put(Metric.TOPIC_LOGGED, topics == null ? 0 : topics.events());
    numbers.put(Metric.TOPIC_LOGGED_BYTES, topics == null ? 0 : topics.bytes());
    numbers.put(Metric.TOPIC_EVICTED, topics == null ? 0 : topics.dropped());
    numbers.put(Metric.UNSTORED, status.failed());
    numbers.put(Metric.BACKPLANE_AVAILABLE, status.available() ? 1 : 0);
    numbers.put(Metric.BACKPLANE_WAITING, status.waiting());
    numbers.put(Metric.BACKPLANE_WAITING_BYTES, status.waitingBytes());
    numbers.put(Metric.BACKPLANE_STORED, status.stored());
    numbers.put(Metric.BACKPLANE_FAILED, status.failed());
    numbers.put(Metric.BACKPLANE_REPEATED, status.repeated());
    numbers.put(Metric.BACKPLANE_OUTAGES, status.outages());
    numbers.put(Metric.BACKPLANE_SKIPPED, status.skipped());
    numbers.put(Metric.BACKPLANE_OLDEST_TRANSACTION, status.oldestTransaction().toMillis() / 1e3);
    return new SseStatistics(
        numbers,
        admission.count(),
        byType,
        byWriter,
        statistics.closed(),
        statistics.refused(),
        latency,
        status);
  }

  /** The topics with the most events, as far as is known; see {@link TopicTraffic}. */
  List<TopicCount> busiestTopics(int limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("limit: must not be negative, is " + limit);
    }
    List<TopicCount> counts = order.topics();
    counts.sort(Comparator.comparingLong(TopicCount::events).reversed());
    return counts.stream()
        .limit(limit)
        .map(
            c ->
                new TopicCount(
                    c.topic(), c.events(), c.bytes(), clients.countOn(c.topic()), c.last()))
        .toList();
  }

  /** Whether clients are taken, and whether the threads go on; looks at no lock. */
  Health health() {
    boolean draining = engine.isDraining();
    BackplaneStatus status = backplane.status();
    boolean away = config.backplane().readiness() && !status.available();
    return new Health(
        order.isReady() && !draining && !away, draining, status, engine.threads().stuck(draining));
  }
}
