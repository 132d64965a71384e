package org.starcast.internal.writer;

import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Writes to a servlet's stream that blocks, on threads that may: one write at a time. A thread
 * whose write is given up is interrupted.
 */
final class BlockingStream implements ResponseStream {

  /** As much as the container sends as one: an interrupt ends the wait for no more. */
  private static final int PIECE = 8 << 10;

  private final ServletOutputStream out;
  private final Executor sends;
  private final SinkWriter.Listener listener;
  private volatile boolean writing;
  private volatile IOException failure;

  // guarded by this

  private boolean discarded;
  private Thread blocked;

  /**
   * Writes to a stream that has its write listener.
   *
   * @param sends runs the writes
   */
  BlockingStream(ServletOutputStream out, Executor sends, SinkWriter.Listener listener) {
    this.out = out;
    this.sends = sends;
    this.listener = listener;
  }

  @Override
  public boolean write(byte[] bytes, int offset, int length) throws IOException {
    check();
    byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
    writing = true;
    try {
      sends.execute(() -> send(copy));
    } catch (RejectedExecutionException e) {
      throw new IOException("the application is being stopped", e);
    }
    return false;
  }

  @Override
  public boolean resume() throws IOException {
    check();
    return !writing;
  }

  @Override
  public synchronized void discard() {
    discarded = true;
    if (blocked != null) {
      blocked.interrupt();
    }
  }

  private void check() throws IOException {
    if (failure != null) {
      throw failure;
    }
  }

  private void send(byte[] bytes) {
    if (!begin()) {
      return;
    }
    IOException problem = null;
    try {
      for (int from = 0; from < bytes.length; from += PIECE) {
        // it must be asked before a write, on the same thread
        if (isDiscarded() || !out.isReady()) {
          break;
        }
        out.write(bytes, from, Math.min(PIECE, bytes.length - from));
        out.flush();
      }
    } catch (IOException e) {
      problem = e;
    } catch (RuntimeException e) {
      problem = new IOException("the container failed to write", e);
    } finally {
      end();
    }
    failure = problem;
    writing = false;
    if (problem == null) {
      listener.writable();
    } else {
      listener.failed(problem);
    }
  }

  private synchronized boolean isDiscarded() {
    return discarded;
  }

  private synchronized boolean begin() {
    blocked = discarded ? null : Thread.currentThread();
    return !discarded;
  }

  /** The thread goes back to its pool as it came. */
  private synchronized void end() {
    blocked = null;
    if (discarded) {
      Thread.interrupted();
    }
  }
}
