package org.starcast;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.starcast.SseClient.CloseReason;
import org.starcast.internal.DocumentTable;

/**
 * A snapshot of the counters, which begin when the broadcaster starts, and of the gauges. Values
 * are exact, but not of one instant. Immutable.
 *
 * <p><b>The balance.</b> When no event is being published or written,
 *
 * <pre>{@code
 * MATCHED + DIRECT = DELIVERED + DROPPED + COALESCED + MISSED + DISCARDED + PENDING
 * }</pre>
 *
 * <p>Its unit is one message for one client: each event counts once for each client that it is
 * meant for ({@code MATCHED}), each message to one client alone once ({@code DIRECT}), and each of
 * these is exactly one of the six on the right. While publishers and drain threads are at work,
 * what they are handling may be missing on one side.
 *
 * <p>{@code DELIVERED} is what was handed to the container, which may still lose it with the
 * connection, and what the client read from the log, if it was published since the client
 * connected. {@code MISSED} was left to the log, which had evicted it before the client read it (a
 * gap event says so), or the subscription was changed meanwhile. {@code DISCARDED} waited for a
 * client when that was closed, or was the one for which there was no room.
 *
 * <p>The balance leaves out heartbeats, gap events and what follows them, the first bytes of a
 * stream, the last {@code retry:} line, and what a client gets of the time before it connected
 * (history, retained topics, events missed while it was away). All of these are in {@code WRITTEN}
 * and {@code BYTES}, and those of the past in {@code REPLAYED}. A message that waits by {@link
 * SseClient#sendWhenRoom} counts from the moment it is queued.
 */
public final class SseStatistics {

  /**
   * Each counter and gauge, once. What each counts, its kind, unit and tag are in the table of
   * {@code metrics.md}. MicroProfile Metrics, OpenTelemetry, JMX and {@code GET starcast/stats} are
   * made from this one. An application that has another registry of metrics can fill it from here:
   *
   * <pre>{@code
   * for (Metric metric : Metric.values()) {
   *   registry.gauge(metric.id(), () -> broadcaster.statistics().get(metric));
   * }
   * }</pre>
   */
  public enum Metric {
    CLIENTS_BY_TYPE("clients", SseStatistics::byType),
    CLIENTS_BY_WRITER("writer.clients", SseStatistics::byWriter),
    OPENED("opened"),
    CLOSED("closed", statistics -> byName(statistics.closed)),
    REFUSED("refused", statistics -> byName(statistics.refused)),
    PUBLISHED("published"),
    MATCHED("matched"),
    DIRECT("direct"),
    DELIVERED("delivered"),
    DROPPED("dropped"),
    COALESCED("coalesced"),
    MISSED("missed"),
    DISCARDED("discarded"),
    PENDING("pending"),
    WRITTEN("written"),
    HEARTBEATS("heartbeats"),
    WRITES("writes"),
    BYTES("bytes"),
    QUEUED_BYTES("queue.bytes"),
    BEHIND("behind"),
    REPLAYED("replayed"),
    GAPS("gaps"),
    RESUMED("resumed", "hit"),
    NOT_RESUMED("resumed", "miss"),
    TOPIC_HITS("topic.lookups", "hit"),
    TOPIC_MISSES("topic.lookups", "miss"),
    LATENCY_BUCKET("latency.bucket", SseStatistics::buckets),
    LATENCY_SUM("latency.sum"),
    LOGGED("log.events"),
    LOGGED_BYTES("log.bytes"),
    TOPIC_LOGS("log.topics"),
    TOPIC_LOGGED("log.topics.events"),
    TOPIC_LOGGED_BYTES("log.topics.bytes"),
    TOPIC_EVICTED("log.topics.evicted"),
    STREAM_ITEMS_DROPPED("streams.dropped"),
    UNSTORED("log.unstored"),
    BACKPLANE_AVAILABLE("backplane.available"),
    BACKPLANE_WAITING("backplane.waiting"),
    BACKPLANE_WAITING_BYTES("backplane.waiting.bytes"),
    BACKPLANE_STORED("backplane.stored"),
    BACKPLANE_FAILED("backplane.failed"),
    BACKPLANE_REPEATED("backplane.repeated"),
    BACKPLANE_OUTAGES("backplane.outages"),
    BACKPLANE_SKIPPED("backplane.skipped"),
    BACKPLANE_OLDEST_TRANSACTION("backplane.oldest.transaction");

    /** Whether a value only grows. */
    public enum Kind {
      COUNTER,
      GAUGE
    }

    /** In a class of its own, as the constants are made before what is static here. */
    private static final class Table {
      static final Map<String, List<String>> ROWS = DocumentTable.rows("metrics.md");
    }

    private final String id;

    /** Of a tag of which it is one value. */
    private final String tagValue;

    /** Null for what is one number. */
    private final Function<SseStatistics, Map<String, ? extends Number>> reader;

    Metric(String id) {
      this(id, "", null);
    }

    Metric(String id, String tagValue) {
      this(id, tagValue, null);
    }

    Metric(String id, Function<SseStatistics, Map<String, ? extends Number>> reader) {
      this(id, "", reader);
    }

    Metric(
        String id, String tagValue, Function<SseStatistics, Map<String, ? extends Number>> reader) {
      this.id = "starcast." + id;
      this.tagValue = tagValue;
      this.reader = reader;
    }

    private String cell(int column) {
      return Table.ROWS.get(id).get(column);
    }

    /** Whether it only grows. */
    public Kind kind() {
      return cell(1).startsWith("counter ") ? Kind.COUNTER : Kind.GAUGE;
    }

    /** Its name in MicroProfile Metrics and OpenTelemetry, such as {@code starcast.published}. */
    public String id() {
      return id;
    }

    /** Its name in camel case, as in JSON and, with a capital, in JMX: {@code queuedBytes}. */
    public String key() {
      StringBuilder key = new StringBuilder();
      for (String word : name().split("_")) {
        key.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
      }
      return Character.toLowerCase(key.charAt(0)) + key.substring(1);
    }

    /** Its unit, as UCUM has it: {@code By}, {@code s}, or what is counted in braces. */
    public String unit() {
      return cell(1).substring(cell(1).indexOf(" ") + 1);
    }

    /** What it counts. */
    public String text() {
      return cell(3);
    }

    /** The name of its one tag, or null. */
    public String tag() {
      return cell(2).isEmpty() ? null : cell(2).substring(1, cell(2).indexOf('`', 1));
    }

    /** Whether it has several values, by value of the tag. */
    public boolean isTable() {
      return reader != null;
    }

    /** The value, by value of the tag; without a tag just one, for the empty text. */
    public Map<String, ? extends Number> read(SseStatistics statistics) {
      return reader == null
          ? Map.of(tagValue, statistics.numbers.getOrDefault(this, 0))
          : reader.apply(statistics);
    }
  }

  private final Map<Metric, Number> numbers;
  private final int clients;
  private final Map<String, Integer> byType;
  private final Map<String, Integer> byWriter;
  private final Map<CloseReason, Long> closed;
  private final Map<RefusedException.Reason, Long> refused;
  private final LatencyHistogram latency;
  private final BackplaneStatus backplane;

  /**
   * For the broadcaster, and for tests.
   *
   * @param numbers the metrics that are one number each; 0 for those that are missing
   */
  public SseStatistics(
      Map<Metric, Number> numbers,
      int clients,
      Map<String, Integer> byType,
      Map<String, Integer> byWriter,
      Map<CloseReason, Long> closed,
      Map<RefusedException.Reason, Long> refused,
      LatencyHistogram latency,
      BackplaneStatus backplane) {
    this.numbers = Map.copyOf(numbers);
    this.clients = clients;
    this.byType = Collections.unmodifiableMap(new TreeMap<>(byType));
    this.byWriter = Collections.unmodifiableMap(new TreeMap<>(byWriter));
    this.closed = Collections.unmodifiableMap(new TreeMap<>(closed));
    this.refused = Collections.unmodifiableMap(new TreeMap<>(refused));
    this.latency = latency;
    this.backplane = backplane;
  }

  /** The value of a metric, added up over its tag, without a fraction. */
  public long get(Metric metric) {
    return metric.read(this).values().stream().mapToLong(Number::longValue).sum();
  }

  /** How many clients there are now. */
  public int clients() {
    return clients;
  }

  /** Clients now, by {@linkplain Subscription#type(String) type}. */
  public Map<String, Integer> byType() {
    return byType;
  }

  /** Clients now, by the way in which they are written to. */
  public Map<String, Integer> byWriter() {
    return byWriter;
  }

  /** Streams ended, by reason; all reasons. */
  public Map<CloseReason, Long> closed() {
    return closed;
  }

  /** Clients refused, by reason; all reasons. */
  public Map<RefusedException.Reason, Long> refused() {
    return refused;
  }

  /**
   * From the call of {@code publish} to the moment when the container had taken the write with the
   * event: the oldest event of each write, as far as it went through the client's queue.
   */
  public LatencyHistogram latency() {
    return latency;
  }

  /** How the backplane stands. */
  public BackplaneStatus backplane() {
    return backplane;
  }

  /** All metrics. */
  @Override
  public String toString() {
    Map<Metric, Object> all = new EnumMap<>(Metric.class);
    for (Metric metric : Metric.values()) {
      all.put(metric, metric.isTable() ? metric.read(this) : get(metric));
    }
    return all.toString();
  }

  private static Map<String, Long> byName(Map<? extends Enum<?>, Long> counts) {
    Map<String, Long> named = new LinkedHashMap<>();
    counts.forEach((key, n) -> named.put(key.name(), n));
    return named;
  }

  /** Each bound four times the one before, as the histogram's own; each with all that is below. */
  private Map<String, Long> buckets() {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (long micros = 256; micros <= 64L << 20; micros *= 4) {
      counts.put(
          BigDecimal.valueOf(micros, 6).stripTrailingZeros().toPlainString(),
          latency.countUpTo(Duration.ofNanos(micros * 1000)));
    }
    counts.put("+Inf", latency.count());
    return counts;
  }

  /**
   * How long it took, as counts in buckets whose bounds grow: four to each doubling, so that a
   * percentile is at most a quarter above the truth. Immutable; the difference of two tells of the
   * time between them.
   *
   * @param buckets those that have counts, by ascending bound; at most 160
   * @param count all counts together
   * @param sum all times together
   */
  public record LatencyHistogram(List<Bucket> buckets, long count, Duration sum) {

    /**
     * One bucket.
     *
     * @param atMost its upper bound
     * @param count how many took so long, and longer than the bound of the bucket before
     */
    public record Bucket(Duration atMost, long count) {}

    /** Copies the list. */
    public LatencyHistogram {
      buckets = List.copyOf(buckets);
    }

    /**
     * The time that this share did not exceed; zero if there are no counts.
     *
     * @param share above 0, up to 1: 0.99 for the 99th percentile
     * @throws IllegalArgumentException if the share is out of bounds
     */
    public Duration percentile(double share) {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException("share: must be above 0 and at most 1, is " + share);
      }
      long rank = (long) Math.ceil(share * count);
      long seen = 0;
      Duration found = Duration.ZERO;
      for (Bucket bucket : buckets) {
        if (seen >= rank) {
          break;
        }
        seen += bucket.count;
        found = bucket.atMost;
      }
      return found;
    }

    /** How many took at most so long, as far as the buckets tell. */
    public long countUpTo(Duration bound) {
      long sum = 0;
      for (Bucket bucket : buckets) {
        sum += bucket.atMost.compareTo(bound) <= 0 ? bucket.count : 0;
      }
      return sum;
    }
  }

  /**
   * What was published to a topic, since it came to notice: at least that much.
   *
   * @param topic the topic
   * @param events events
   * @param bytes their encoded bytes, each event counted once
   * @param clients how many clients of this node an event on it would reach now, whichever senders
   *     they want
   * @param last when the latest was published
   */
  public record TopicCount(String topic, long events, long bytes, int clients, Instant last) {}

  /**
   * Whether the broadcaster can do its work.
   *
   * @param ready whether it takes clients: not before it has reached its backplane, nor once it
   *     drains, for good; and with {@code starcast.backplane.readiness} not while the backplane is
   *     away
   * @param draining whether it sends its clients away, and takes no others
   * @param backplane how the backplane stands
   * @param stuck names of its threads that have died, or had work when this was asked before and
   *     have done none of it since, for 60 s at least; empty when all is well
   */
  public record Health(
      boolean ready, boolean draining, BackplaneStatus backplane, List<String> stuck) {

    /** Copies the list. */
    public Health {
      stuck = List.copyOf(stuck);
    }

    /** Whether all threads go on. */
    public boolean live() {
      return stuck.isEmpty();
    }
  }

  /**
   * How a backplane stands.
   *
   * @param name what it is: {@code local}, {@code nats}, {@code postgresql}
   * @param available whether events can be stored now
   * @param waiting events and commands of this node that are not known to be stored yet
   * @param waitingBytes the bytes of them
   * @param stored how many were, since the start
   * @param failed how many were not, or may not have been; of the local one, those that its file
   *     does not have
   * @param repeated how many were sent once more, as no answer came
   * @param outages how often it became unavailable
   * @param skipped messages that were left out, as they were malformed, and commands that could not
   *     be carried out
   * @param oldestTransaction how long the oldest transaction has been open that keeps the database
   *     from cleaning up, as far as the node's role may see; zero without one, or a database
   */
  public record BackplaneStatus(
      String name,
      boolean available,
      long waiting,
      long waitingBytes,
      long stored,
      long failed,
      long repeated,
      long outages,
      long skipped,
      Duration oldestTransaction) {}
}
