package org.starcast.internal.cdi;

import java.util.List;
import org.starcast.SseMessage;

/**
 * Keeps messages until the caller's transaction has committed, and then publishes those of one
 * transaction in the order in which they were given. There is no such bean where there are no
 * transactions. Thread-safe.
 */
interface Transactions {

  /** What the status of the caller's transaction means for what is fired now. */
  enum Phase {
    /** There is no transaction, or it has committed and its completions are running: publish. */
    NONE,
    /** It may still commit: keep. */
    OPEN,
    /** It can only be rolled back: drop. */
    ROLLING_BACK,
    /** It has been rolled back, by a time-out say, while its method goes on: drop. */
    ROLLED_BACK
  }

  /** What becomes of messages that were kept. It must not throw, but where that is said. */
  interface Outcome {
    /**
     * The transaction is about to commit. Called in it, by its thread.
     *
     * @return whether the messages are now stored with the transaction, and none of the methods
     *     below is to be called for them
     * @throws RuntimeException if the transaction must not commit
     */
    boolean stored(List<SseMessage> messages);

    /** A transaction with which something was stored has committed, or may have. */
    void storedCommitted();

    /** The transaction has committed. */
    void committed(SseMessage message);

    /** Whether the transaction has committed is not known. */
    void unknown(SseMessage message);
  }

  /** What the caller's transaction means for what is fired now. */
  Phase phase();

  /**
   * Keeps a message until the caller's transaction, which is {@link Phase#OPEN}, has ended.
   *
   * @throws IllegalStateException if the transaction takes no registration any more
   */
  void afterCommit(SseMessage message, Outcome outcome);
}
