package org.starcast.delivery;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.Executor;

/**
 * Drops the connection of a client that takes nothing. The Servlet API can only end a response,
 * which leaves the connection and the bytes that wait in the container until the client takes them;
 * so the containers are asked in their own terms, by reflection, as none of them need be there.
 * Where that fails the response is ended all the same.
 */
final class ConnectionBreaker {

  private static final System.Logger LOG = System.getLogger("org.starcast.delivery");

  private ConnectionBreaker() {}

  /** Drops the connection, after the response has been ended. */
  static void breakConnection(AsyncContext context) {
    try {
      ServletRequest request = context.getRequest();
      while (request instanceof ServletRequestWrapper wrapper) {
        request = wrapper.getRequest();
      }
      String type = request.getClass().getName();
      if (type.startsWith("org.apache.catalina.")) {
        grizzly(request);
      } else if (type.startsWith("io.undertow.")) {
        undertow(request);
      }
    } catch (ReflectiveOperationException | RuntimeException e) {
      LOG.log(System.Logger.Level.DEBUG, "STARCAST-1007: a connection could not be dropped", e);
    }
  }

  /** Payara and GlassFish. */
  private static void grizzly(Object request) throws ReflectiveOperationException {
    Object catalina = call(request, "getUnwrappedCoyoteRequest");
    Object context = call(call(catalina, "getCoyoteRequest"), "getContext");
    call(call(context, "getConnection"), "terminateSilently");
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
