package org.starcast.stream;

/**
 * When a stream must act though nobody wakes it: at its time-out, when its source has been idle or
 * its client has heard nothing for too long, and when the source is to be asked again. Thread-safe.
 */
final class Deadlines {

  /** No time. */
  static final long NEVER = Long.MAX_VALUE;

  /** What to do when the timer runs. */
  enum Due {
    TIMEOUT,
    IDLE,
    HEARTBEAT,
    /** Ask the source, unless it is too early. */
    ASK
  }

  private final Timer timer;
  private final Runnable action;
  private final long heartbeatNanos;
  private final long idleNanos;
  private final long timeoutAt;

  private volatile long lastItem;
  private volatile long lastSent;

  // guarded by this
  private long armedAt = NEVER;
  private Runnable disarm = () -> {};
  private boolean closed;

  /** Begins now; the action must not block. */
  Deadlines(StreamOptions<?> options, Timer timer, Runnable action) {
    this.timer = timer;
    this.action = action;
    heartbeatNanos = options.heartbeat().toNanos();
    idleNanos = options.idleTimeout().toNanos();
    long now = timer.now();
    timeoutAt = options.timeout().isZero() ? NEVER : now + options.timeout().toNanos();
    lastItem = now;
    lastSent = now;
  }

  /** The source gave an item. */
  void received() {
    lastItem = timer.now();
  }

  /** The client's queue took an item: the source is idle only while it is asked. */
  void sent() {
    lastSent = timer.now();
    lastItem = lastSent;
  }

  /**
   * Has the action run at a time, or earlier; not at all once this is closed.
   *
   * @param waitsForRoom whether the client has no room, and so can miss nothing
   */
  void arm(long at, boolean waitsForRoom) {
    armBy(Math.min(at, next(waitsForRoom)));
  }

  private long next(boolean waitsForRoom) {
    long next = timeoutAt;
    if (!waitsForRoom) {
      next = heartbeatNanos > 0 ? Math.min(next, lastSent + heartbeatNanos) : next;
      next = idleNanos > 0 ? Math.min(next, lastItem + idleNanos) : next;
    }
    return next;
  }

  private synchronized void armBy(long at) {
    if (closed || at >= armedAt) {
      return;
    }
    disarm.run();
    armedAt = at;
    disarm = timer.after(Math.max(0, at - timer.now()), action);
  }

  /** What is due when the action runs; the next heartbeat is counted from now. */
  Due due(boolean waitsForRoom) {
    synchronized (this) {
      armedAt = NEVER;
    }
    long now = timer.now();
    if (now >= timeoutAt) {
      return Due.TIMEOUT;
    }
    if (idleNanos > 0 && !waitsForRoom && now >= lastItem + idleNanos) {
      return Due.IDLE;
    }
    if (heartbeatNanos > 0 && !waitsForRoom && now >= lastSent + heartbeatNanos) {
      lastSent = now;
      return Due.HEARTBEAT;
    }
    return Due.ASK;
  }

  /** Takes the timer back. */
  synchronized void close() {
    closed = true;
    disarm.run();
  }
}
