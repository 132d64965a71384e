package org.starcast.delivery;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.Closeable;
import java.io.IOException;
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

  private static final AtomicBoolean WARNED = new AtomicBoolean();

  private ContainerConnection() {}

  /**
   * Bounds what waits in the container for a client that takes nothing. Grizzly takes four times
   * the socket's send buffer, about 10 MB with Linux's, before it says that it is not ready; others
   * take one buffer.
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
    } catch (ReflectiveOperationException | RuntimeException e) {
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
    return target.getClass().getMethod(method).invoke(target);
  }
}
