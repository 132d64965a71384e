package org.starcast.stream;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** A throttle at work on one stream. Not thread-safe; told the time, so that it needs no clock. */
final class RateWindow<T> {

  /** What {@link #readyAt} gives when nothing waits. */
  static final long NEVER = Deadlines.NEVER;

  private final Throttle<? super T> throttle;
  private long interval;

  /** What waits, oldest first; items without a key have their number as one. */
  private final Map<Object, T> waiting = new LinkedHashMap<>();

  private long next = Long.MIN_VALUE;
  private long number;
  private long dropped;

  RateWindow(Throttle<? super T> throttle) {
    this.throttle = throttle;
    this.interval = throttle.interval().toNanos();
  }

  void offer(T item) {
    Object key =
        throttle.key() == null
            ? Long.valueOf(number++)
            : Objects.requireNonNull(throttle.key().apply(item), "throttle: the key is null");
    if (waiting.remove(key) != null) {
      dropped++;
    } else if (waiting.size() >= throttle.capacity()) {
      dropped++;
      if (throttle.keepFirst()) {
        return;
      }
      removeFirst();
    }
    waiting.put(key, item);
  }

  private T removeFirst() {
    Iterator<T> oldest = waiting.values().iterator();
    T item = oldest.next();
    oldest.remove();
    return item;
  }

  /** The next item, if its time has come; or null. */
  T poll(long now) {
    if (waiting.isEmpty() || now < next) {
      return null;
    }
    next = now + interval;
    return removeFirst();
  }

  /** When {@link #poll} gives something, as far as is known. */
  long readyAt() {
    return waiting.isEmpty() ? NEVER : next;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** From now on, what waits is given whatever the time. */
  void hurry() {
    interval = 0;
    next = Long.MIN_VALUE;
  }

  void clear() {
    waiting.clear();
  }

  long dropped() {
    return dropped;
  }
}
