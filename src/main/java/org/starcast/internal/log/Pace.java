package org.starcast.internal.log;

import java.util.concurrent.TimeUnit;

/**
 * Has work that any client can ask for take at most a tenth of the time of one thread, whoever does
 * it; after a rest, 5 ms of it at once. Thread-safe; the times are those of {@link
 * System#nanoTime}.
 */
final class Pace {

  /** How many times as long as it took a piece of work counts for. */
  private static final int WEIGHT = 10;

  private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How far back a rest counts: many small pieces need not wait for each other. */
  private static final long CREDIT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private volatile long notBefore;

  /** Nothing was done by now. */
  Pace(long now) {
    notBefore = now;
  }

  /** Some work is done. */
  synchronized void took(long begun, long now) {
    long since = now - CREDIT_NANOS;
    long from = notBefore - since < 0 ? since : notBefore;
    notBefore = from + Math.min(MAX_NANOS, WEIGHT * (now - begun));
  }

  /** How long to wait, in nanoseconds; not above 0 for not at all. */
  long pause(long now) {
    return notBefore - now;
  }
}
