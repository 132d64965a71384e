package org.starcast.internal.writer;

import java.io.IOException;

/** Writes to a servlet's stream, without making its caller wait. Used by one thread at a time. */
interface ResponseStream {

  /** As {@link SinkWriter#write}; nothing is left of the write before. */
  boolean write(byte[] bytes, int offset, int length) throws IOException;

  /** As {@link SinkWriter#resume}. */
  boolean resume() throws IOException;

  /** Forgets what has not been written. */
  void discard();
}
