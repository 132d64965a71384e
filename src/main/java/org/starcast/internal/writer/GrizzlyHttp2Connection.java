package org.starcast.internal.writer;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.channels.NetworkChannel;

/**
 * A stream of HTTP/2 on Grizzly. It does not tell through the Servlet API that the client has reset
 * the stream, after which what is written vanishes, nor that the connection that its streams share
 * takes nothing, while the client's flow control would still let it.
 */
final class GrizzlyHttp2Connection extends GrizzlyConnection {

  private final Object stream;
  private final Object queue;
  private final Method isOpen;
  private final Method canWrite;
  private final Method notifyCanWrite;

  GrizzlyHttp2Connection(Object connection, Object stream) throws ReflectiveOperationException {
    super(connection);
    this.stream = stream;
    // what of the stream waits for the client's flow control; Grizzly shows it to nobody
    this.queue = Reflection.get(Reflection.callHidden(stream, "getOutputSink"), "outputQueue");
    this.isOpen = stream.getClass().getMethod("isOpen");
    this.canWrite = connection.getClass().getMethod("canWrite");
    Class<?> handler =
        Class.forName(
            "org.glassfish.grizzly.WriteHandler", false, connection.getClass().getClassLoader());
    this.notifyCanWrite = connection.getClass().getMethod("notifyCanWrite", handler);
  }

  /** The connection is not the stream's alone. */
  @Override
  NetworkChannel channel() {
    return null;
  }

  /** The connection stays, as other streams share it. */
  @Override
  void terminate() throws ReflectiveOperationException {
    Reflection.call(stream, "terminateSilently");
  }

  @Override
  long bytes() throws ReflectiveOperationException {
    return (int) Reflection.call(queue, "spaceInBytes");
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
