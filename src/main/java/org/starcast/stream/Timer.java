package org.starcast.stream;

import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

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

  /** One that runs actions on a scheduler; when that has ended, none. */
  static Timer of(ScheduledExecutorService scheduler) {
    long origin = System.nanoTime();
    return new Timer() {
      @Override
      public long now() {
        return System.nanoTime() - origin;
      }

      @Override
      public Runnable after(long delayNanos, Runnable action) {
        try {
          Future<?> task = scheduler.schedule(action, delayNanos, TimeUnit.NANOSECONDS);
          return () -> task.cancel(false);
        } catch (RejectedExecutionException e) {
          // the application has ended, and its clients with it
          return () -> {};
        }
      }
    };
  }
}
