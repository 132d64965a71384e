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
import java.util.function.BooleanSupplier;

/**
 * Jersey's own view of the response, on the request's thread. By reflection, because Jersey need
 * not be there.
 */
final class JerseyResponse {

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
      throw new IllegalStateException("this Jersey is not known; try starcast.writer=portable", e);
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
    Method getWriter = request.getClass().getMethod("getResponseWriter");
    Class<?> type = getWriter.getReturnType();
    Object writer = getWriter.invoke(request);
    InvocationHandler handler =
        (proxy, method, args) -> {
          String name = method.getName();
          if (name.equals("writeResponseStatusAndHeaders")) {
            return OutputStream.nullOutputStream();
          }
          boolean commits = name.equals("commit");
          if ((commits || name.equals("failure")) && !mayEnd.getAsBoolean() && commits) {
            return null;
          }
          try {
            return method.invoke(writer, args);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    request
        .getClass()
        .getMethod("setWriter", type)
        .invoke(
            request, Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static Object get(Object target, String name) throws ReflectiveOperationException {
    Class<?> type = target.getClass();
    if (target instanceof SseEventSink) {
      // a subclass of ChunkedOutput
      type = type.getSuperclass();
    }
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field.get(target);
  }
}
