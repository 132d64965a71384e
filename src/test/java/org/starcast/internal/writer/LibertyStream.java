package org.starcast.internal.writer;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * A servlet's stream as Liberty has it: a write that fills the buffer blocks, which fails the test
 * here; {@code flushAsyncBuffers()} takes the buffer, and the stream is not ready until all of that
 * has left. Without a bound of the buffer it is as any other container's.
 */
class LibertyStream extends ServletOutputStream {

  private final int bufferSize;
  private final OutputStream client;
  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
  private byte[] leaving = new byte[0];
  private int room;
  private boolean asked;
  private boolean failed;
  private Runnable whenReady = () -> {};

  LibertyStream(int bufferSize, OutputStream client) {
    this.bufferSize = bufferSize;
    this.client = client;
  }

  void whenReady(Runnable action) {
    whenReady = action;
  }

  public int getBufferSize() {
    return bufferSize;
  }

  int buffered() {
    return buffer.size();
  }

  /** The client takes so many bytes more. */
  void room(int bytes) throws IOException {
    room += bytes;
    leave();
  }

  /** The connection is broken. */
  void fail() {
    failed = true;
  }

  private void leave() throws IOException {
    int taken = Math.min(room, leaving.length);
    client.write(leaving, 0, taken);
    room -= taken;
    byte[] left = new byte[leaving.length - taken];
    System.arraycopy(leaving, taken, left, 0, left.length);
    leaving = left;
    if (left.length == 0 && asked) {
      asked = false;
      whenReady.run();
    }
  }

  @Override
  public boolean isReady() {
    asked = leaving.length > 0;
    return !asked;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (leaving.length > 0) {
      throw new IllegalStateException("written to before it was ready");
    }
    buffer.write(bytes, offset, length);
    if (buffer.size() >= bufferSize) {
      throw new AssertionError("blocks");
    }
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void flush() throws IOException {
    if (bufferSize < Integer.MAX_VALUE) {
      throw new AssertionError("blocks");
    }
    flushNow();
  }

  void flushNow() throws IOException {
    if (failed) {
      throw new IOException("broken");
    }
    leaving = buffer.toByteArray();
    buffer.reset();
    leave();
  }

  @Override
  public void setWriteListener(WriteListener listener) {
    throw new UnsupportedOperationException();
  }
}
