package org.starcast.internal.engine;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.starcast.spi.BackplaneException;

/** What becomes of a stage of the backplane that fails, at once or later. */
final class BackplaneFailures {

  private BackplaneFailures() {}

  /**
   * Throws if it has failed by now; else has it notified should it fail later.
   *
   * @param problem what to say of a failure that says nothing itself
   * @param later called with the failure, on any thread
   * @throws BackplaneException if it has failed, unless that is another unchecked exception
   */
  static void handle(CompletionStage<?> stage, String problem, Consumer<Throwable> later) {
    CompletableFuture<?> future = stage.toCompletableFuture();
    if (future.isCompletedExceptionally()) {
      try {
        future.join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof RuntimeException known
            ? known
            : new BackplaneException(problem, true, e.getCause());
      }
    }
    stage.whenComplete(
        (done, failure) -> {
          if (failure != null) {
            boolean wrapped = failure instanceof CompletionException && failure.getCause() != null;
            later.accept(wrapped ? failure.getCause() : failure);
          }
        });
  }
}
