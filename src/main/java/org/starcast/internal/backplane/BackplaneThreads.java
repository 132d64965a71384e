package org.starcast.internal.backplane;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.starcast.internal.logging.LogMessage;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.StoredEvent;

/** Threads of a shared backplane: those of pools end when they have had nothing to do for 1 s. */
final class BackplaneThreads {

  private static final System.Logger LOG = System.getLogger(BackplaneThreads.class.getName());
  private static final int READ_THREADS = 2;
  private static final int READS_WAITING = 10_000;

  private BackplaneThreads() {}

  static ThreadFactory named(ThreadFactory threads, String name) {
    return task -> {
      Thread thread = threads.newThread(task);
      thread.setName(name);
      return thread;
    };
  }

  /** Threads whose end by a failure is none of the node's: the pool has others by then. */
  static ThreadFactory pooled(ThreadFactory threads, String name) {
    ThreadFactory named = named(threads, name);
    return task ->
        named.newThread(
            () -> {
              try {
                task.run();
              } catch (RuntimeException | Error e) {
                LogMessage.TASK_FAILED.log(LOG, e);
              }
            });
  }

  /** One that tells publishers what has become of events: they may do anything. */
  static ThreadPoolExecutor callbacks(ThreadFactory threads) {
    return pool(1, Integer.MAX_VALUE, pooled(threads, "starcast-backplane-events"));
  }

  /** Two for reading, for which 10,000 reads may wait. */
  static ThreadPoolExecutor readers(ThreadFactory threads) {
    return pool(READ_THREADS, READS_WAITING, pooled(threads, "starcast-backplane-read"));
  }

  private static ThreadPoolExecutor pool(int size, int waiting, ThreadFactory threads) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            size, size, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(waiting), threads);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /**
   * Reads on one of these threads.
   *
   * @param what what is read, for the text of a failure
   * @return fails with a {@link BackplaneException}, whatever the reading fails with
   */
  static CompletionStage<List<StoredEvent>> read(
      Executor readers, String what, Callable<List<StoredEvent>> reading) {
    CompletableFuture<List<StoredEvent>> result = new CompletableFuture<>();
    try {
      readers.execute(
          () -> {
            try {
              result.complete(reading.call());
            } catch (BackplaneException e) {
              result.completeExceptionally(e);
            } catch (Exception e) {
              result.completeExceptionally(
                  new BackplaneException(what + " cannot be read now", false, e));
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(
          new BackplaneException(what + " cannot be read now: too many wait", false, e));
    }
    return result;
  }
}
