package org.starcast.it.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server of streams, at an origin of its own, that does what the test says: each request is
 * answered in turn, and waits for its answer.
 */
final class StubServer implements AutoCloseable {

  /** What one request is answered. */
  interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final List<Body> bodies = new CopyOnWriteArrayList<>();
  private final HttpServer server;

  /** The last event id of each request, or the empty text. */
  final List<String> asked = new CopyOnWriteArrayList<>();

  /** The token of each request, or the empty text. */
  final List<String> tokens = new CopyOnWriteArrayList<>();

  /** The header {@code Authorization} of each request, or the empty text. */
  final List<String> authorizations = new CopyOnWriteArrayList<>();

  /** The method of each request and its body. */
  final List<String> contents = new CopyOnWriteArrayList<>();

  private final List<Long> times = new CopyOnWriteArrayList<>();

  StubServer() throws IOException {
    InetAddress loopback = InetAddress.getByName("127.0.0.1");
    server = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
    server.setExecutor(threads);
    server.createContext("/stream", this::handle);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/stream";
  }

  void answer(Answer answer) {
    answers.add(answer);
  }

  /** The time between this request and the one before. */
  Duration wait(int request) {
    return Duration.ofNanos(times.get(request) - times.get(request - 1));
  }

  Body last() {
    return bodies.get(bodies.size() - 1);
  }

  void cut() {
    last().held.countDown();
  }

  static void status(HttpExchange exchange, int status) throws IOException {
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  Body stream(HttpExchange exchange) throws IOException {
    return begin(exchange).write(": \n\n");
  }

  Body begin(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    Body body = new Body(exchange);
    bodies.add(body);
    return body;
  }

  private void handle(HttpExchange exchange) throws IOException {
    var headers = exchange.getResponseHeaders();
    var request = exchange.getRequestHeaders();
    String origin = request.getFirst("Origin");
    headers.set("Access-Control-Allow-Origin", origin == null ? "*" : origin);
    headers.set("Access-Control-Allow-Credentials", "true");
    headers.set("Access-Control-Expose-Headers", "Retry-After");
    if (exchange.getRequestMethod().equals("OPTIONS")) {
      headers.set(
          "Access-Control-Allow-Headers", request.getFirst("Access-Control-Request-Headers"));
      status(exchange, 204);
      return;
    }
    String query = String.valueOf(exchange.getRequestURI().getRawQuery());
    String authorization = request.getFirst("Authorization");
    times.add(System.nanoTime());
    tokens.add(parameter(query, "resume"));
    authorizations.add(authorization == null ? "" : authorization);
    asked.add(parameter(query, "lastEventId"));
    byte[] content = exchange.getRequestBody().readAllBytes();
    contents.add(exchange.getRequestMethod() + " " + new String(content, StandardCharsets.UTF_8));
    try {
      answers.take().to(exchange);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exchange.close();
    }
  }

  private static String parameter(String query, String name) {
    return Stream.of(query.split("&"))
        .filter(pair -> pair.startsWith(name + "="))
        .map(pair -> URLDecoder.decode(pair.substring(name.length() + 1), StandardCharsets.UTF_8))
        .findFirst()
        .orElse("");
  }

  @Override
  public void close() {
    bodies.forEach(body -> body.held.countDown());
    threads.shutdownNow();
    server.stop(0);
  }

  /** The body of a stream. */
  static final class Body {

    private final HttpExchange exchange;
    private final OutputStream out;
    private final CountDownLatch held = new CountDownLatch(1);

    Body(HttpExchange exchange) {
      this.exchange = exchange;
      this.out = exchange.getResponseBody();
    }

    Body write(String text) throws IOException {
      return write(text.getBytes(StandardCharsets.UTF_8));
    }

    Body write(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
      return this;
    }

    /** Keeps the stream open until the test ends or cuts it. */
    void hold() {
      hold(BrowserTest.PATIENCE);
      end();
    }

    void hold(Duration time) {
      try {
        held.await(time.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void end() {
      exchange.close();
    }

    /** Whether the client has gone, which shows when something is written. */
    boolean isBroken() {
      try {
        write(": \n\n");
        return false;
      } catch (IOException e) {
        return true;
      }
    }
  }
}
