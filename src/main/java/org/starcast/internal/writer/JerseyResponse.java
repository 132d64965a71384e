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

  private JerseyResponse() {}

  /**
   * Has Jersey write the response's head, through all filters of the application, and nothing
   * behind it but what interceptors of the application write by themselves. Then cuts its way to
   * the response: what it writes from now on, at the end of its sink or after the resource method
   * has failed, goes nowhere.
   *
   * @param mayEnd whether Jersey may end the response now; asked also when the method has failed
   * @return where Jersey would have written to
   * @throws IOException if the response cannot be opened
   * @throws IllegalStateException if the runtime is not the Jersey that this knows
   */
  static Object open(SseEventSink sink, BooleanSupplier mayEnd) throws IOException {
    // a sink with nothing to send writes the head alone
    ((Flushable) sink).flush();
    try {
      Object response = get(sink, "responseContext");
      Object stream = response.getClass().getMethod("getEntityStream").invoke(response);
      response
          .getClass()
          .getMethod("setEntityStream", OutputStream.class)
          .invoke(response, OutputStream.nullOutputStream());
      closeOutput(get(response, "messageContext"));
      replaceWriter(get(sink, "requestContext"), mayEnd);
      return stream;
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException(UNKNOWN, e);
    }
  }

  /**
   * Has Jersey end its part of the request, while the response goes on: its sink is closed from now
   * on, and nothing holds on to what Jersey keeps for a request, which is many times what a client
   * takes. To be called once all is written that Jersey is to write.
   *
   * @param mayEnd as for {@link #open}; asked if the method fails after this
   * @throws IllegalStateException if the runtime is not the Jersey that this knows
   */
  static void letGo(SseEventSink sink, BooleanSupplier mayEnd) {
    try {
      Object request = get(sink, "requestContext");
      AtomicBoolean gone = new AtomicBoolean();
      wrapWriter(
          request,
          (writer, method, args) -> {
            if (!method.getName().equals("commit")) {
              return invoke(writer, method, args);
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
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException(UNKNOWN, e);
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

  private static void replaceWriter(Object request, BooleanSupplier mayEnd)
      throws ReflectiveOperationException {
    wrapWriter(
        request,
        (writer, method, args) -> {
          String name = method.getName();
          if (name.equals("writeResponseStatusAndHeaders")) {
            return OutputStream.nullOutputStream();
          }
          boolean commits = name.equals("commit");
          if ((commits || name.equals("failure")) && !mayEnd.getAsBoolean() && commits) {
            return null;
          }
          return invoke(writer, method, args);
        });
  }

  /**
   * Puts a handler before what Jersey calls to write and to end a response.
   *
   * @param handler gets, in place of the proxy, what is behind it
   */
  private static void wrapWriter(Object request, InvocationHandler handler)
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
