package org.starcast.internal.backplane;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.starcast.internal.logging.LogMessage;

/**
 * Threads of a {@link NatsBackplane}, each of which ends when it has had nothing to do for 1 s.
 *
 * @param client for the client, and for what may block
 * @param callbacks one that the client tells what happens, and that tells publishers what failed
 * @param readers two, for which 10,000 reads may wait
 */
record NatsThreads(
    ThreadPoolExecutor client, ThreadPoolExecutor callbacks, ThreadPoolExecutor readers) {

  private static final System.Logger LOG = System.getLogger(NatsBackplane.class.getName());
  private static final int READ_THREADS = 2;
  private static final int READS_WAITING = 10_000;

  static NatsThreads of(ThreadFactory threads) {
    return new NatsThreads(
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            pooled(threads, "starcast-backplane-client")),
        pool(1, Integer.MAX_VALUE, pooled(threads, "starcast-backplane-events")),
        pool(READ_THREADS, READS_WAITING, pooled(threads, "starcast-backplane-read")));
  }

  /** Threads whose end by a failure is none of the node's: the pool has others by then. */
  private static ThreadFactory pooled(ThreadFactory threads, String name) {
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

  static ThreadFactory named(ThreadFactory threads, String name) {
    return task -> {
      Thread thread = threads.newThread(task);
      thread.setName(name);
      return thread;
    };
  }

  private static ThreadPoolExecutor pool(int size, int waiting, ThreadFactory threads) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            size, size, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(waiting), threads);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Ends them; waits for each pool 1 s at most, unless this thread is interrupted. */
  void end() {
    List<ExecutorService> pools = List.of(readers, client, callbacks);
    pools.forEach(ExecutorService::shutdownNow);
    try {
      for (ExecutorService pool : pools) {
        pool.awaitTermination(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
