package org.starcast.stream;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Runs a stream's work, one slice at a time: the first on an executor of its own, which has the
 * context of who begins. Thread-safe.
 */
final class Slices {

  /** For the next slice. */
  private volatile Executor executor;

  private final Executor others;
  private final BooleanSupplier work;
  private final Consumer<Throwable> rejected;

  /** Requests for a slice since the last look. */
  private final AtomicInteger wakes = new AtomicInteger();

  /**
   * @param first runs the first slice
   * @param others runs the others
   * @param work a slice; throws nothing; true for more to do, after other tasks of the executor
   * @param rejected is told why the executor takes no slice; the last one runs on its caller then
   */
  Slices(Executor first, Executor others, BooleanSupplier work, Consumer<Throwable> rejected) {
    this.executor = first;
    this.others = others;
    this.work = work;
    this.rejected = rejected;
  }

  /** Has a slice run if none does, and makes a running one look again. */
  void wake() {
    if (wakes.getAndIncrement() == 0) {
      run();
    }
  }

  private void run() {
    try {
      executor.execute(this::slice);
    } catch (Throwable e) {
      // the application is being stopped and its executor with it: what is left is to close
      rejected.accept(e);
      slice();
    }
  }

  private void slice() {
    executor = others;
    int seen = wakes.get();
    do {
      if (work.getAsBoolean()) {
        // the next slice takes this one's place, so nobody else starts one
        run();
        return;
      }
      seen = wakes.addAndGet(-seen);
    } while (seen != 0);
  }
}
