package org.starcast.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With the JDK's own HTTP server, whose streams the test writes. */
class SseTestClientTest {

  private static final Duration SHORT = Duration.ofMillis(50);

  private final BlockingQueue<HttpExchange> requests = new LinkedBlockingQueue<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private URI uri;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.setExecutor(threads);
    server.createContext("/stream", this::stream);
    server.createContext("/refused", exchange -> answer(exchange, 403, "not\nfor you"));
    server.createContext("/page", exchange -> answer(exchange, 200, "<html>"));
    server.createContext("/silent", requests::add);
    server.start();
    uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }

  @AfterEach
  void stop() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void stream(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "Text/Event-Stream;charset=UTF-8");
    exchange.getResponseHeaders().set("X-Stream", exchange.getRequestURI().getQuery());
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().flush();
    requests.add(exchange);
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/html");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  /** The next request, whose answer has begun. */
  private HttpExchange request() throws InterruptedException {
    return requests.poll(1, TimeUnit.MINUTES);
  }

  private static void write(HttpExchange exchange, String text) throws IOException {
    OutputStream body = exchange.getResponseBody();
    body.write(text.getBytes(StandardCharsets.UTF_8));
    body.flush();
  }

  private SseTestClient open(String... headers) {
    return SseTestClient.open(uri.resolve("stream?1"), headers).within(Duration.ofMinutes(1));
  }

  @Test
  void eventsComeInTheirOrderAndAsTheyAreAskedFor() throws Exception {
    try (SseTestClient client = open("X-Test", "yes")) {
      HttpExchange stream = request();
      assertThat(stream.getRequestHeaders().getFirst("Accept")).isEqualTo("text/event-stream");
      assertThat(stream.getRequestHeaders().getFirst("X-Test")).isEqualTo("yes");
      assertThat(stream.getRequestHeaders().getFirst("Last-Event-ID")).isNull();
      assertThat(client.headers().firstValue("X-Stream")).contains("1");

      write(stream, "retry: 1500\n\ndata: {\"n\":");
      write(stream, "1}\n\nevent: noise\ndata\n\nevent: b\ndata: 2\nid: 7\n\ndata: 3\n\n");

      assertThat(client.next()).isEqualTo(new ReceivedEvent("message", "{\"n\":1}", ""));
      assertThat(client.next("b")).isEqualTo(new ReceivedEvent("b", "2", "7"));
      assertThat(client.next(event -> event.data().equals("3")).lastEventId()).isEqualTo("7");
      assertThat(client.events()).extracting(ReceivedEvent::data).startsWith("{\"n\":1}", "");
      assertThat(client.events()).hasSize(4);
      assertThat(client.events().get(0).as(Numbered.class)).isEqualTo(new Numbered(1));
      assertThat(client.retry()).contains(Duration.ofMillis(1500));
      assertThat(client.lastEventId()).isEqualTo("7");
    }
  }

  /** What is read as JSON. */
  public record Numbered(int n) {}

  @Test
  void comesBackWithTheLastIdAndWithoutWhatCameAfterTheCut() throws Exception {
    try (SseTestClient client = open()) {
      HttpExchange first = request();
      write(first, "id: a\ndata: 1\n\ndata: 2\nid: b\n");
      assertThat(client.next().data()).isEqualTo("1");

      client.disconnect();
      assertThat(client.isOpen()).isFalse();
      client.reconnect();

      HttpExchange second = request();
      assertThat(second.getRequestHeaders().get("Last-Event-ID")).containsExactly("a");
      write(second, "data: 2\n\n");
      assertThat(client.next()).isEqualTo(new ReceivedEvent("message", "2", "a"));
      second.close();
      client.awaitEnd();

      client.reconnect();
      HttpExchange third = request();
      assertThat(third.getRequestHeaders().get("Last-Event-ID")).containsExactly("a");
      write(third, ":\nid: c\n\n");
      write(third, "data: 3\nid\n\n");
      assertThat(client.next()).isEqualTo(new ReceivedEvent("message", "3", ""));

      client.reconnect();
      assertThat(request().getRequestHeaders().get("Last-Event-ID")).isNull();
      assertThat(client.events()).hasSize(3);
    }
  }

  @Test
  void beginsWhereTheTestSays() throws Exception {
    try (SseTestClient client = open("Last-Event-ID", "x-1")) {
      assertThat(client.lastEventId()).isEqualTo("x-1");
      assertThat(request().getRequestHeaders().get("Last-Event-ID")).containsExactly("x-1");
      client.reconnect();
      assertThat(request().getRequestHeaders().get("Last-Event-ID")).containsExactly("x-1");
    }
  }

  /** The server's writes fail once the client has closed the connection. */
  @Test
  void aDisconnectIsSeenByTheServer() throws Exception {
    try (SseTestClient client = open()) {
      HttpExchange stream = request();
      client.disconnect();
      assertThatThrownBy(
              () -> {
                while (true) {
                  write(stream, ":\n\n");
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void heartbeatsAreComments() throws Exception {
    try (SseTestClient client = open()) {
      HttpExchange stream = request();
      Thread writer =
          new Thread(
              () -> {
                try {
                  while (true) {
                    write(stream, ":\nid: h\n\n");
                  }
                } catch (IOException closed) {
                  // the test has what it wanted
                }
              });
      writer.start();
      client.awaitHeartbeat();
      client.awaitHeartbeat();
      assertThat(client.lastEventId()).isEqualTo("h");
      assertThat(client.events()).isEmpty();
      client.disconnect();
      writer.join();
    }
  }

  @Test
  void aGapIsAnEventThatIsNotSkipped() throws Exception {
    try (SseTestClient client = open()) {
      HttpExchange stream = request();
      write(stream, "data: 1\n\nevent: starcast-gap\ndata: {}\n\ndata: 2\n\n");
      assertThat(client.next().isGap()).isFalse();
      assertThatThrownBy(() -> client.next("message"))
          .isInstanceOf(AssertionError.class)
          .hasMessage(
              "expected an event message, but events are missing; instead came:\n"
                  + "  starcast-gap {}");
      assertThat(client.next("message").data()).isEqualTo("2");

      write(stream, "data: 3\n\nevent: starcast-gap\ndata: {}\n\nevent: starcast-gap\ndata\n\n");
      assertThat(client.next(ReceivedEvent::isGap).data()).isEqualTo("{}");
      assertThat(client.next().isGap()).isTrue();
    }
  }

  @Test
  void aFailureShowsWhatCameInstead() throws Exception {
    try (SseTestClient client = open()) {
      HttpExchange stream = request();
      write(stream, "event: a\ndata: 1\nid: 7\n\nevent: b\ndata: 2\ndata: 3\n\n");
      assertThat(client.next("a").data()).isEqualTo("1");
      client.next();
      write(stream, "event: c\ndata: 4\n\n");
      client.next();
      client.within(SHORT);
      assertThatThrownBy(() -> client.next("d"))
          .isInstanceOf(AssertionError.class)
          .hasMessage("expected an event d, but nothing else came within 50 ms");
      assertThatThrownBy(client::awaitEnd)
          .hasMessage("expected the end of the stream, but it did not come within 50 ms");
      assertThatThrownBy(client::awaitHeartbeat).hasMessageContaining("a heartbeat");

      client.within(Duration.ofMinutes(1));
      write(stream, "event: e\ndata: 5\ndata: 6\n\n");
      stream.close();
      assertThatThrownBy(() -> client.next("d"))
          .hasMessage(
              "expected an event d, but the stream has ended; instead came:\n  e 5\\n6 id 7");
      assertThatThrownBy(client::next).hasMessage("expected an event, but the stream has ended");
      assertThatThrownBy(client::awaitHeartbeat)
          .hasMessage("expected a heartbeat, but the stream has ended");
      client.awaitEnd();
    }
  }

  @Test
  void anAnswerThatIsNoStreamIsShown() throws Exception {
    assertThatThrownBy(() -> SseTestClient.open(uri.resolve("refused")))
        .isInstanceOf(AssertionError.class)
        .hasMessage(
            "expected an event stream of "
                + uri
                + "refused, but the answer was 403 text/html: not\\nfor you");
    assertThatThrownBy(() -> SseTestClient.open(uri.resolve("page")))
        .hasMessageEndingWith("but the answer was 200 text/html: <html>");
    assertThatThrownBy(() -> SseTestClient.open(uri.resolve("none")))
        .hasMessageContaining("but the answer was 404");

    try (SseTestClient client = open()) {
      request().close();
      client.awaitEnd();
      server.removeContext("/stream");
      assertThatThrownBy(client::reconnect).hasMessageContaining("but the answer was 404");
      assertThat(client.isOpen()).isFalse();

      client.within(SHORT);
      server.createContext("/stream", requests::add);
      assertThatThrownBy(client::reconnect)
          .hasMessageEndingWith("but there was no answer within 50 ms");
      assertThat(client.isOpen()).isFalse();

      server.stop(0);
      client.within(Duration.ofMinutes(1));
      assertThatThrownBy(client::reconnect)
          .hasMessageEndingWith("but there was no answer")
          .hasCauseInstanceOf(IOException.class);
    }
  }

  @Test
  void takesAnHttpClientOfTheTest() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri.resolve("stream?2")).header("Accept", "*/*").build();
    try (SseTestClient client = SseTestClient.open(HttpClient.newHttpClient(), request)) {
      HttpExchange stream = request();
      assertThat(stream.getRequestHeaders().get("Accept")).containsExactly("*/*");
      write(stream, "data: 1\n\n");
      assertThat(client.next().data()).isEqualTo("1");
    }
  }
}
