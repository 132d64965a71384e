package org.starcast.delivery;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Runs tasks one after the other, in their order, on another executor's threads. */
final class SerialExecutor implements Executor {

  private final Executor executor;
  private final System.Logger log;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private boolean running;

  SerialExecutor(Executor executor, System.Logger log) {
    this.executor = executor;
    this.log = log;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (tasks) {
      tasks.add(task);
      if (running) {
        return;
      }
      running = true;
    }
    try {
      executor.execute(this::runAll);
    } catch (RejectedExecutionException e) {
      // the application is being stopped and its executor with it
      runAll();
    }
  }

  private void runAll() {
    while (true) {
      Runnable task;
      synchronized (tasks) {
        task = tasks.poll();
        if (task == null) {
          running = false;
          return;
        }
      }
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        log.log(System.Logger.Level.WARNING, "STARCAST-1005: a lifecycle observer failed", e);
      }
    }
  }
}
