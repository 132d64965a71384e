package org.starcast.stream;

import java.util.concurrent.CompletionStage;

/**
 * Takes what a producer has for one stream. Thread-safe; no method waits. Items emitted by one
 * thread keep their order.
 *
 * @param <T> the items
 * @see Source#emitter
 */
public interface Emitter<T> {

  /**
   * Hands an item over.
   *
   * @return false if it was not taken: the buffer is full, or the stream has ended
   */
  boolean emit(T item);

  /**
   * Completes when there is room for an item: with false if the stream has ended, after which
   * nothing is taken. Completes on a thread of the container, or has completed.
   */
  CompletionStage<Boolean> ready();

  /** Ends the stream behind what was emitted; nothing more is taken. */
  void complete();

  /** Ends the stream, behind what was emitted, with an error. */
  void fail(Throwable cause);

  /** Whether items are taken, if there is room. */
  boolean isOpen();

  /**
   * Has an action run once when the stream has ended, for whatever reason; at once if it has. The
   * place to take listeners back.
   */
  void onClose(Runnable action);
}
