package org.starcast.internal.engine;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells whether a thread goes on. The thread beats, which costs it a plain write; who wants to know
 * looks now and then. Two looks that found work and no beat between them have seen it stand still.
 */
final class StallDetector {

  private final AtomicLong beats = new AtomicLong();

  // guarded by this
  private long seen = -1;
  private long since;

  /** By the one thread: its work begins, or ends. */
  void beat() {
    beats.lazySet(beats.getPlain() + 1);
  }

  /** Whether the thread is between the two beats of its work. */
  boolean inside() {
    return (beats.get() & 1) == 1;
  }

  /**
   * Whether the thread had work, and did not beat, for so long.
   *
   * @param busy whether it has work now
   * @param now the time, of {@link System#nanoTime}
   */
  synchronized boolean stuck(boolean busy, long now, long nanos) {
    long count = beats.get();
    if (!busy || count != seen) {
      seen = busy ? count : -1;
      since = now;
      return false;
    }
    return now - since >= nanos;
  }
}
