package org.starcast.internal.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How often each of many may connect: so many times at once, and as many in each minute, evenly. A
 * token bucket for each, kept as the time at which it will be full again (the generic cell rate
 * algorithm), so that one that is full need not be kept. Bounded: who was last seen longest ago is
 * forgotten first, and may then connect anew. Thread-safe.
 */
final class ConnectRate {

  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private final int perMinute;
  private final int bound;

  /** When each bucket is full again; guarded by itself. */
  private final Map<String, Long> fullAt = new LinkedHashMap<>(16, 0.75f, true);

  /**
   * Nobody yet.
   *
   * @param perMinute how often each may connect; 0 for without end
   * @param bound how many are remembered
   */
  ConnectRate(int perMinute, int bound) {
    this.perMinute = perMinute;
    this.bound = bound;
  }

  /**
   * Takes a token, if there is one.
   *
   * @param key who connects; null for nobody known
   * @param now the time, of {@link System#nanoTime}
   * @return 0 if it may connect, else the seconds after which it may
   */
  int take(String key, long now) {
    if (perMinute == 0 || key == null) {
      return 0;
    }
    long interval = MINUTE / perMinute;
    synchronized (fullAt) {
      Long before = fullAt.get(key);
      long full = before == null || before - now < 0 ? now : before;
      long after = full + interval;
      long tooMuch = after - now - MINUTE;
      if (tooMuch > 0) {
        return (int) ((tooMuch + 999_999_999L) / 1_000_000_000L);
      }
      fullAt.put(key, after);
      if (fullAt.size() > bound) {
        fullAt.remove(fullAt.keySet().iterator().next());
      }
      return 0;
    }
  }

  /** How many are remembered. */
  int size() {
    synchronized (fullAt) {
      return fullAt.size();
    }
  }
}
