package org.starcast.internal.cdi;

import java.util.List;
import org.starcast.SseMessage;

/** Stores messages in the transaction that publishes them, where the backplane can do that. */
public interface TransactionalPublisher {

  /** Whether it can; the other methods are not to be called where it cannot. */
  boolean isTransactional();

  /**
   * Stores messages in the transaction of the calling thread, which is about to commit.
   *
   * @throws RuntimeException if that failed, so that the transaction must not commit
   */
  void publishInTransaction(List<SseMessage> messages);

  /** A transaction in which something was stored has committed, or may have. */
  void committed();
}
