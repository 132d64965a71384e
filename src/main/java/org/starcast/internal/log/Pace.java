package org.starcast.internal.log;

import java.util.concurrent.TimeUnit;

/**
 * Has work that any client can ask for take at most a tenth of the time of one thread, whoever does
 * it. Thread-safe; the times are those of {@link System#nanoTime}.
 */
final class Pace {

  /** How many times as long as the work took nobody is to do it again. */
  private static final int REST = 9;

  private static final long MAX_REST = TimeUnit.SECONDS.toNanos(1);

  private volatile long notBefore;

  /** Nothing was done by now. */
  Pace(long now) {
    notBefore = now;
  }

  /** Some work is done. */
  void took(long begun, long now) {
    notBefore = now + Math.min(MAX_REST, REST * (now - begun));
  }

  /** How long to wait, in nanoseconds; not above 0 for not at all. */
  long pause(long now) {
    return notBefore - now;
  }
}
