package org.starcast.stream;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import org.starcast.internal.Arguments;

/**
 * How to thin out items that come faster than they shall be sent. The first is sent at once; what
 * comes within the interval waits, and which of it is kept is the throttle's kind. When the
 * interval is over, what is kept is sent, an interval apart, by a timer: no later item is needed,
 * and the last that was kept is always sent. Items are never reordered.
 *
 * <p>A throttled source is asked as fast as it can answer, also while the client is slow. Immutable
 * and thread-safe.
 *
 * <pre>{@code
 * Throttle.latest(ofMillis(100));
 * Throttle.conflate(ofMillis(100), Price::symbol, 1_000);
 * }</pre>
 *
 * @param <T> the items
 */
public final class Throttle<T> {

  private final Duration interval;
  private final Function<? super T, ?> key;
  private final int capacity;
  private final boolean keepFirst;

  private Throttle(Duration interval, Function<? super T, ?> key, int capacity, boolean keepFirst) {
    this.interval = Arguments.upToYear("interval", interval);
    this.key = key;
    this.capacity = Arguments.range("capacity", capacity, 1, 1_000_000);
    this.keepFirst = keepFirst;
  }

  /**
   * Keeps the latest of an interval.
   *
   * @param interval between two items at least; zero to drop only what the client is too slow for
   * @throws IllegalArgumentException if it is negative or longer than a year
   */
  public static <T> Throttle<T> latest(Duration interval) {
    return new Throttle<>(interval, null, 1, false);
  }

  /** Keeps the first that comes within an interval; otherwise as {@link #latest}. */
  public static <T> Throttle<T> first(Duration interval) {
    return new Throttle<>(interval, null, 1, true);
  }

  /**
   * Keeps the latest few in their order.
   *
   * @param capacity how many wait; when there are more, the oldest is dropped
   * @throws IllegalArgumentException as {@link #latest}, or if {@code capacity} is not 1 to
   *     1,000,000
   */
  public static <T> Throttle<T> buffer(Duration interval, int capacity) {
    return new Throttle<>(interval, null, capacity, false);
  }

  /**
   * Keeps the latest of each key, in the order in which those latest came.
   *
   * @param key what an item is about; not null
   * @param keys how many keys wait; when there are more, the oldest item is dropped
   * @throws IllegalArgumentException as {@link #buffer}
   */
  public static <T> Throttle<T> conflate(Duration interval, Function<? super T, ?> key, int keys) {
    return new Throttle<>(interval, Objects.requireNonNull(key, "key"), keys, false);
  }

  /** The least time between two items. */
  public Duration interval() {
    return interval;
  }

  /** How many items wait at most. */
  public int capacity() {
    return capacity;
  }

  Function<? super T, ?> key() {
    return key;
  }

  boolean keepFirst() {
    return keepFirst;
  }
}
