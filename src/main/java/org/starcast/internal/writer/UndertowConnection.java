package org.starcast.internal.writer;

import java.io.Closeable;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.starcast.internal.logging.LogMessage;

/** Undertow, of WildFly: one write waits for a client, and the send buffer has a setting. */
final class UndertowConnection extends ContainerConnection {

  /**
   * None to speak of. What does not fit is written from the array that holds it, and the listener
   * is told when the rest has left. What fits may stay in the buffer, with nobody told; and a
   * response keeps its buffer, outside the heap, as long as it is open.
   */
  private static final int BUFFER_BYTES = 1;

  private final Object exchange;
  private final Closeable connection;
  private final Executor ioThread;

  private UndertowConnection(Object exchange) throws ReflectiveOperationException {
    this.exchange = exchange;
    this.connection = (Closeable) Reflection.call(exchange, "getConnection");
    this.ioThread = (Executor) Reflection.call(exchange, "getIoThread");
  }

  static Optional<ContainerConnection> of(Object request) throws ReflectiveOperationException {
    return Reflection.has(request, "getExchange")
        ? Optional.of(new UndertowConnection(Reflection.call(request, "getExchange")))
        : Optional.empty();
  }

  @Override
  int bufferBytes() {
    return BUFFER_BYTES;
  }

  @Override
  boolean copiesPending() {
    return true;
  }

  /** Behind the task by which the container itself ends the response. */
  @Override
  void terminate() {
    ioThread.execute(
        () -> {
          try {
            abortOnClose();
            connection.close();
          } catch (IOException | ReflectiveOperationException | RuntimeException e) {
            warn(LogMessage.CONNECTION_KEPT, e);
          }
        });
  }

  /** What the kernel holds goes, too; but a connection of HTTP/2 is not the stream's alone. */
  private void abortOnClose() throws ReflectiveOperationException {
    if (connection.getClass().getSimpleName().equals("HttpServerConnection")) {
      try {
        xnio("org.xnio.channels.Configurable")
            .getMethod("setOption", xnio("org.xnio.Option"), Object.class)
            .invoke(connection, option("CLOSE_ABORT"), true);
      } catch (InvocationTargetException e) {
        // one that is closed already has no options, and holds nothing
        if (!(e.getCause() instanceof IOException)) {
          throw e;
        }
      }
    }
  }

  /** Counted from one write to the next, whether there is something to write or not. */
  @Override
  int writeTimeoutMillis() throws ReflectiveOperationException {
    Object timeout =
        xnio("org.xnio.channels.Configurable")
            .getMethod("getOption", xnio("org.xnio.Option"))
            .invoke(connection, option("WRITE_TIMEOUT"));
    return timeout instanceof Integer millis ? millis : 0;
  }

  private Object option(String name) throws ReflectiveOperationException {
    return xnio("org.xnio.Options").getField(name).get(null);
  }

  private Class<?> xnio(String name) throws ClassNotFoundException {
    return Class.forName(name, false, connection.getClass().getClassLoader());
  }

  @Override
  long bytes() throws ReflectiveOperationException {
    return (long) Reflection.call(exchange, "getResponseBytesSent");
  }
}
