package org.starcast.internal.backplane;

import java.time.Duration;

/**
 * How long something is left alone that costs the more the less the database has cleaned up: fifty
 * times as long as it took. By the monotonic clock. Thread-safe.
 */
final class PostgresRest {

  private static final int TIMES = 50;

  private final long least;
  private volatile long until = System.nanoTime();

  /** It is over. */
  PostgresRest(Duration least) {
    this.least = least.toNanos();
  }

  boolean isOver() {
    return System.nanoTime() - until >= 0;
  }

  /**
   * Begins anew, when the work is done.
   *
   * @param begun when that began, by {@link System#nanoTime}
   */
  void after(long begun) {
    long now = System.nanoTime();
    until = now + Math.max(least, TIMES * (now - begun));
  }
}
