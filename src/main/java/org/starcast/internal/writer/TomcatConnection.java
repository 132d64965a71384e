package org.starcast.internal.writer;

import java.io.IOException;
import java.nio.channels.NetworkChannel;
import java.time.Duration;
import java.util.Optional;

/**
 * Tomcat, 10.1 and 11, over HTTP/1.1. Its timeout for a write is the connector's {@code
 * connectionTimeout}, 20 s by default.
 */
final class TomcatConnection extends TimedConnection {

  static final Duration NO_END = Duration.ofDays(3650);

  private final Object socketWrapper;

  private TomcatConnection(Object socketWrapper) throws ReflectiveOperationException {
    super((long) Reflection.call(socketWrapper, "getWriteTimeout"));
    this.socketWrapper = socketWrapper;
  }

  static Optional<ContainerConnection> of(Object request) throws ReflectiveOperationException {
    Optional<Object> catalina = Reflection.find(request, "request");
    if (catalina.isEmpty() || !Reflection.has(catalina.get(), "getCoyoteRequest")) {
      return Optional.empty();
    }
    Object coyote = Reflection.call(catalina.get(), "getCoyoteRequest");
    Object processor = Reflection.get(coyote, "hook");
    Optional<Object> stream = Reflection.find(processor, "stream");
    return Optional.of(
        stream.isPresent()
            ? new TomcatHttp2Connection(processor, stream.get())
            : new TomcatConnection(Reflection.get(processor, "socketWrapper")));
  }

  @Override
  void setTimeout(long millis) throws ReflectiveOperationException {
    call("setWriteTimeout", long.class, millis);
  }

  /**
   * Tomcat ends requests without a timeout as soon as their application is stopping, at a check
   * each second, which may come before the application is told, and says goodbye.
   */
  @Override
  long asyncTimeoutMillis() {
    return NO_END.toMillis();
  }

  @Override
  long never() {
    return -1;
  }

  @Override
  boolean copiesPending() {
    return true;
  }

  private void call(String method, Class<?> type, Object value)
      throws ReflectiveOperationException {
    socketWrapper.getClass().getMethod(method, type).invoke(socketWrapper, value);
  }

  @Override
  NetworkChannel channel() throws ReflectiveOperationException {
    Object channel = Reflection.call(socketWrapper, "getSocket");
    return Reflection.call(channel, "getIOChannel") instanceof NetworkChannel socket
        ? socket
        : null;
  }

  /** As Tomcat itself does after a write timeout: one of its threads ends all, and closes. */
  @Override
  void terminate() throws ReflectiveOperationException {
    call("setError", IOException.class, new IOException("dropped, as the client takes nothing"));
    Class<?> event =
        Class.forName(
            "org.apache.tomcat.util.net.SocketEvent",
            false,
            socketWrapper.getClass().getClassLoader());
    socketWrapper
        .getClass()
        .getMethod("processSocket", event, boolean.class)
        .invoke(socketWrapper, event.getField("ERROR").get(null), true);
  }

  /** When the kernel last took something of what waits. */
  @Override
  long bytes() throws ReflectiveOperationException {
    return (long) Reflection.call(socketWrapper, "getLastWrite");
  }
}
