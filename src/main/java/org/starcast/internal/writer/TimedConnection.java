package org.starcast.internal.writer;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.util.concurrent.atomic.AtomicBoolean;
import org.starcast.internal.logging.LogMessage;

/**
 * A connection whose container ends by itself a response of which nothing has left for some time,
 * as if the client had gone: not while a stream is watched by the engine, which says that it was
 * too slow.
 */
abstract class TimedConnection extends ContainerConnection {

  private final AtomicBoolean changed = new AtomicBoolean();
  private final long timeout;

  /**
   * @param timeout the container's own, in milliseconds, which it gets back
   */
  TimedConnection(long timeout) {
    this.timeout = timeout;
  }

  /** Sets the container's own timeout, in milliseconds. */
  abstract void setTimeout(long millis) throws ReflectiveOperationException;

  /** What stands for no timeout. */
  abstract long never();

  /** One write waits in the container; Linux lets the kernel's buffer grow to megabytes. */
  @Override
  final void boundPending() {
    try {
      setOption(StandardSocketOptions.SO_SNDBUF, MAX_KERNEL_BYTES);
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.SEND_BUFFER_UNBOUNDED, e);
    }
    changed.set(true);
    change(never());
  }

  @Override
  final void release() {
    // once: the connection may be another stream's by then
    if (changed.compareAndSet(true, false)) {
      change(timeout);
    }
  }

  private void change(long millis) {
    try {
      setTimeout(millis);
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.CONNECTION_UNKNOWN, e);
    }
  }

  @Override
  final void abort(Runnable complete) {
    // what the kernel holds goes, too, whoever closes the socket
    try {
      setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.CONNECTION_KEPT, e);
    }
    complete.run();
    drop();
  }
}
