package org.starcast.internal.observe;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.starcast.BroadcastStatistics;
import org.starcast.LatencyHistogram;

/**
 * The metrics of one broadcaster, for all ways of showing them. The statistics that they are read
 * from are at most a second old, as they are asked for one by one. Thread-safe.
 */
final class Figures {

  /** What stands for the types of client beyond the first 50. */
  static final String OTHER = "other";

  /** The metric that has a tag whose values the application makes. */
  static final String BY_TYPE = "starcast.clients";

  private static final int MAX_TYPES = 50;
  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();
  private static final List<String> WRITERS = List.of("servlet", "portable", "none");

  private final Supplier<BroadcastStatistics> source;
  private final List<Figure> all;

  // guarded by this
  private final Set<String> types = new HashSet<>();
  private BroadcastStatistics latest;
  private long latestAt;

  Figures(Supplier<BroadcastStatistics> source) {
    this.source = source;
    this.all = List.copyOf(make());
  }

  /** All metrics, in the order of the documentation. */
  List<Figure> all() {
    return all;
  }

  /** The statistics, at most a second old. */
  synchronized BroadcastStatistics latest() {
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

  /** Clients by what their type is shown as; all that were ever shown. */
  Map<String, Number> byType(BroadcastStatistics statistics) {
    Map<String, Integer> counts = new TreeMap<>();
    statistics.byType().forEach((type, n) -> counts.merge(shown(type), n, Integer::sum));
    synchronized (this) {
      types.forEach(type -> counts.putIfAbsent(type, 0));
    }
    return new TreeMap<>(counts);
  }

  private List<Figure> make() {
    List<Figure> figures = new ArrayList<>();
    figures.add(
        new Figure(BY_TYPE, false, "{client}", "Clients now, by their type", "type", this::byType));
    figures.add(
        new Figure(
            "starcast.writer.clients",
            false,
            "{client}",
            "Clients now, by the way in which they are written to",
            "writer",
            Figures::byWriter));
    count(figures, "opened", "{client}", "Streams opened", BroadcastStatistics::opened);
    figures.add(
        new Figure(
            "starcast.closed",
            true,
            "{client}",
            "Streams ended, by reason",
            "reason",
            statistics -> byName(statistics.closed())));
    figures.add(
        new Figure(
            "starcast.refused",
            true,
            "{client}",
            "Clients refused, by reason",
            "reason",
            statistics -> byName(statistics.refusedBecause())));
    count(figures, "published", "{event}", "Events published", BroadcastStatistics::published);
    String message = "{message}";
    count(
        figures,
        "matched",
        message,
        "Clients that events were meant for, added up",
        BroadcastStatistics::matched);
    count(figures, "direct", message, "Messages to one client", BroadcastStatistics::direct);
    count(figures, "delivered", message, "Handed to the container", BroadcastStatistics::delivered);
    count(figures, "dropped", message, "Dropped from full queues", BroadcastStatistics::dropped);
    count(
        figures,
        "coalesced",
        message,
        "Replaced by later ones of the same key",
        BroadcastStatistics::coalesced);
    count(
        figures,
        "missed",
        message,
        "Gone from the log before the client had read them",
        BroadcastStatistics::missed);
    count(
        figures,
        "discarded",
        message,
        "Waiting for a client that was closed",
        BroadcastStatistics::discarded);
    gauge(figures, "pending", message, "Waiting now", BroadcastStatistics::pending);
    count(
        figures,
        "written",
        "{frame}",
        "All that was handed to the container, heartbeats included",
        BroadcastStatistics::written);
    count(figures, "heartbeats", "{frame}", "Heartbeats", BroadcastStatistics::heartbeats);
    count(figures, "writes", "{write}", "Writes", BroadcastStatistics::writes);
    count(figures, "bytes", "By", "Bytes handed to the container", BroadcastStatistics::bytes);
    gauge(
        figures,
        "queue.bytes",
        "By",
        "Bytes that wait now, each message once",
        BroadcastStatistics::queuedBytes);
    count(
        figures, "behind", "{client}", "Queues given up for the log", BroadcastStatistics::behind);
    count(
        figures, "replayed", "{event}", "Events sent from the log", BroadcastStatistics::replayed);
    count(figures, "gaps", "{event}", "Gap events sent", BroadcastStatistics::gaps);
    figures.add(
        new Figure(
            "starcast.resumed",
            true,
            "{client}",
            "Clients that came back with an id, by whether the log reached it",
            "result",
            statistics -> hitOrMiss(statistics.resumed(), statistics.notResumed())));
    figures.add(
        new Figure(
            "starcast.topic.lookups",
            true,
            "{lookup}",
            "Lookups of a topic's subscribers, by whether they were remembered",
            "result",
            statistics -> hitOrMiss(statistics.topicHits(), statistics.topicMisses())));
    figures.add(
        new Figure(
            "starcast.latency.bucket",
            true,
            "{write}",
            "Writes whose oldest event took at most so many seconds from publication to flush",
            "le",
            statistics -> buckets(statistics.latency())));
    figures.add(
        new Figure(
            "starcast.latency.sum",
            true,
            "s",
            "These times, added up",
            null,
            one(statistics -> statistics.latency().sum().toNanos() / 1e9)));
    gauge(figures, "log.events", "{event}", "Events kept", BroadcastStatistics::logged);
    gauge(figures, "log.bytes", "By", "Memory they take", BroadcastStatistics::loggedBytes);
    count(
        figures,
        "log.unstored",
        "{event}",
        "Events that the file store left out",
        BroadcastStatistics::unstored);
    gauge(
        figures,
        "backplane.available",
        "1",
        "1 if events can be given their place now, else 0",
        statistics -> statistics.backplane().available() ? 1 : 0);
    gauge(
        figures,
        "backplane.waiting",
        "{event}",
        "Events of this node that are not known to be stored yet",
        statistics -> statistics.backplane().waiting());
    gauge(
        figures,
        "backplane.waiting.bytes",
        "By",
        "The bytes of these",
        statistics -> statistics.backplane().waitingBytes());
    count(
        figures,
        "backplane.stored",
        "{event}",
        "Events of this node that were stored",
        statistics -> statistics.backplane().stored());
    count(
        figures,
        "backplane.failed",
        "{event}",
        "Events of this node that were not stored, or may not have been",
        statistics -> statistics.backplane().failed());
    count(
        figures,
        "backplane.repeated",
        "{event}",
        "Events of this node that were sent once more",
        statistics -> statistics.backplane().repeated());
    count(
        figures,
        "backplane.outages",
        "{outage}",
        "Times that the backplane went away",
        statistics -> statistics.backplane().outages());
    count(
        figures,
        "backplane.skipped",
        "{message}",
        "Messages of the backplane that were left out as malformed",
        statistics -> statistics.backplane().skipped());
    return figures;
  }

  private static void count(
      List<Figure> figures,
      String name,
      String unit,
      String description,
      ToLongFunction<BroadcastStatistics> value) {
    figures.add(
        new Figure("starcast." + name, true, unit, description, null, one(value::applyAsLong)));
  }

  private static void gauge(
      List<Figure> figures,
      String name,
      String unit,
      String description,
      ToLongFunction<BroadcastStatistics> value) {
    figures.add(
        new Figure("starcast." + name, false, unit, description, null, one(value::applyAsLong)));
  }

  private static Function<BroadcastStatistics, Map<String, Number>> one(
      ToDoubleFunction<BroadcastStatistics> value) {
    return statistics -> Map.of("", value.applyAsDouble(statistics));
  }

  private static Map<String, Number> byWriter(BroadcastStatistics statistics) {
    Map<String, Number> counts = new LinkedHashMap<>();
    WRITERS.forEach(writer -> counts.put(writer, statistics.byWriter().getOrDefault(writer, 0)));
    return counts;
  }

  private static <E extends Enum<E>> Map<String, Number> byName(Map<E, Long> counts) {
    Map<String, Number> named = new LinkedHashMap<>();
    new EnumMap<>(counts).forEach((key, n) -> named.put(key.name(), n));
    return named;
  }

  private static Map<String, Number> hitOrMiss(long hits, long misses) {
    return Map.of("hit", hits, "miss", misses);
  }

  /** Each bound four times the one before, as the histogram's own; each with all that is below. */
  private static Map<String, Number> buckets(LatencyHistogram latency) {
    Map<String, Number> counts = new LinkedHashMap<>();
    for (long micros = 256; micros <= 64L << 20; micros *= 4) {
      counts.put(
          BigDecimal.valueOf(micros, 6).stripTrailingZeros().toPlainString(),
          latency.countUpTo(Duration.ofNanos(micros * 1000)));
    }
    counts.put("+Inf", latency.count());
    return counts;
  }
}
