package org.starcast.internal.writer;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Ends responses on the container's threads, not on drain threads: containers then call listeners
 * and destroy beans of the application, which may block. Counts what is under way. Thread-safe.
 */
public final class Completions implements Executor {

  private final Executor executor;
  private int running;

  public Completions(Executor executor) {
    this.executor = executor;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (this) {
      running++;
    }
    Runnable counted =
        () -> {
          try {
            task.run();
          } finally {
            done();
          }
        };
    try {
      executor.execute(counted);
    } catch (RejectedExecutionException e) {
      // the application is being stopped and its executor with it
      counted.run();
    }
  }

  private synchronized void done() {
    running--;
    notifyAll();
  }

  /**
   * Waits until all that was given has run.
   *
   * @return false if that takes longer
   */
  public synchronized boolean await(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; running > 0; left = end - System.nanoTime()) {
      if (left <= 0) {
        return false;
      }
      wait(left / 1_000_000 + 1);
    }
    return true;
  }
}
