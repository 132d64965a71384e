package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What the server's own exporter of OpenTelemetry sends, as a collector receives it. */
@ArquillianTest
@RunAsClient
class TelemetryIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Collector COLLECTOR = new Collector();

  @ArquillianResource URL base;

  /**
   * Takes what is sent by OTLP over HTTP. Protocol Buffers have text as it is, so names can be
   * looked for without reading the format.
   */
  private static final class Collector {

    private record Sent(String path, String body) {}

    private final List<Sent> all = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    Collector() {
      try {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
      server.createContext("/", this::take);
      server.start();
    }

    private void take(HttpExchange exchange) throws IOException {
      String body =
          new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
      all.add(new Sent(exchange.getRequestURI().getPath(), body));
      exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    }

    String endpoint() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    List<String> traces() {
      return sent("/v1/traces");
    }

    List<String> metrics() {
      return sent("/v1/metrics");
    }

    private List<String> sent(String path) {
      return all.stream().filter(sent -> sent.path().equals(path)).map(Sent::body).toList();
    }

    void stop() {
      server.stop(0);
    }
  }

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "otel.sdk.disabled", "false",
        "otel.exporter.otlp.protocol", "http/protobuf",
        "otel.exporter.otlp.endpoint", COLLECTOR.endpoint(),
        "otel.exporter.otlp.compression", "none",
        "otel.metrics.exporter", "otlp",
        "otel.metric.export.interval", "500",
        "otel.bsp.schedule.delay", "100",
        "otel.logs.exporter", "none",
        "otel.service.name", "starcast-tests",
        "starcast.tracing.deliver", "true");
  }

  @AfterAll
  static void stopCollector() {
    COLLECTOR.stop();
  }

  @Test
  void publicationsAndDeliveriesAreSpans() throws IOException {
    Server server = new Server(base);
    try (RawStream stream = server.stream("topic=telemetry.*")) {
      server.publish("topic", "telemetry.traced", "data", "the payload");
      await().atMost(PATIENCE).until(() -> stream.count() == 1);

      String id = server.get("probe/last-event-id").body();
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(COLLECTOR.traces())
                      .anySatisfy(
                          body ->
                              assertThat(body)
                                  .contains("starcast publish")
                                  .contains("messaging.system", "starcast")
                                  .contains("messaging.destination.name", "telemetry.traced")
                                  .contains(id)));
      // what a client reads from the log, as one that has just begun may do, has no span
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                server.publish("topic", "telemetry.traced", "data", "the payload");
                assertThat(COLLECTOR.traces())
                    .anySatisfy(body -> assertThat(body).contains("starcast deliver"));
              });
    }
    assertThat(COLLECTOR.traces()).noneMatch(body -> body.contains("the payload"));
  }

  @Test
  void theMetricsArrive() throws IOException {
    try (RawStream stream = new Server(base).stream("topic=telemetry.*")) {
      assertThat(stream.status()).isEqualTo(200);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(COLLECTOR.metrics())
                      .anySatisfy(
                          body ->
                              assertThat(body)
                                  .contains("starcast-tests", "org.starcast")
                                  .contains("starcast.published", "{event}")
                                  .contains("starcast.delivered", "{message}")
                                  .contains("starcast.clients", "type", "default")
                                  .contains("starcast.writer.clients", "writer", "servlet")
                                  .contains("starcast.closed", "reason", "CLIENT_GONE")
                                  .contains("starcast.latency.bucket", "le", "+Inf")
                                  .contains("starcast.queue.bytes", "By")));
    }
  }
}
