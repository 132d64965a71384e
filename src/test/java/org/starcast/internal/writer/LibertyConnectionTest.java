package org.starcast.internal.writer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of Liberty's objects, with others of the same shape in their place. */
public class LibertyConnectionTest {

  /** As Liberty's request. */
  public interface LibertyRequest extends HttpServletRequest {
    Object getIRequest();
  }

  /** As the objects between the request and its stream, all in one. */
  public static final class Way {
    private final Object body;

    Way(Object body) {
      this.body = body;
    }

    public Object getHttpInboundConnection() {
      return this;
    }

    public Object getResponse() {
      return this;
    }

    public Object getBody() {
      return body;
    }
  }

  /** As the exchange, its TCP connection and what is written there, all in one. */
  public static class Exchange {
    private final Socket socket;
    private final List<String> steps;
    private long done;

    Exchange(Socket socket, List<String> steps) {
      this.socket = socket;
      this.steps = steps;
    }

    public Object getTSC() {
      return this;
    }

    public Object getWriteInterface() {
      return this;
    }

    public Socket getSocket() {
      return socket;
    }

    public long getIODoneAmount() {
      return done;
    }

    public void abort() {
      steps.add("abort");
    }
  }

  /** As that of HTTP/2, which is known by its name. */
  public static final class H2Exchange extends Exchange {
    H2Exchange(Socket socket, List<String> steps) {
      super(socket, steps);
    }
  }

  /** Of which the stream's class is a subclass, as in Liberty. */
  public static class Base extends LibertyStream {
    protected final Object isc;

    Base(Object isc, ByteArrayOutputStream client) {
      super(100, client);
      this.isc = isc;
    }

    public long getBytesWritten() {
      return 1000;
    }
  }

  /** As the stream. */
  public static final class Stream extends Base {
    private boolean held;

    Stream(Object isc, ByteArrayOutputStream client) {
      super(isc, client);
    }

    @SuppressWarnings("unused")
    private void flushAsyncBuffers() throws IOException {
      held = Thread.holdsLock(this);
      flushNow();
    }
  }

  private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
  private final List<String> steps = new ArrayList<>();
  private ServerSocket server;
  private Socket client;
  private Socket socket;
  private Exchange exchange;
  private Stream stream;
  private ContainerConnection connection;

  @BeforeEach
  void connect() throws IOException {
    server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    client = new Socket(server.getInetAddress(), server.getLocalPort());
    socket = server.accept();
    exchange = new Exchange(socket, steps);
    stream = new Stream(exchange, sent);
    connection = ContainerConnection.of(request());
  }

  private HttpServletRequest request() {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {LibertyRequest.class},
            (proxy, method, args) -> new Way(stream));
  }

  @AfterEach
  void close() throws IOException {
    socket.close();
    client.close();
    server.close();
  }

  @Test
  void writesByTheFlushThatDoesNotBlockAndHoldsTheStreamMeanwhile() throws IOException {
    stream.room(10_000);

    new NonBlockingStream(stream, connection, () -> {}).write(new byte[500], 0, 500);

    assertThat(sent.size()).isEqualTo(500);
    assertThat(stream.held).isTrue();
  }

  @Test
  void aBrokenConnectionIsAnIoException() {
    stream.fail();

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> connection.flush(stream))
        .withMessage("broken");
  }

  @Test
  void boundsWhatTheKernelHolds() throws IOException {
    int before = socket.getSendBufferSize();

    connection.boundPending();

    // Linux takes it twice
    assertThat(socket.getSendBufferSize())
        .isBetween(ContainerConnection.MAX_KERNEL_BYTES, 2 * ContainerConnection.MAX_KERNEL_BYTES)
        .isNotEqualTo(before);
  }

  @Test
  void dropsTheConnectionBeforeTheResponseIsEndedWhichWouldBlock() throws IOException {
    connection.abort(() -> steps.add("complete"));

    assertThat(steps).containsExactly("abort", "complete");
    assertThat(socket.getSoLinger()).isZero();
  }

  @Test
  void dropsAConnectionThatIsClosedAlready() throws IOException {
    socket.close();

    connection.abort(() -> steps.add("complete"));

    assertThat(steps).containsExactly("abort", "complete");
  }

  @Test
  void knowsHowMuchHasLeft() {
    assertThat(connection.transfer()).isEqualTo(1000);

    exchange.done = 17;

    assertThat(connection.transfer()).isEqualTo(1017);
  }

  @Test
  void aStreamOfHttp2BlocksAndLeavesTheConnectionToTheOthers() throws IOException {
    stream = new Stream(new H2Exchange(socket, steps), sent);
    int before = socket.getSendBufferSize();
    ContainerConnection http2 = ContainerConnection.of(request());

    http2.boundPending();
    http2.abort(() -> steps.add("complete"));

    assertThat(http2.blocks()).isTrue();
    assertThat(connection.blocks()).isFalse();
    assertThat(socket.getSendBufferSize()).isEqualTo(before);
    assertThat(steps).containsExactly("complete");
  }
}
