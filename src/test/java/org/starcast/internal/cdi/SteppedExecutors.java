package org.starcast.internal.cdi;

import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Executors whose tasks a test runs, when it says so. Not thread-safe. */
public final class SteppedExecutors extends ContainerExecutors {

  /** A task that is to run by time. */
  private record Timed(Runnable task, long due) {}

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final List<Timed> timed = new ArrayList<>();
  private final List<Long> periods = new ArrayList<>();
  private boolean ended;

  @Override
  public Executor executor() {
    return this::add;
  }

  private void add(Runnable task) {
    if (ended) {
      throw new RejectedExecutionException("expected by the test");
    }
    tasks.add(task);
  }

  @Override
  public ScheduledExecutorService scheduler() {
    return (ScheduledExecutorService)
        Proxy.newProxyInstance(
            SteppedExecutors.class.getClassLoader(),
            new Class<?>[] {ScheduledExecutorService.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "execute" -> {
                    add((Runnable) arguments[0]);
                    yield null;
                  }
                  case "schedule" ->
                      schedule(
                          (Runnable) arguments[0],
                          ((TimeUnit) arguments[2]).toNanos((Long) arguments[1]));
                  case "scheduleWithFixedDelay" -> {
                    periods.add(((TimeUnit) arguments[3]).toMillis((Long) arguments[2]));
                    yield null;
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private ScheduledFuture<?> schedule(Runnable task, long nanos) {
    if (ended) {
      throw new RejectedExecutionException("expected by the test");
    }
    Timed entry = new Timed(task, System.nanoTime() + nanos);
    timed.add(entry);
    return (ScheduledFuture<?>)
        Proxy.newProxyInstance(
            SteppedExecutors.class.getClassLoader(),
            new Class<?>[] {ScheduledFuture.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "getDelay" ->
                      ((TimeUnit) arguments[0])
                          .convert(entry.due - System.nanoTime(), TimeUnit.NANOSECONDS);
                  case "cancel" -> timed.remove(entry);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** Runs what there is, and what that adds. */
  public void run() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** How many tasks are to run now. */
  public int waiting() {
    return tasks.size();
  }

  /** How many tasks are to run by time. */
  public int timed() {
    return timed.size();
  }

  /** In how many milliseconds the next of them is to. */
  public long delayMillis() {
    return TimeUnit.NANOSECONDS.toMillis(next().due - System.nanoTime());
  }

  /** Runs the next of them now, whenever it is to. */
  public void runTimed() {
    Timed next = next();
    timed.remove(next);
    next.task.run();
  }

  private Timed next() {
    return timed.stream().min(Comparator.comparingLong(Timed::due)).orElseThrow();
  }

  /** The delays of what is to run again and again, in milliseconds. */
  public List<Long> periods() {
    return periods;
  }

  /** They take nothing more. */
  public void end() {
    ended = true;
  }
}
