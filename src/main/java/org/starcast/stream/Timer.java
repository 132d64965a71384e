package org.starcast.stream;

/** Has actions run later. Thread-safe. */
interface Timer {

  /** A clock in nanoseconds, from an origin of its own; never negative. */
  long now();

  /**
   * Runs an action, which must not block, after a delay.
   *
   * @return takes it back, if it has not run
   */
  Runnable after(long delayNanos, Runnable action);
}
