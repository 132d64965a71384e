package org.starcast.internal.writer;

import java.io.IOException;

/**
 * A way to get bytes to one client without waiting for it. One thread at a time calls it; a call
 * returns at once.
 */
public interface SinkWriter {

  /** What a writer tells the client that it writes for; from any thread. */
  interface Listener {

    /** The container takes bytes: for the first time, or again after {@link #write} gave false. */
    void writable();

    /** The connection is broken, or the container has ended the response. */
    void failed(Throwable cause);
  }

  /** The name for statistics. */
  String name();

  /** Whether the response's content coding is gzip, so that what is written must be, too. */
  boolean isGzip();

  /** Begins to tell the listener; called once, when the client knows its writer. */
  void start();

  /**
   * Writes whole frames and flushes them. The bytes are the caller's again when it returns.
   *
   * @return true if more may be written; false if {@link Listener#writable} will say when to {@link
   *     #resume}
   * @throws IOException if the connection is broken
   */
  boolean write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Goes on with what {@link #write} could not finish; harmless when called too early.
   *
   * @return as {@link #write}
   * @throws IOException if the connection is broken
   */
  boolean resume() throws IOException;

  /**
   * Whether bytes of a {@link #write} that could not be finished have left since this was last
   * asked, or since that write; from any thread. False where the container does not say.
   */
  boolean progressed();

  /** Ends the response; nothing is pending. Called once, and never after {@link #abort}. */
  void close();

  /** Gives the response up, dropping what is pending and, where it can, the connection. */
  void abort();
}
