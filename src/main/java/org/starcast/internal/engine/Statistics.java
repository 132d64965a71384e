package org.starcast.internal.engine;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.starcast.RefusedException;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseStatistics.Metric;

/** Counts since the start. Thread-safe. */
final class Statistics {

  final Latencies latencies = new Latencies();
  private final Map<Metric, LongAdder> counters = adders(Metric.class);
  private final Map<CloseReason, LongAdder> closed = adders(CloseReason.class);
  private final Map<RefusedException.Reason, LongAdder> refused =
      adders(RefusedException.Reason.class);

  private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
    Map<E, LongAdder> adders = new EnumMap<>(type);
    for (E each : type.getEnumConstants()) {
      adders.put(each, new LongAdder());
    }
    return adders;
  }

  private static <E extends Enum<E>> Map<E, Long> sums(Class<E> type, Map<E, LongAdder> adders) {
    Map<E, Long> sums = new EnumMap<>(type);
    adders.forEach((each, adder) -> sums.put(each, adder.sum()));
    return sums;
  }

  void increment(Metric counter) {
    add(counter, 1);
  }

  void add(Metric counter, long n) {
    counters.get(counter).add(n);
  }

  void written(int frames, int counted, int length) {
    add(Metric.WRITTEN, frames);
    add(Metric.DELIVERED, counted);
    increment(Metric.WRITES);
    add(Metric.BYTES, length);
  }

  void closed(CloseReason reason) {
    closed.get(reason).increment();
  }

  void refused(RefusedException.Reason reason) {
    refused.get(reason).increment();
  }

  /** What was counted by metric: 0 for those that are read elsewhere. */
  Map<Metric, Number> counters() {
    return new EnumMap<>(sums(Metric.class, counters));
  }

  Map<CloseReason, Long> closed() {
    return sums(CloseReason.class, closed);
  }

  Map<RefusedException.Reason, Long> refused() {
    return sums(RefusedException.Reason.class, refused);
  }
}
