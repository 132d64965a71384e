package org.starcast.internal.backplane;

import java.lang.System.Logger;
import java.util.concurrent.TimeUnit;
import org.starcast.internal.logging.LogMessage;

/**
 * Counts what a node leaves out of the order, as it is malformed, and warns of it, once a minute at
 * most. Thread-safe.
 */
final class SkippedMessages {

  private static final long LOG_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Logger log;

  // guarded by this
  private long count;
  private long told;
  private long time;

  /** Nothing yet. */
  SkippedMessages(Logger log) {
    this.log = log;
  }

  /** Counts one. */
  synchronized void add(long sequence, IllegalArgumentException problem) {
    count++;
    long now = System.nanoTime();
    if (told == 0 || now - time > LOG_INTERVAL_NANOS) {
      LogMessage.MESSAGE_SKIPPED.log(log, sequence, problem.getMessage(), count - told);
      told = count;
      time = now;
    }
  }

  /** How many there were. */
  synchronized long count() {
    return count;
  }
}
