package org.starcast.stream;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.starcast.SseClient;

/** A stream at work: one source, one client. Thread-safe; no method waits. */
public interface SseStream extends AutoCloseable {

  /** Why a stream has ended. */
  enum End {
    /** The source has no more items. */
    COMPLETED,
    /** The source, or a function of the options, failed; or an item was too large. */
    FAILED,
    /** {@link StreamOptions#timeout} was reached. */
    TIMEOUT,
    /** {@link StreamOptions#idleTimeout} was reached. */
    IDLE,
    /** {@link SseStream#stop} was called, or the application's executor takes no more work. */
    STOPPED,
    /** The client is gone, or was closed. */
    CLIENT_CLOSED
  }

  /** The client that the stream goes to. */
  SseClient client();

  /** Completes when the stream has ended and the source is closed, with the reason. */
  CompletionStage<End> completion();

  /** What made it fail, if it has. */
  Optional<Throwable> failure();

  /** Items that the source has given. */
  long taken();

  /** Items that the client's queue has taken. */
  long sent();

  /** Items that the transform or the throttle left out. */
  long dropped();

  /** Ends the stream behind what was sent; items that wait in a throttle are dropped. */
  void stop();

  /** As {@link #stop}. */
  @Override
  default void close() {
    stop();
  }
}
