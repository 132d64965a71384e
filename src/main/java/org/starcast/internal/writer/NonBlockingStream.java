package org.starcast.internal.writer;

import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * Writes to a servlet's stream in non-blocking mode: as much as the container takes, and keeps the
 * rest until it takes more.
 */
final class NonBlockingStream implements ResponseStream {

  private final ServletOutputStream out;
  private final ContainerConnection connection;
  private final Runnable writable;

  /** What the container has not taken; or null. */
  private byte[] rest;

  /** Where in the rest that begins. */
  private int restFrom;

  private boolean unflushed;

  /**
   * Writes to a stream that has its write listener.
   *
   * @param writable is run when the connection takes more, where the listener is not notified of
   *     that
   */
  NonBlockingStream(ServletOutputStream out, ContainerConnection connection, Runnable writable) {
    this.out = out;
    this.connection = connection;
    this.writable = writable;
  }

  @Override
  public boolean write(byte[] bytes, int offset, int length) throws IOException {
    if (bytes != rest && !connection.copiesPending()) {
      // the caller's array has other bytes soon, which are for others
      byte[] own = Arrays.copyOfRange(bytes, offset, offset + length);
      return write(own, own, 0, length);
    }
    return write(bytes, rest, offset, length);
  }

  /**
   * Writes.
   *
   * @param own the array that is this stream's, so that the rest may stay there
   */
  private boolean write(byte[] bytes, byte[] own, int offset, int length) throws IOException {
    int from = offset;
    int end = offset + length;
    while (isReady()) {
      int piece = Math.min(end - from, connection.maxWrite());
      out.write(bytes, from, piece);
      from += piece;
      boolean more = flush();
      if (from == end) {
        rest = null;
        return more;
      }
    }
    if (bytes == own) {
      rest = bytes;
      restFrom = from;
    } else {
      rest = Arrays.copyOfRange(bytes, from, end);
      restFrom = 0;
    }
    return false;
  }

  @Override
  public boolean resume() throws IOException {
    if (rest != null) {
      return write(rest, restFrom, rest.length - restFrom);
    }
    return unflushed ? flush() : isReady();
  }

  @Override
  public void discard() {
    rest = null;
  }

  private boolean flush() throws IOException {
    unflushed = !isReady();
    if (unflushed) {
      return false;
    }
    connection.flush(out);
    return isReady();
  }

  /** False if the listener will be called once it is. */
  private boolean isReady() throws IOException {
    return out.isReady() && connection.canWrite(writable);
  }
}
