package org.starcast.internal.writer;

import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.Socket;
import java.net.SocketException;
import java.util.Optional;
import org.starcast.internal.logging.LogMessage;

/**
 * Open Liberty, over HTTP/1.1. Its stream blocks in non-blocking mode, too: in {@code flush()}, and
 * in {@code write(…)} once that has filled the buffer. It does have a flush that does not block,
 * after which {@code isReady()} and the write listener say when all has left; but nothing in the
 * container calls it. So this does, and no write is as large as the buffer.
 */
class LibertyConnection extends ContainerConnection {

  private final Object stream;
  private final Object exchange;
  private final Object writes;
  private final Method getBufferSize;
  private final Method flush;

  LibertyConnection(Object stream, Object exchange, Object tcp)
      throws ReflectiveOperationException {
    this.stream = stream;
    this.exchange = exchange;
    this.writes = Reflection.call(tcp, "getWriteInterface");
    this.getBufferSize = stream.getClass().getMethod("getBufferSize");
    this.flush = stream.getClass().getDeclaredMethod("flushAsyncBuffers");
    this.flush.setAccessible(true);
  }

  static Optional<ContainerConnection> of(Object request) throws ReflectiveOperationException {
    if (!Reflection.has(request, "getIRequest")) {
      return Optional.empty();
    }
    Object connection =
        Reflection.call(Reflection.call(request, "getIRequest"), "getHttpInboundConnection");
    Object stream = Reflection.call(Reflection.call(connection, "getResponse"), "getBody");
    Object exchange = Reflection.get(stream, "isc");
    Object tcp = Reflection.call(exchange, "getTSC");
    return Optional.of(
        tcp.getClass().getSimpleName().startsWith("H2")
            ? new LibertyHttp2Connection(stream, exchange, tcp)
            : new LibertyConnection(stream, exchange, tcp));
  }

  /** What waits in Liberty is one write; Linux lets the kernel's buffer grow to megabytes. */
  @Override
  void boundPending() {
    try {
      socket().setSendBufferSize(MAX_KERNEL_BYTES);
    } catch (SocketException | ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.SEND_BUFFER_UNBOUNDED, e);
    }
  }

  private Socket socket() throws ReflectiveOperationException {
    return (Socket) Reflection.call(writes, "getSocket");
  }

  @Override
  boolean copiesPending() {
    return true;
  }

  @Override
  int maxWrite() throws IOException {
    return Math.max(1, (int) invoke(getBufferSize) - 1);
  }

  @Override
  void flush(ServletOutputStream out) throws IOException {
    // or Liberty could tell that all has left before it notes that something has not
    synchronized (stream) {
      invoke(flush);
    }
  }

  private Object invoke(Method method) throws IOException {
    try {
      return method.invoke(stream);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Ends the response by a write that blocks, which fails at once when the connection is gone. */
  @Override
  void abort(Runnable complete) {
    drop();
    complete.run();
  }

  @Override
  void terminate() throws ReflectiveOperationException {
    try {
      // what the kernel holds goes, too
      socket().setSoLinger(true, 0);
    } catch (SocketException e) {
      // the client has closed it
    }
    // all that is under way, or begins later, fails
    Reflection.call(exchange, "abort");
  }

  /** What was given to Liberty, and how much of the last write has left. */
  @Override
  long bytes() throws ReflectiveOperationException {
    long given = (long) Reflection.call(stream, "getBytesWritten");
    // not known over TLS
    return Reflection.has(writes, "getIODoneAmount")
        ? given + (long) Reflection.call(writes, "getIODoneAmount")
        : given;
  }
}
