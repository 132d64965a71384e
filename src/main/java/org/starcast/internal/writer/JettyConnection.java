package org.starcast.internal.writer;

import java.nio.channels.NetworkChannel;
import java.util.Optional;

/**
 * Jetty 12, of Jakarta EE 10 and 11. A response that ends with bytes pending has its connection
 * closed, or its stream of HTTP/2 reset, by Jetty itself. Its timeout is the connector's {@code
 * idleTimeout}, 30 s by default.
 */
final class JettyConnection extends TimedConnection {

  private final Object endPoint;
  private final Object metaData;

  /** Of HTTP/2; else null. */
  private final Object stream;

  private JettyConnection(Object metaData, Object endPoint, Object stream)
      throws ReflectiveOperationException {
    super((long) Reflection.call(stream == null ? endPoint : stream, "getIdleTimeout"));
    this.metaData = metaData;
    this.endPoint = endPoint;
    this.stream = stream;
  }

  static Optional<ContainerConnection> of(Object request) throws ReflectiveOperationException {
    if (!Reflection.has(request, "getServletRequestInfo")) {
      return Optional.empty();
    }
    Object core = Reflection.call(request, "getRequest");
    Object metaData = Reflection.call(core, "getConnectionMetaData");
    boolean shared = Reflection.call(metaData, "getHttpVersion").toString().equals("HTTP/2.0");
    return Optional.of(
        new JettyConnection(
            metaData, Reflection.call(metaData, "getEndPoint"), shared ? stream(core) : null));
  }

  private static Object stream(Object core) throws ReflectiveOperationException {
    Object request = core;
    while (Reflection.has(request, "getWrapped")) {
      request = Reflection.call(request, "getWrapped");
    }
    Object stream = Reflection.callHidden(request, "getHttpStream");
    while (Reflection.has(stream, "getWrapped")) {
      stream = Reflection.call(stream, "getWrapped");
    }
    return Reflection.get(stream, "_stream");
  }

  @Override
  void setTimeout(long millis) throws ReflectiveOperationException {
    Object timed = stream == null ? endPoint : stream;
    timed.getClass().getMethod("setIdleTimeout", long.class).invoke(timed, millis);
  }

  @Override
  long never() {
    return 0;
  }

  /** Behind TLS, too. */
  @Override
  NetworkChannel channel() throws ReflectiveOperationException {
    Object transport = stream == null ? endPoint : null;
    while (transport != null && Reflection.has(transport, "getTransport")) {
      transport = Reflection.call(transport, "getTransport");
    }
    return transport instanceof NetworkChannel socket ? socket : null;
  }

  /** What has left, or of HTTP/2 what the client's flow control still lets through. */
  @Override
  long bytes() throws ReflectiveOperationException {
    return stream == null
        ? (long) Reflection.call(metaData, "getBytesOut")
        : (int) Reflection.call(stream, "getSendWindow");
  }
}
