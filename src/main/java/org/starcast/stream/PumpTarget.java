package org.starcast.stream;

import java.util.concurrent.CompletionStage;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.stream.SseStream.End;

/** Where a stream's messages go. Thread-safe; no method waits. */
interface PumpTarget {

  /**
   * Takes a message.
   *
   * @return when it is taken, and the next one may be asked for: true; false if this is closed
   * @throws IllegalArgumentException if the message is too large, or cannot be encoded
   */
  CompletionStage<Boolean> sendWhenRoom(SseMessage message);

  /**
   * Takes the last message.
   *
   * @return as {@link #sendWhenRoom}, but whether another one may follow does not matter
   */
  default CompletionStage<Boolean> sendLast(SseMessage message) {
    return sendWhenRoom(message);
  }

  /** Completes when nothing more is taken, whoever ended that. */
  CompletionStage<?> whenClosed();

  /** Nothing more comes; called once, behind the last message. */
  void ended(End reason);

  /** The client that it is; null if it is none. */
  default SseClient client() {
    return null;
  }

  /**
   * A client.
   *
   * @param owned whether it is closed behind the stream
   */
  record OfClient(SseClient client, boolean owned) implements PumpTarget {

    @Override
    public CompletionStage<Boolean> sendWhenRoom(SseMessage message) {
      return client.sendWhenRoom(message);
    }

    @Override
    public CompletionStage<?> whenClosed() {
      return client.whenClosed();
    }

    @Override
    public void ended(End reason) {
      if (owned) {
        client.close();
      }
    }

    @Override
    public String toString() {
      return client.id();
    }
  }
}
