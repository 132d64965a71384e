package org.starcast.internal.writer;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NetworkChannel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.starcast.internal.logging.LogMessage;

/**
 * The connection of one response, in the container's own terms, which the Servlet API has no word
 * for: by reflection, as none of the containers need be there. There is a class for each container,
 * which recognises its own by what the request can do. Where that fails, streams work all the same,
 * with less to protect the server. It is looked up once, on the request's thread, while the
 * response is open: the container clears the way to it when the response ends. What it is asked
 * then may come from any thread.
 */
abstract class ContainerConnection {

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.engine");

  /** Bytes of one connection that may wait in the container before it is no longer ready. */
  static final int MAX_PENDING_BYTES = 32 << 10;

  /** What is asked for of the kernel's send buffer; Linux takes it twice, for its own needs. */
  static final int MAX_KERNEL_BYTES = 64 << 10;

  private static final List<Probe> CONTAINERS =
      List.of(
          GrizzlyConnection::of,
          UndertowConnection::of,
          LibertyConnection::of,
          TomcatConnection::of,
          JettyConnection::of);

  /** That which found one last: there is one container, and to ask another costs an exception. */
  private static volatile Probe found = request -> Optional.empty();

  /** The warnings that have been logged, each of which is enough once. */
  private static final Set<String> WARNED = ConcurrentHashMap.newKeySet();

  private static final int MAX_WARNED = 100;

  /** Finds the connection behind a container's own request; empty for another container's. */
  @FunctionalInterface
  private interface Probe {
    Optional<ContainerConnection> of(Object request) throws ReflectiveOperationException;
  }

  /** Of a container that is not known: nothing is asked of it. */
  private static final class Unknown extends ContainerConnection {}

  /** Finds the connection behind a request, by the container that takes it for its own. */
  static ContainerConnection of(ServletRequest wrapped) {
    ServletRequest request = wrapped;
    while (request instanceof ServletRequestWrapper wrapper) {
      request = wrapper.getRequest();
    }
    try {
      Optional<ContainerConnection> likely = found.of(request);
      if (likely.isPresent()) {
        return likely.get();
      }
      for (Probe container : CONTAINERS) {
        Optional<ContainerConnection> connection = container.of(request);
        if (connection.isPresent()) {
          found = container;
          return connection.get();
        }
      }
      LogMessage.CONTAINER_UNKNOWN.log(LOG, request.getClass().getName());
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.CONNECTION_UNKNOWN, e);
    }
    return new Unknown();
  }

  /** How large the buffer of a response is to be; 0 for as large as the container has it. */
  int bufferBytes() {
    return 0;
  }

  /**
   * Bounds what waits in the container, and in the kernel, for a client that takes nothing, and
   * leaves it to the engine how long that may last.
   */
  void boundPending() {
    // not known, or bounded by the container itself
  }

  /** The socket's channel; null where it is not the response's alone, or not known. */
  NetworkChannel channel() throws ReflectiveOperationException {
    return null;
  }

  /** Sets an option of the socket, where there is one that is open. */
  final <T> void setOption(SocketOption<T> option, T value)
      throws IOException, ReflectiveOperationException {
    NetworkChannel channel = channel();
    if (channel != null) {
      try {
        channel.setOption(option, value);
      } catch (ClosedChannelException e) {
        // the client has closed it
      }
    }
  }

  /** The timeout of the asynchronous request, in milliseconds; 0 for none. */
  long asyncTimeoutMillis() {
    return 0;
  }

  /**
   * Gives back what {@link #boundPending} has changed and another response on this connection would
   * miss. Called before the response ends, and when the container has ended it, so more than once.
   */
  void release() {
    // nothing was changed that matters
  }

  /**
   * Warns if the container ends what is quiet for as long as a stream may be.
   *
   * @param heartbeat after which something is written; zero for never
   */
  final void checkTimeout(Duration heartbeat) {
    try {
      int millis = writeTimeoutMillis();
      if (millis > 0 && (heartbeat.isZero() || millis < heartbeat.toMillis() * 5 / 4)) {
        warn(LogMessage.WRITE_TIMEOUT, String.valueOf(millis), heartbeat);
      }
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      LogMessage.WRITE_TIMEOUT_UNKNOWN.log(LOG, e);
    }
  }

  /** 0 for none, or where the container does not say. */
  int writeTimeoutMillis() throws IOException, ReflectiveOperationException {
    return 0;
  }

  /**
   * Drops the connection, with all that waits for it: the Servlet API can only end the response,
   * which leaves both until the client takes the bytes. Never throws.
   */
  final void drop() {
    try {
      terminate();
    } catch (IOException | ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.CONNECTION_KEPT, e);
    }
  }

  void terminate() throws IOException, ReflectiveOperationException {
    // not known
  }

  /**
   * A number that changes when bytes leave for the client, as long as nothing is written; 0 always
   * where the container does not say.
   */
  final long transfer() {
    try {
      return bytes();
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.TRANSFER_UNKNOWN, e);
      return 0;
    }
  }

  long bytes() throws ReflectiveOperationException {
    return 0;
  }

  /**
   * Whether the connection takes something; where the Servlet API's own answer is not enough.
   *
   * @param again runs once it takes something again, or has failed, if it does not now
   * @throws IOException if the client has given the response up
   */
  boolean canWrite(Runnable again) throws IOException {
    return true;
  }

  /**
   * Whether the container copies what it cannot send at once. Jetty sends it from the array that it
   * was given, and the Servlet API promises nothing.
   */
  boolean copiesPending() {
    return false;
  }

  /** Whether writes block, although in non-blocking mode. */
  boolean blocks() {
    return false;
  }

  /** The most bytes that one write may have, so that it does not block. */
  int maxWrite() throws IOException {
    return Integer.MAX_VALUE;
  }

  /** Has the container send what was written, without blocking. */
  void flush(ServletOutputStream out) throws IOException {
    out.flush();
  }

  /**
   * Gives the response up; never throws.
   *
   * @param complete ends it by the Servlet API
   */
  void abort(Runnable complete) {
    complete.run();
    drop();
  }

  /** Logs a warning once for each message, then for those who look closely. */
  static void warn(LogMessage message, Object... values) {
    boolean first = WARNED.size() < MAX_WARNED && WARNED.add(message.format(values));
    message.log(LOG, first ? message.level() : System.Logger.Level.DEBUG, null, values);
  }
}
