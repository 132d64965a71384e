package org.starcast.internal.engine;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import org.starcast.internal.config.StarcastConfig;

/**
 * The engine's threads: those that drain, the timer, and what others are given that live as long.
 * Thread-safe.
 */
final class EngineThreads {

  private static final long TICK_NANOS = Duration.ofMillis(50).toNanos();

  /** A thread that has work, and does nothing for so long, is stuck. */
  private static final long STUCK_NANOS = Duration.ofSeconds(60).toNanos();

  private final ThreadFactory factory;
  private final TimingWheel wheel;
  private final WriterLoop[] loops;
  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  /** Starts the drain threads and the timer. */
  EngineThreads(StarcastConfig config, ThreadFactory factory, System.Logger log) {
    this.factory = factory;
    this.wheel = new TimingWheel(TICK_NANOS, log);
    this.loops = new WriterLoop[config.writer().drainThreads()];
    for (int i = 0; i < loops.length; i++) {
      loops[i] = new WriterLoop(i, config, log);
      start(loops[i]::run, "starcast-drain-" + (i + 1));
    }
    start(wheel::run, "starcast-timer");
  }

  private void start(Runnable work, String name) {
    Thread thread = make(work);
    thread.setName(name);
    thread.start();
  }

  /** Makes a thread that {@link #stop} waits for, and whose end is a fault before that. */
  Thread make(Runnable task) {
    Thread thread = factory.newThread(task);
    threads.add(thread);
    return thread;
  }

  WriterLoop[] loops() {
    return loops;
  }

  TimingWheel wheel() {
    return wheel;
  }

  /** As {@link #make}, of a thread that may end when it has done its work, but not of a failure. */
  Thread makeUntilDone(Runnable task) {
    return make(
        () -> {
          task.run();
          threads.remove(Thread.currentThread());
        });
  }

  /** The time between two ticks of the timer. */
  long tickNanos() {
    return TICK_NANOS;
  }

  /**
   * The names of the threads that do not go on.
   *
   * @param ending whether threads may have ended
   */
  List<String> stuck(boolean ending) {
    long now = System.nanoTime();
    Set<String> stuck = new TreeSet<>();
    for (int i = 0; i < loops.length; i++) {
      if (loops[i].stuck(now, STUCK_NANOS)) {
        stuck.add(threads.get(i).getName());
      }
    }
    if (wheel.stuck(now, STUCK_NANOS)) {
      stuck.add(threads.get(loops.length).getName());
    }
    if (!ending) {
      for (Thread thread : threads) {
        // neither one that is about to be started, nor one that has done its work
        if (thread.getState() == Thread.State.TERMINATED && threads.contains(thread)) {
          stuck.add(thread.getName());
        }
      }
    }
    return List.copyOf(stuck);
  }

  /** Ends the drain threads and the timer. */
  void stop() {
    wheel.stop();
    for (WriterLoop loop : loops) {
      loop.stop();
    }
  }

  /**
   * Waits for all threads.
   *
   * @param most how long for each, in nanoseconds
   */
  void join(long most) throws InterruptedException {
    for (Thread thread : threads) {
      if (thread != Thread.currentThread()) {
        thread.join(Duration.ofNanos(most).toMillis());
      }
    }
  }
}
