package org.starcast.stream;

import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** One thread for all timers, started with the first; actions only hand over to others. */
final class TimerThread implements Timer, AutoCloseable {

  private final long origin = System.nanoTime();
  private final ScheduledThreadPoolExecutor scheduler;

  TimerThread(ThreadFactory factory) {
    scheduler =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = factory.newThread(task);
              thread.setName("starcast-stream-timer");
              return thread;
            });
    // a stream that has ended early must not be kept until its time-out
    scheduler.setRemoveOnCancelPolicy(true);
  }

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

  @Override
  public void close() {
    scheduler.shutdownNow();
  }
}
