package org.starcast.delivery;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.Closeable;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the Servlet API has no word for, in the containers' own terms: by reflection, as none of
 * them need be there. Where that fails, streams work all the same, with less to protect the server.
 */
final class ContainerConnection {

  private static final System.Logger LOG = System.getLogger("org.starcast.delivery");

  /** Bytes of one connection that may wait in the container before it is no longer ready. */
  private static final int MAX_PENDING_BYTES = 32 << 10;

  /** What is asked for of the kernel's send buffer; Linux takes it twice, for its own needs. */
  private static final int MAX_KERNEL_BYTES = 64 << 10;

  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private ContainerConnection() {}

  /**
   * Bounds what waits in the container, and in the kernel, for a client that takes nothing. Grizzly
   * takes four times the socket's send buffer, about 10 MB with Linux's, before it says that it is
   * not ready, and has no setting for that buffer, which Linux lets grow to megabytes. Other
   * containers take one buffer, and have a setting.
   */
  static void boundPending(AsyncContext context) {
    Object request = request(context);
    if (!request.getClass().getName().startsWith("org.apache.catalina.")) {
      return;
    }
    try {
      Object connection = grizzlyConnection(request);
      connection
          .getClass()
          .getMethod("setMaxAsyncWriteQueueSize", int.class)
          .invoke(connection, MAX_PENDING_BYTES);
      // an HTTP/2 connection is not the stream's alone
      if (grizzlyStream(request) == connection
          && call(connection, "getChannel") instanceof SocketChannel socket) {
        socket.setOption(StandardSocketOptions.SO_SNDBUF, MAX_KERNEL_BYTES);
      }
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      if (WARNED.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "STARCAST-1009: what waits in the server for a client that takes nothing has no bound"
                + " but four times the socket''s send buffer; bound that by the JVM option"
                + " -Dorg.glassfish.grizzly.nio.transport.TCPNIOTransport.max-send-buffer-size=32768"
                + " ({0})",
            e.toString());
      }
    }
  }

  /**
   * Drops the connection, after the response has been ended: the Servlet API can only do the
   * latter, which leaves the connection and the bytes that wait until the client takes them.
   */
  static void breakConnection(AsyncContext context) {
    try {
      Object request = request(context);
      String type = request.getClass().getName();
      if (type.startsWith("org.apache.catalina.")) {
        call(grizzlyConnection(request), "terminateSilently");
      } else if (type.startsWith("io.undertow.")) {
        undertow(request);
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "STARCAST-1007: a connection could not be dropped", e);
    }
  }

  private static Object request(AsyncContext context) {
    ServletRequest request = context.getRequest();
    while (request instanceof ServletRequestWrapper wrapper) {
      request = wrapper.getRequest();
    }
    return request;
  }

  /** Payara and GlassFish. */
  private static Object grizzlyConnection(Object request) throws ReflectiveOperationException {
    Object catalina = call(request, "getUnwrappedCoyoteRequest");
    Object context = call(call(catalina, "getCoyoteRequest"), "getContext");
    return call(context, "getConnection");
  }

  /** The connection, or with HTTP/2 this response's own part of it. */
  private static Object grizzlyStream(Object request) throws ReflectiveOperationException {
    Object packet =
        call(call(call(request, "getUnwrappedCoyoteRequest"), "getCoyoteRequest"), "getRequest");
    return call(call(call(packet, "getProcessingState"), "getHttpContext"), "getCloseable");
  }

  /**
   * What Grizzly's HTTP/2 does not tell through the Servlet API: that the client has reset the
   * stream, after which what is written vanishes, and that the connection that its streams share
   * takes nothing, while the client's flow control would still let it.
   */
  static final class Http2Stream {
    private final Object stream;
    private final Object connection;
    private final Method isOpen;
    private final Method canWrite;
    private final Method notifyCanWrite;

    private Http2Stream(Object stream, Object connection) throws ReflectiveOperationException {
      this.stream = stream;
      this.connection = connection;
      this.isOpen = stream.getClass().getMethod("isOpen");
      this.canWrite = connection.getClass().getMethod("canWrite");
      Class<?> handler =
          Class.forName(
              "org.glassfish.grizzly.WriteHandler", false, connection.getClass().getClassLoader());
      this.notifyCanWrite = connection.getClass().getMethod("notifyCanWrite", handler);
    }

    boolean isOpen() throws IOException {
      return (boolean) invoke(isOpen, stream);
    }

    boolean canWrite() throws IOException {
      return (boolean) invoke(canWrite, connection);
    }

    /** Runs the action once the connection takes something again, or has failed. */
    void whenItCanWrite(Runnable action) throws IOException {
      Class<?> type = notifyCanWrite.getParameterTypes()[0];
      Object handler =
          Proxy.newProxyInstance(
              type.getClassLoader(),
              new Class<?>[] {type},
              (proxy, method, args) -> {
                if (method.getDeclaringClass() == Object.class) {
                  return switch (method.getName()) {
                    case "equals" -> proxy == args[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> "starcast";
                  };
                }
                action.run();
                return null;
              });
      invoke(notifyCanWrite, connection, handler);
    }

    /** Lets go of what waits for it; the connection stays, as other streams share it. */
    void terminate() {
      try {
        call(stream, "terminateSilently");
      } catch (ReflectiveOperationException | RuntimeException e) {
        LOG.log(System.Logger.Level.DEBUG, "STARCAST-1007: a stream could not be dropped", e);
      }
    }

    private static Object invoke(Method method, Object target, Object... args) throws IOException {
      try {
        return method.invoke(target, args);
      } catch (ReflectiveOperationException e) {
        throw new IOException(e);
      }
    }
  }

  /** The stream, if it is one of Grizzly's HTTP/2; else null. */
  static Http2Stream http2(AsyncContext context) {
    Object request = request(context);
    if (!request.getClass().getName().startsWith("org.apache.catalina.")) {
      return null;
    }
    try {
      Object stream = grizzlyStream(request);
      Object connection = grizzlyConnection(request);
      return stream == connection ? null : new Http2Stream(stream, connection);
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "STARCAST-1041: nothing is known of HTTP/2", e);
      return null;
    }
  }

  /** WildFly: behind the task by which the container itself ends the response. */
  private static void undertow(Object request) throws ReflectiveOperationException {
    Object exchange = call(request, "getExchange");
    Closeable connection = (Closeable) call(exchange, "getConnection");
    ((Executor) call(exchange, "getIoThread"))
        .execute(
            () -> {
              try {
                connection.close();
              } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "STARCAST-1007: {0}", e.toString());
              }
            });
  }

  private static Object call(Object target, String method) throws ReflectiveOperationException {
    Class<?> type = target.getClass();
    while (!Modifier.isPublic(type.getModifiers())) {
      type = type.getSuperclass();
    }
    return type.getMethod(method).invoke(target);
  }
}
