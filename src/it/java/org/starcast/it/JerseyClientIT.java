package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.ws.rs.client.Client;
import jakarta.ws.rs.client.ClientBuilder;
import jakarta.ws.rs.core.UriBuilder;
import jakarta.ws.rs.sse.InboundSseEvent;
import jakarta.ws.rs.sse.SseEventSource;
import java.net.URI;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.internal.backplane.Link;

/**
 * A client that is not ours: {@link SseEventSource} of Jakarta REST, as jersey-media-sse has it. It
 * is told to come back after an hour, so what brings it back sooner is what the server says.
 */
@ArquillianTest
@RunAsClient
class JerseyClientIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int LIMIT = 5;

  @ArquillianResource URL base;

  private final Client client = ClientBuilder.newClient();
  private final Queue<InboundSseEvent> received = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private Server server;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with("starcast.retry", "PT0.2S", "starcast.max-clients", String.valueOf(LIMIT));
  }

  @BeforeEach
  void connect() {
    server = new Server(base);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    client.close();
    // Jersey's client lets its connection go when it has read the next event; a heartbeat is none
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              publish("end", "of the test");
              return server.clients() == 0;
            });
  }

  private SseEventSource open(URI stream) {
    SseEventSource source =
        SseEventSource.target(client.target(stream)).reconnectingEvery(1, TimeUnit.HOURS).build();
    open.add(source);
    source.register(received::add, failures::add);
    source.open();
    return source;
  }

  /** What was published; comments, {@code retry:} and heartbeats' ids alone have no data. */
  private List<InboundSseEvent> events() {
    return received.stream().filter(event -> !event.isEmpty()).toList();
  }

  private List<String> data() {
    return events().stream().map(InboundSseEvent::readData).toList();
  }

  private void publish(String event, String data) {
    assertThat(server.publish("topic", "jersey.a", "event", event, "data", data).statusCode())
        .isEqualTo(202);
  }

  @Test
  void namedEventsArriveInOrderWithTheirIds() {
    open(server.uri("starcast/stream?topic=jersey.*"));
    await().atMost(PATIENCE).until(() -> server.clients() == 1);
    for (int i = 0; i < 200; i++) {
      publish(i % 2 == 0 ? "even" : "odd", "event " + i + "\nof two lines");
    }

    await().atMost(PATIENCE).until(() -> events().size() >= 200);
    List<InboundSseEvent> events = events();
    assertThat(data())
        .containsExactlyElementsOf(
            IntStream.range(0, 200).mapToObj(i -> "event " + i + "\nof two lines").toList());
    assertThat(events).extracting(InboundSseEvent::getName).startsWith("even", "odd", "even");
    assertThat(events).extracting(InboundSseEvent::getId).doesNotHaveDuplicates();
    assertThat(events.get(199).getId()).isEqualTo(server.get("probe/last-event-id").body());
    assertThat(failures).isEmpty();
  }

  /** Sooner than it was made to, as it heeds {@code retry:}; by {@code Last-Event-ID}. */
  @Test
  void afterACutConnectionItComesBackInTimeAndMissesNothing() throws Exception {
    List<String> published = new ArrayList<>();
    try (Link link = new Link(base.getPort())) {
      URI stream = server.uri("starcast/stream?topic=jersey.*");
      open(UriBuilder.fromUri(stream).port(link.port()).build());
      for (int round = 0; round < 3; round++) {
        await().atMost(PATIENCE).until(() -> server.clients() == 1);
        for (int i = 0; i < 10; i++) {
          published.add("live " + round + " " + i);
          publish("news", "live " + round + " " + i);
        }
        await().atMost(PATIENCE).until(() -> data().size() >= published.size());
        link.breakAll();
        for (int i = 0; i < 10; i++) {
          published.add("away " + round + " " + i);
          publish("news", "away " + round + " " + i);
        }
        await().atMost(PATIENCE).until(() -> data().size() >= published.size());
      }
    }
    assertThat(data()).isEqualTo(published);
    assertThat(failures).isEmpty();
  }

  @Test
  void whoIsRefusedBy503ComesBackAfterTheTimeItIsTold() throws Exception {
    List<RawStream> all = new ArrayList<>();
    for (int i = 0; i < LIMIT; i++) {
      all.add(server.stream("topic=other"));
    }
    RawStream refused = server.stream("topic=other");
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.header("Retry-After")).isEqualTo("10");

    SseEventSource source = open(server.uri("starcast/stream?topic=jersey.*"));
    for (RawStream stream : all) {
      stream.close();
    }

    assertThat(source.isOpen()).isTrue();
    // again and again: one client that is left may be another one that is just going
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              publish("news", "here again");
              assertThat(data()).isNotEmpty().containsOnly("here again");
            });
    assertThat(failures).isEmpty();
  }
}
