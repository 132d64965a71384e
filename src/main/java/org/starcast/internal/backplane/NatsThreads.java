package org.starcast.internal.backplane;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads of a {@link NatsBackplane}, each of which ends when it has had nothing to do for 1 s.
 *
 * @param client for the client, and for what may block
 * @param callbacks one that the client tells what happens, and that tells publishers what failed
 * @param readers two, for which 10,000 reads may wait
 */
record NatsThreads(
    ThreadPoolExecutor client, ThreadPoolExecutor callbacks, ThreadPoolExecutor readers) {

  static NatsThreads of(ThreadFactory threads) {
    return new NatsThreads(
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            1,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            BackplaneThreads.pooled(threads, "starcast-backplane-client")),
        BackplaneThreads.callbacks(threads),
        BackplaneThreads.readers(threads));
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
