package org.starcast.internal.engine;

import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.internal.wire.EventId;
import org.starcast.spi.Backplane;
import org.starcast.spi.StoredEvent;

/**
 * What the engine notifies: of clients and failures on a thread that serves no request, one call at
 * a time; and of control messages.
 */
public interface EngineListener {

  /** The client's stream is open. */
  void opened(SseClient client);

  /** The client's stream, which was open, has ended. */
  void closed(SseClient client, CloseReason reason);

  /** A message was not stored by the backplane, or may not have been, after all. */
  void unpublished(SseMessage message, Throwable failure);

  /**
   * A node sent a control message, by {@link Backplane#command}: called in the order of events, on
   * a thread for which they wait.
   */
  void commanded(EventId at, String type, byte[] body);

  /** An event with an idempotency key has its position; called as {@link #commanded}. */
  default void stored(EventId at, String key) {}

  /**
   * An event of a named stream has its position; called as {@link #commanded}, see {@link
   * StreamListener#streamed}.
   */
  default Runnable streamed(EventId at, StoredEvent event) {
    return null;
  }

  /**
   * Control messages may have been lost, or events; also when the order begins. Called as {@link
   * #commanded}.
   *
   * @param order always the same
   */
  default void commandsMissed(StreamHistories order) {}

  /** The clients have gone, and the backplane is about to be closed. */
  default void ending() {}
}
