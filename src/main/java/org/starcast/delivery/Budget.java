package org.starcast.delivery;

import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes that wait for all clients together, each shared frame once. */
final class Budget {

  private final long limit;
  private final AtomicLong used = new AtomicLong();

  Budget(long limit) {
    this.limit = limit;
  }

  void add(long bytes) {
    used.addAndGet(bytes);
  }

  void subtract(long bytes) {
    used.addAndGet(-bytes);
  }

  long used() {
    return used.get();
  }

  boolean exceeded() {
    return used.get() > limit;
  }

  /** Bytes to free when exceeded, so that shedding is rare: down to nine tenths. */
  boolean relieved() {
    return used.get() <= limit - limit / 10;
  }
}
