package org.starcast.internal.writer;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.NetworkChannel;
import java.util.Optional;
import org.starcast.internal.logging.LogMessage;

/** Grizzly, of Payara and GlassFish: a connection that is one response's at a time. */
class GrizzlyConnection extends ContainerConnection {

  /** Grizzly's own least. */
  private static final int MIN_BUFFER_BYTES = 512;

  final Object connection;

  GrizzlyConnection(Object connection) {
    this.connection = connection;
  }

  static Optional<ContainerConnection> of(Object request) throws ReflectiveOperationException {
    if (!Reflection.has(request, "getUnwrappedCoyoteRequest")) {
      return Optional.empty();
    }
    Object catalina = Reflection.call(request, "getUnwrappedCoyoteRequest");
    // of GlassFish, or of Payara
    boolean named = Reflection.has(catalina, "getGrizzlyRequest");
    Object grizzly = Reflection.call(catalina, named ? "getGrizzlyRequest" : "getCoyoteRequest");
    Object connection = Reflection.call(Reflection.call(grizzly, "getContext"), "getConnection");
    Object state = Reflection.call(Reflection.call(grizzly, "getRequest"), "getProcessingState");
    Object stream = Reflection.call(Reflection.call(state, "getHttpContext"), "getCloseable");
    shrinkBuffer(Reflection.call(grizzly, "getResponse"));
    return Optional.of(
        stream == connection
            ? new GrizzlyConnection(connection)
            : new GrizzlyHttp2Connection(connection, stream));
  }

  /**
   * Grizzly allocates a buffer for each write, of 8 KiB unless it is told otherwise, and passes on
   * as it is what does not fit into one. The Servlet API can only make it larger.
   */
  private static void shrinkBuffer(Object response) {
    try {
      response.getClass().getMethod("setBufferSize", int.class).invoke(response, MIN_BUFFER_BYTES);
    } catch (ReflectiveOperationException e) {
      // a filter has written already: it is only slower
    }
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
      setOption(StandardSocketOptions.SO_SNDBUF, MAX_KERNEL_BYTES);
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.SEND_BUFFER_UNBOUNDED, e);
    }
  }

  @Override
  NetworkChannel channel() throws ReflectiveOperationException {
    return Reflection.call(connection, "getChannel") instanceof NetworkChannel socket
        ? socket
        : null;
  }

  @Override
  boolean copiesPending() {
    return true;
  }

  @Override
  void terminate() throws IOException, ReflectiveOperationException {
    // what the kernel holds goes, too
    setOption(StandardSocketOptions.SO_LINGER, 0);
    Reflection.call(connection, "terminateSilently");
  }

  /** What still waits in the container. */
  @Override
  long bytes() throws ReflectiveOperationException {
    return (int) Reflection.call(Reflection.call(connection, "getAsyncWriteQueue"), "spaceInBytes");
  }
}
