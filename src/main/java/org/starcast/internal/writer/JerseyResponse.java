package org.starcast.internal.writer;

import jakarta.ws.rs.sse.SseEventSink;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Jersey's own view of the response, on the request's thread. By reflection, because Jersey need
 * not be there.
 */
final class JerseyResponse {

  private static final String UNKNOWN = "this Jersey is not known; try starcast.writer=portable";

  private final SseEventSink sink;
  private final Object request;

  /** What Jersey ends a response by. */
  private final Object writer;

  private final Object stream;
  private final BooleanSupplier mayEnd;

  private JerseyResponse(SseEventSink sink, BooleanSupplier mayEnd)
      throws ReflectiveOperationException {
    this.sink = sink;
    this.mayEnd = mayEnd;
    Object response = get(sink, "responseContext");
    stream = response.getClass().getMethod("getEntityStream").invoke(response);
    response
        .getClass()
        .getMethod("setEntityStream", OutputStream.class)
        .invoke(response, OutputStream.nullOutputStream());
    closeOutput(get(response, "messageContext"));
    request = get(sink, "requestContext");
    writer = wrapWriter(request, this::write);
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

  /** Instead of what ends a response. */
  private Object write(Object wrapped, Method method, Object[] args) throws Throwable {
    String name = method.getName();
    if (name.equals("writeResponseStatusAndHeaders")) {
      return OutputStream.nullOutputStream();
    }
    boolean commits = name.equals("commit");
    if ((commits || name.equals("failure")) && !mayEnd.getAsBoolean() && commits) {
      return null;
    }
    return invoke(wrapped, method, args);
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
      AtomicBoolean gone = new AtomicBoolean();
      wrapWriter(
          request,
          (wrapped, method, args) -> {
            if (!method.getName().equals("commit")) {
              return invoke(wrapped, method, args);
            }
            if (gone.get()) {
              mayEnd.getAsBoolean();
            }
            return null;
          });
      // the application's, not the request's; without them what the method throws is not answered
      Method getWorkers = request.getClass().getMethod("getWorkers");
      Object workers = getWorkers.invoke(request);
      sink.close();
      request
          .getClass()
          .getMethod("setWorkers", getWorkers.getReturnType())
          .invoke(request, workers);
      // so that to close it once more does nothing: it would end the scope of the request
      field(sink, "requestScopeContext").set(sink, null);
      gone.set(true);
      // it has a listener of its own, and would complete the request once more
      Field asynchronous = field(writer, "asyncExt");
      Object delegate = asynchronous.get(writer);
      Method complete = asynchronous.getType().getMethod("complete");
      return () -> complete(complete, delegate);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException(UNKNOWN, e);
    }
  }

  private static void complete(Method complete, Object delegate) {
    try {
      complete.invoke(delegate);
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
      ((OutputStream) get(message, "committingOutputStream")).close();
    } catch (IOException e) {
      // the client is gone, which is seen when the head is flushed
    }
  }

  /**
   * Puts a handler before what Jersey calls to write and to end a response.
   *
   * @param handler gets, in place of the proxy, what is behind it
   * @return what is behind it
   */
  private static Object wrapWriter(Object request, InvocationHandler handler)
      throws ReflectiveOperationException {
    Method getWriter = request.getClass().getMethod("getResponseWriter");
    Class<?> type = getWriter.getReturnType();
    Object writer = getWriter.invoke(request);
    Object wrapped =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> handler.invoke(writer, method, args));
    request.getClass().getMethod("setWriter", type).invoke(request, wrapped);
    return writer;
  }

  private static Object invoke(Object writer, Method method, Object[] args) throws Throwable {
    try {
      return method.invoke(writer, args);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static Object get(Object target, String name) throws ReflectiveOperationException {
    return field(target, name).get(target);
  }

  private static Field field(Object target, String name) throws ReflectiveOperationException {
    Class<?> type = target.getClass();
    if (target instanceof SseEventSink) {
      // a subclass of ChunkedOutput
      type = type.getSuperclass();
    }
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }
}
