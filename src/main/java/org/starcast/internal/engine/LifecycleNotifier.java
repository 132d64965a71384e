package org.starcast.internal.engine;

import java.util.ArrayDeque;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.starcast.internal.logging.LogMessage;

/**
 * Runs what the application is told of, on one thread of its own, in order. Whoever has something
 * to tell only appends it, with whatever locks it has: no code of the application ever runs under
 * them, and there is no executor that could refuse. Thread-safe.
 *
 * <p>Observers that are slower than what happens make tasks wait. Of those about failures at most
 * {@link #MAX_FAILURES} wait, the others are counted and said in the log. Those about clients are
 * two for each, so their number is bounded by taking no new clients while {@link #isOverloaded}.
 */
final class LifecycleNotifier {

  /** The most failures that wait to be told. */
  static final int MAX_FAILURES = 1_000;

  private final System.Logger log;
  private final int maxTasks;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final Thread thread;

  // guarded by the lock
  private int failures;
  private long untold;
  private boolean running;
  private boolean stopped;

  /**
   * Starts the thread.
   *
   * @param maxTasks from so many tasks that wait on it is overloaded
   */
  LifecycleNotifier(ThreadFactory threads, int maxTasks, System.Logger log) {
    this.maxTasks = maxTasks;
    this.log = log;
    this.thread = threads.newThread(this::run);
    thread.setName("starcast-events");
    thread.start();
  }

  Thread thread() {
    return thread;
  }

  /** Has this run behind all that wait. */
  void tell(Runnable task) {
    lock.lock();
    try {
      tasks.add(task);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #tell}, of what may happen any number of times. */
  void tellFailure(Runnable task) {
    lock.lock();
    try {
      if (failures == MAX_FAILURES) {
        if (untold++ == 0) {
          LogMessage.FAILURES_WAIT.log(log, failures);
        }
        return;
      }
      failures++;
      tell(
          () -> {
            failureTold();
            task.run();
          });
    } finally {
      lock.unlock();
    }
  }

  private void failureTold() {
    lock.lock();
    try {
      failures--;
      if (untold > 0 && failures == 0) {
        LogMessage.FAILURES_DROPPED.log(log, untold);
        untold = 0;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether so much waits that no new clients are to be taken. */
  boolean isOverloaded() {
    lock.lock();
    try {
      return tasks.size() >= maxTasks;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until all that was told by now has run; but not on its own thread.
   *
   * @return how much has not
   */
  int await(long nanos) throws InterruptedException {
    if (Thread.currentThread() == thread) {
      return 0;
    }
    lock.lock();
    try {
      long left = nanos;
      while ((!tasks.isEmpty() || running) && left > 0 && thread.isAlive()) {
        left = changed.awaitNanos(left);
      }
      return tasks.size() + (running ? 1 : 0);
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread when it has run what waits. */
  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (awaitTask()) {
      runWaiting();
    }
  }

  /** False when there will be no more. */
  private boolean awaitTask() {
    lock.lock();
    try {
      while (tasks.isEmpty() && !stopped) {
        changed.awaitUninterruptibly();
      }
      return !tasks.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Runs what waits now; by the thread, or a test in its place. */
  void runWaiting() {
    for (Runnable task = take(); task != null; task = take()) {
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        LogMessage.LIFECYCLE_OBSERVER_FAILED.log(log, e);
      }
    }
  }

  private Runnable take() {
    lock.lock();
    try {
      Runnable task = tasks.poll();
      running = task != null;
      changed.signalAll();
      return task;
    } finally {
      lock.unlock();
    }
  }
}
