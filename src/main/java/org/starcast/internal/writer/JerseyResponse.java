package org.starcast.internal.writer;

import jakarta.ws.rs.sse.SseEventSink;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.BooleanSupplier;

/**
 * Jersey's own view of the response, on the request's thread. By reflection, because Jersey need
 * not be there.
 */
final class JerseyResponse {

  private static final String UNKNOWN = "this Jersey is not known; try starcast.writer=portable";

  /** Whose part the request is. */
  private enum Stage {
    /** Jersey's, and it ends the response where it may. */
    OPEN,
    /** Jersey is ending its part, with the response left alone. */
    CLOSING,
    /** No more Jersey's: it never ends the response. */
    GONE
  }

  private final SseEventSink sink;
  private final Object request;

  /** What Jersey ends a response by. */
  private final Object writer;

  private final Object stream;
  private final BooleanSupplier mayEnd;
  private volatile Stage stage = Stage.OPEN;

  private JerseyResponse(SseEventSink sink, BooleanSupplier mayEnd)
      throws ReflectiveOperationException {
    this.sink = sink;
    this.mayEnd = mayEnd;
    Object response = Reflection.get(sink, "responseContext");
    stream = Reflection.call(response, "getEntityStream");
    response
        .getClass()
        .getMethod("setEntityStream", OutputStream.class)
        .invoke(response, OutputStream.nullOutputStream());
    closeOutput(Reflection.get(response, "messageContext"));
    request = Reflection.get(sink, "requestContext");
    Method getWriter = request.getClass().getMethod("getResponseWriter");
    writer = getWriter.invoke(request);
    Class<?> type = getWriter.getReturnType();
    Object before =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> call(method, args));
    request.getClass().getMethod("setWriter", type).invoke(request, before);
  }

  /**
   * Has Jersey write the response's head, through all filters of the application, and nothing
   * behind it but what interceptors of the application write by themselves. Then cuts its way to
   * the response: what it writes from now on, at the end of its sink or after the resource method
   * has failed, goes nowhere.
   *
   * @param mayEnd whether Jersey may end the response now; asked also when the method has failed
   * @throws IOException if the response cannot be opened
   * @throws IllegalStateException if the runtime is not the Jersey that this knows
   */
  static JerseyResponse open(SseEventSink sink, BooleanSupplier mayEnd) throws IOException {
    // a sink with nothing to send writes the head alone
    ((Flushable) sink).flush();
    try {
      return new JerseyResponse(sink, mayEnd);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException(UNKNOWN, e);
    }
  }

  /** Where Jersey would have written to. */
  Object stream() {
    return stream;
  }

  /** Comes before what writes and ends a response. */
  private Object call(Method method, Object[] args) throws Throwable {
    switch (method.getName()) {
      case "writeResponseStatusAndHeaders" -> {
        return OutputStream.nullOutputStream();
      }
      case "commit" -> {
        if (!mayCommit()) {
          return null;
        }
      }
      case "failure" -> mayEnd.getAsBoolean();
      default -> {
        // as it is
      }
    }
    try {
      return method.invoke(writer, args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private boolean mayCommit() {
    boolean may = stage != Stage.CLOSING && mayEnd.getAsBoolean();
    return may && stage == Stage.OPEN;
  }

  /**
   * Has Jersey end its part of the request, while the response goes on: its sink is closed from now
   * on, and nothing holds on to what Jersey keeps for a request, which is many times what a client
   * takes. To be called once all is written that Jersey is to write. Whether Jersey may end the
   * response is asked as before if the method fails after this.
   *
   * @return ends the request as Jersey would have, at last
   * @throws IllegalStateException if the runtime is not the Jersey that this knows
   */
  Runnable letGo() {
    try {
      stage = Stage.CLOSING;
      // the application's, not the request's; without them what the method throws is not answered
      Method getWorkers = request.getClass().getMethod("getWorkers");
      Object workers = getWorkers.invoke(request);
      sink.close();
      request
          .getClass()
          .getMethod("setWorkers", getWorkers.getReturnType())
          .invoke(request, workers);
      // so that to close it once more does nothing: it would end the scope of the request
      Reflection.set(sink, "requestScopeContext", null);
      stage = Stage.GONE;
      // it has a listener of its own, and would complete the request once more
      Object delegate = Reflection.get(writer, "asyncExt");
      return () -> complete(delegate);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException(UNKNOWN, e);
    }
  }

  private static void complete(Object delegate) {
    try {
      Reflection.callHidden(delegate, "complete");
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The stream to the container, which Jersey would flush when its sink is closed: by then the
   * container may use the response for another request.
   */
  private static void closeOutput(Object message) throws ReflectiveOperationException {
    try {
      ((OutputStream) Reflection.get(message, "committingOutputStream")).close();
    } catch (IOException e) {
      // the client is gone, which is seen when the head is flushed
    }
  }
}
