package org.starcast.internal.engine;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.starcast.RefusedException;
import org.starcast.internal.logging.LogMessage;

/**
 * Counts refusals, and logs them: the first of a reason at once, from then on all of it together,
 * ten seconds apart at least. Thread-safe.
 */
final class Refusals {

  private static final long INTERVAL = TimeUnit.SECONDS.toNanos(10);

  private final Statistics statistics;
  private final System.Logger log;
  private final AtomicLongArray untold =
      new AtomicLongArray(RefusedException.Reason.values().length);
  private final AtomicLong[] quietUntil = new AtomicLong[RefusedException.Reason.values().length];

  Refusals(Statistics statistics, System.Logger log) {
    this.statistics = statistics;
    this.log = log;
    long now = System.nanoTime();
    for (int i = 0; i < quietUntil.length; i++) {
      quietUntil[i] = new AtomicLong(now);
    }
  }

  /**
   * Counts one.
   *
   * @param detail what the client is told, which has nothing of what it sent
   */
  void count(RefusedException.Reason reason, String detail) {
    count(reason, detail, System.nanoTime());
  }

  void count(RefusedException.Reason reason, String detail, long now) {
    statistics.refused(reason);
    int i = reason.ordinal();
    untold.incrementAndGet(i);
    long until = quietUntil[i].get();
    if (now - until >= 0 && quietUntil[i].compareAndSet(until, now + INTERVAL)) {
      LogMessage.REFUSED.log(log, untold.getAndSet(i, 0), reason, detail);
    }
  }
}
