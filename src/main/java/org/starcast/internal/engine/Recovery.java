package org.starcast.internal.engine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.starcast.internal.logging.LogMessage;

/**
 * What a client gets behind a {@code starcast-gap} event. A message that is made when it is needed,
 * the whole state from a database, say, is made on an executor, while the client waits and nobody
 * else does. Its making can be given up. Used by one drain thread, but for {@link #giveUp}.
 */
final class Recovery {

  private static final byte[] NOTHING = {};

  /** None. */
  static final Recovery NONE = new Recovery(NOTHING);

  private final byte[] fixed;
  private final Supplier<CompletionStage<byte[]>> source;
  private final Executor executor;
  private final System.Logger log;

  /** What is being made; null while nothing is. */
  private volatile CompletableFuture<byte[]> making;

  private volatile long since;

  /** What had been missed when the last one began to be made. */
  private long covers = Long.MAX_VALUE;

  private Recovery(byte[] fixed) {
    this.fixed = fixed;
    this.source = null;
    this.executor = null;
    this.log = null;
  }

  private Recovery(Supplier<CompletionStage<byte[]>> source, Executor executor, System.Logger log) {
    this.fixed = null;
    this.source = source;
    this.executor = executor;
    this.log = log;
  }

  /** The same bytes always. */
  static Recovery of(byte[] bytes) {
    return new Recovery(bytes);
  }

  /**
   * Made each time it is needed.
   *
   * @param source makes the bytes of a state that is not older than its call, on the executor
   */
  static Recovery of(
      Supplier<CompletionStage<byte[]>> source, Executor executor, System.Logger log) {
    return new Recovery(source, executor, log);
  }

  /**
   * The bytes; or null while they are being made, which this begins.
   *
   * @param made called when they are there, on any thread
   * @param missed what has been missed by now, in whatever the caller counts
   */
  byte[] poll(Runnable made, long missed) {
    if (fixed != null) {
      return fixed;
    }
    CompletableFuture<byte[]> now = making;
    if (now == null) {
      now = new CompletableFuture<>();
      since = System.nanoTime();
      covers = missed;
      making = now;
      begin(now);
      if (!now.isDone()) {
        now.thenRun(made);
        return null;
      }
    } else if (!now.isDone()) {
      return null;
    }
    making = null;
    return now.join();
  }

  private void begin(CompletableFuture<byte[]> promise) {
    try {
      executor.execute(() -> make(promise));
    } catch (RejectedExecutionException e) {
      failed(e);
      promise.complete(NOTHING);
    }
  }

  private void make(CompletableFuture<byte[]> promise) {
    CompletionStage<byte[]> made;
    try {
      made = source.get();
    } catch (RuntimeException | Error e) {
      made = CompletableFuture.failedStage(e);
    }
    made.whenComplete(
        (bytes, failure) -> {
          if (failure != null) {
            failed(failure);
          }
          promise.complete(failure == null ? bytes : NOTHING);
        });
  }

  private void failed(Throwable why) {
    LogMessage.GAP_MESSAGE_FAILED.log(log, why);
  }

  /**
   * How much of what was missed the last bytes know of: what had been when they began to be made.
   * All of it where they are the same always.
   */
  long covers() {
    return covers;
  }

  /** What is being made is not wanted any more. */
  void discard() {
    making = null;
  }

  /** Goes on without what has been in the making for longer than this; from any thread. */
  void giveUp(long now, long nanos) {
    CompletableFuture<byte[]> late = making;
    if (late != null && now - since > nanos && late.complete(NOTHING)) {
      LogMessage.GAP_MESSAGE_LATE.log(log);
    }
  }
}
