package org.starcast.internal.engine;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** How many there are of each caller, or of each address. Thread-safe. */
public final class CallerCounts {

  private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();

  /**
   * Counts one more, which is to {@link #leave}.
   *
   * @param key whose, or null, who is not counted
   * @return false if there are as many as the limit; it is not counted then
   */
  public boolean acquire(String key, int limit) {
    if (key == null) {
      return true;
    }
    boolean[] taken = {false};
    counts.compute(
        key,
        (k, n) -> {
          AtomicInteger counter = n == null ? new AtomicInteger() : n;
          if (counter.get() < limit) {
            counter.incrementAndGet();
            taken[0] = true;
          }
          return counter;
        });
    return taken[0];
  }

  /** Counts one less. */
  public void leave(String key) {
    if (key != null) {
      counts.computeIfPresent(key, (k, n) -> n.decrementAndGet() == 0 ? null : n);
    }
  }
}
