package org.starcast.internal.writer;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.Closeable;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.starcast.internal.logging.LogMessage;

/**
 * The connection of one response, in the container's own terms, which the Servlet API has no word
 * for: by reflection, as none of the containers need be there. Where that fails, streams work all
 * the same, with less to protect the server. It is looked up once, on the request's thread, while
 * the response is open: the container clears the way to it when the response ends. What it is asked
 * then may come from any thread.
 */
class ContainerConnection {

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.engine");

  /** Bytes of one connection that may wait in the container before it is no longer ready. */
  private static final int MAX_PENDING_BYTES = 32 << 10;

  /** What is asked for of the kernel's send buffer; Linux takes it twice, for its own needs. */
  private static final int MAX_KERNEL_BYTES = 64 << 10;

  /** The warnings that have been logged, each of which is enough once. */
  private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

  private static final int MAX_WARNED = 100;

  /** Of a container that is not known: nothing is asked of it. */
  private ContainerConnection() {}

  static ContainerConnection of(AsyncContext context) {
    ServletRequest request = context.getRequest();
    while (request instanceof ServletRequestWrapper wrapper) {
      request = wrapper.getRequest();
    }
    String type = request.getClass().getName();
    try {
      if (type.startsWith("org.apache.catalina.")) {
        Object coyote = call(call(request, "getUnwrappedCoyoteRequest"), "getCoyoteRequest");
        Object connection = call(call(coyote, "getContext"), "getConnection");
        Object http =
            call(call(call(coyote, "getRequest"), "getProcessingState"), "getHttpContext");
        Object stream = call(http, "getCloseable");
        return stream == connection ? new Grizzly(connection) : new Http2(connection, stream);
      } else if (type.startsWith("io.undertow.")) {
        return new Undertow(call(request, "getExchange"));
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.CONNECTION_UNKNOWN, e);
    }
    return new ContainerConnection();
  }

  /** Bounds what waits in the container, and in the kernel, for a client that takes nothing. */
  void boundPending() {
    // not known, or bounded by the container itself
  }

  /**
   * Warns if the container ends what is quiet for as long as a stream may be.
   *
   * @param heartbeat after which something is written; zero for never
   */
  final void checkTimeout(Duration heartbeat) {
    try {
      int millis = writeTimeoutMillis();
      if (millis > 0 && (heartbeat.isZero() || millis < heartbeat.toMillis() * 5 / 4)) {
        warn(LogMessage.WRITE_TIMEOUT, String.valueOf(millis), heartbeat);
      }
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      LogMessage.WRITE_TIMEOUT_UNKNOWN.log(LOG, e);
    }
  }

  /** 0 for none, or where the container does not say. */
  int writeTimeoutMillis() throws IOException, ReflectiveOperationException {
    return 0;
  }

  /**
   * Drops the connection, with all that waits for it: the Servlet API can only end the response,
   * which leaves both until the client takes the bytes. Never throws.
   */
  final void drop() {
    try {
      terminate();
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.CONNECTION_KEPT, e);
    }
  }

  void terminate() throws IOException, ReflectiveOperationException {
    // not known
  }

  /**
   * A number that changes when bytes leave for the client, as long as nothing is written; 0 always
   * where the container does not say.
   */
  final long transfer() {
    try {
      return bytes();
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.TRANSFER_UNKNOWN, e);
      return 0;
    }
  }

  long bytes() throws ReflectiveOperationException {
    return 0;
  }

  /**
   * Whether the connection takes something; where the Servlet API's own answer is not enough.
   *
   * @param again runs once it takes something again, or has failed, if it does not now
   * @throws IOException if the client has given the response up
   */
  boolean canWrite(Runnable again) throws IOException {
    return true;
  }

  /** Logs a warning once for each message, then for those who look closely. */
  static void warn(LogMessage message, Object... values) {
    boolean first = WARNED.size() < MAX_WARNED && WARNED.add(message.format(values));
    message.log(LOG, first ? message.level() : System.Logger.Level.DEBUG, null, values);
  }

  /** Payara and GlassFish. */
  private static class Grizzly extends ContainerConnection {
    final Object connection;

    Grizzly(Object connection) {
      this.connection = connection;
    }

    /**
     * Grizzly takes four times the socket's send buffer, about 10 MB with Linux's, before it says
     * that it is not ready, and has no setting for that buffer, which Linux lets grow to megabytes.
     */
    @Override
    void boundPending() {
      try {
        connection
            .getClass()
            .getMethod("setMaxAsyncWriteQueueSize", int.class)
            .invoke(connection, MAX_PENDING_BYTES);
        boundKernel();
      } catch (IOException | ReflectiveOperationException | RuntimeException e) {
        warn(LogMessage.SEND_BUFFER_UNBOUNDED, e);
      }
    }

    void boundKernel() throws IOException, ReflectiveOperationException {
      setOption(StandardSocketOptions.SO_SNDBUF, MAX_KERNEL_BYTES);
    }

    private <T> void setOption(SocketOption<T> option, T value)
        throws IOException, ReflectiveOperationException {
      if (call(connection, "getChannel") instanceof SocketChannel socket) {
        socket.setOption(option, value);
      }
    }

    @Override
    void terminate() throws IOException, ReflectiveOperationException {
      try {
        // what the kernel holds goes, too
        setOption(StandardSocketOptions.SO_LINGER, 0);
      } catch (ClosedChannelException e) {
        // the client has closed it
      }
      call(connection, "terminateSilently");
    }

    /** What still waits in the container. */
    @Override
    long bytes() throws ReflectiveOperationException {
      return (int) call(call(connection, "getAsyncWriteQueue"), "spaceInBytes");
    }
  }

  /**
   * A stream of HTTP/2 on Grizzly. It does not tell through the Servlet API that the client has
   * reset the stream, after which what is written vanishes, nor that the connection that its
   * streams share takes nothing, while the client's flow control would still let it.
   */
  private static final class Http2 extends Grizzly {
    private final Object stream;
    private final Object queue;
    private final Method isOpen;
    private final Method canWrite;
    private final Method notifyCanWrite;

    Http2(Object connection, Object stream) throws ReflectiveOperationException {
      super(connection);
      this.stream = stream;
      this.queue = queue(stream);
      this.isOpen = stream.getClass().getMethod("isOpen");
      this.canWrite = connection.getClass().getMethod("canWrite");
      Class<?> handler =
          Class.forName(
              "org.glassfish.grizzly.WriteHandler", false, connection.getClass().getClassLoader());
      this.notifyCanWrite = connection.getClass().getMethod("notifyCanWrite", handler);
    }

    /** What of the stream waits for the client's flow control; Grizzly shows it to nobody. */
    private static Object queue(Object stream) throws ReflectiveOperationException {
      Method sink = stream.getClass().getDeclaredMethod("getOutputSink");
      sink.setAccessible(true);
      Object output = sink.invoke(stream);
      Field queue = output.getClass().getDeclaredField("outputQueue");
      queue.setAccessible(true);
      return queue.get(output);
    }

    /** The connection is not the stream's alone. */
    @Override
    void boundKernel() {}

    /** The connection stays, as other streams share it. */
    @Override
    void terminate() throws ReflectiveOperationException {
      call(stream, "terminateSilently");
    }

    @Override
    long bytes() throws ReflectiveOperationException {
      return (int) call(queue, "spaceInBytes");
    }

    @Override
    boolean canWrite(Runnable again) throws IOException {
      if (!(boolean) invoke(isOpen, stream)) {
        throw new IOException("the client has reset the stream");
      }
      if ((boolean) invoke(canWrite, connection)) {
        return true;
      }
      whenItCanWrite(again);
      return false;
    }

    private void whenItCanWrite(Runnable action) throws IOException {
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

    private static Object invoke(Method method, Object target, Object... args) throws IOException {
      try {
        return method.invoke(target, args);
      } catch (ReflectiveOperationException e) {
        throw new IOException(e);
      }
    }
  }

  /** WildFly: one buffer waits for a client, and the send buffer has a setting. */
  private static final class Undertow extends ContainerConnection {
    private final Object exchange;
    private final Closeable connection;
    private final Executor ioThread;

    Undertow(Object exchange) throws ReflectiveOperationException {
      this.exchange = exchange;
      this.connection = (Closeable) call(exchange, "getConnection");
      this.ioThread = (Executor) call(exchange, "getIoThread");
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
      return (long) call(exchange, "getResponseBytesSent");
    }
  }

  private static Object call(Object target, String method) throws ReflectiveOperationException {
    Class<?> type = target.getClass();
    while (!Modifier.isPublic(type.getModifiers())) {
      type = type.getSuperclass();
    }
    return type.getMethod(method).invoke(target);
  }
}
