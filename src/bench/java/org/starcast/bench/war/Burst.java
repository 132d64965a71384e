package org.starcast.bench.war;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Publishes a number of events in a loop, and times each call.
 *
 * @param count events published
 * @param elapsedNanos from before the first call to after the last, pauses included
 * @param medianNanos the median duration of a call
 * @param p99Nanos the 99th percentile of the calls' durations
 */
record Burst(int count, long elapsedNanos, long medianNanos, long p99Nanos) {

  static final int MAX_COUNT = 1_000_000;
  static final int MAX_SIZE = 1 << 20;

  /**
   * Runs it. Each event's data is {@code ts=<System.nanoTime()>}, a space, and the padding; the
   * times rise strictly, so that a reader can tell a duplicate from a successor.
   *
   * @param count 1 to 1,000,000
   * @param size characters of padding, 0 to 1,048,576
   * @param pauseMillis waited between two calls, 0 to 1,000
   * @throws IllegalArgumentException if a parameter is out of its bounds
   */
  static Burst run(int count, int size, int pauseMillis, Consumer<String> publisher) {
    check("count", count, 1, MAX_COUNT);
    check("size", size, 0, MAX_SIZE);
    check("pause", pauseMillis, 0, 1_000);
    String padding = "x".repeat(size);
    long[] calls = new long[count];
    long start = System.nanoTime();
    long last = Long.MIN_VALUE;
    for (int i = 0; i < count; i++) {
      if (pauseMillis > 0 && i > 0) {
        pause(pauseMillis);
      }
      long begin = System.nanoTime();
      last = Math.max(begin, last + 1);
      String data = "ts=" + last + " " + padding;
      long call = System.nanoTime();
      publisher.accept(data);
      calls[i] = System.nanoTime() - call;
    }
    long elapsed = System.nanoTime() - start;
    Arrays.sort(calls);
    return new Burst(count, elapsed, percentile(calls, 50), percentile(calls, 99));
  }

  String toJson() {
    return "{\"count\":"
        + count
        + ",\"elapsedNanos\":"
        + elapsedNanos
        + ",\"medianNanos\":"
        + medianNanos
        + ",\"p99Nanos\":"
        + p99Nanos
        + "}";
  }

  private static long percentile(long[] sorted, int percent) {
    int rank = (int) Math.ceil(sorted.length * percent / 100.0);
    return sorted[Math.max(0, rank - 1)];
  }

  private static void pause(int millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static void check(String parameter, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          parameter + ": must be " + min + " to " + max + ", is " + value);
    }
  }
}
