package org.starcast.internal.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.starcast.SseStatistics.LatencyHistogram;

/**
 * Counts times in log-linear buckets: whole microseconds up to 4, then four buckets to each
 * doubling, the last for all above some 20 days. Thread-safe.
 */
final class Latencies {

  private static final int BUCKETS = 160;

  private final LongAdder[] counts =
      Stream.generate(LongAdder::new).limit(BUCKETS).toArray(LongAdder[]::new);
  private final LongAdder sumNanos = new LongAdder();

  void record(long nanos) {
    long time = Math.max(0, nanos);
    counts[bucket((time + 999) / 1000)].increment();
    sumNanos.add(time);
  }

  /** The bucket of a time in microseconds, whose upper bound it does not exceed. */
  static int bucket(long micros) {
    if (micros <= 4) {
      return (int) Math.max(0, micros - 1);
    }
    long below = micros - 1;
    int doublings = 61 - Long.numberOfLeadingZeros(below);
    return (int) Math.min(BUCKETS - 1, doublings * 4L + (below >>> doublings));
  }

  /** The most microseconds in a bucket. */
  static long bound(int bucket) {
    if (bucket < 4) {
      return bucket + 1L;
    }
    int doublings = bucket / 4 - 1;
    return (bucket % 4 + 5L) << doublings;
  }

  LatencyHistogram snapshot() {
    List<LatencyHistogram.Bucket> buckets = new ArrayList<>();
    long count = 0;
    for (int i = 0; i < BUCKETS; i++) {
      long n = counts[i].sum();
      if (n > 0) {
        buckets.add(new LatencyHistogram.Bucket(Duration.ofNanos(bound(i) * 1000), n));
        count += n;
      }
    }
    return new LatencyHistogram(buckets, count, Duration.ofNanos(sumNanos.sum()));
  }
}
