package org.starcast.internal.observe;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.Metric;

/**
 * Reads the metrics of one broadcaster for one way of showing them: from statistics that are at
 * most a second old, as metrics are asked for one by one, and with no more values of a tag than are
 * good for a registry. Thread-safe.
 */
final class MetricReader {

  /** What stands for the types of client beyond the first 50. */
  static final String OTHER = "other";

  private static final int MAX_TYPES = 50;
  private static final List<String> WRITERS = List.of("servlet", "portable", "none");
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  private final Supplier<SseStatistics> source;

  // guarded by this
  private final Set<String> types = new HashSet<>();
  private SseStatistics latest;
  private long latestAt;

  MetricReader(Supplier<SseStatistics> source) {
    this.source = source;
  }

  /** The statistics, at most a second old. */
  synchronized SseStatistics latest() {
    long now = System.nanoTime();
    if (latest == null || now - latestAt >= FRESH_NANOS) {
      latest = source.get();
      latestAt = now;
    }
    return latest;
  }

  /** What a type of client is shown as: itself if it is among the first 50. */
  synchronized String shown(String type) {
    return types.contains(type) || types.size() < MAX_TYPES && types.add(type) ? type : OTHER;
  }

  /** The metric by value of its tag: all values that were ever shown, where they come and go. */
  Map<String, Number> read(Metric metric) {
    Map<String, Number> counts = new TreeMap<>(metric.read(latest()));
    if (metric == Metric.CLIENTS_BY_WRITER) {
      WRITERS.forEach(writer -> counts.putIfAbsent(writer, 0));
    } else if (metric == Metric.CLIENTS_BY_TYPE) {
      Map<String, Number> all = Map.copyOf(counts);
      counts.clear();
      all.forEach((type, n) -> counts.merge(shown(type), n, (a, b) -> a.intValue() + b.intValue()));
      synchronized (this) {
        types.forEach(type -> counts.putIfAbsent(type, 0));
      }
    }
    return counts;
  }
}
