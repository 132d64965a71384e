package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.testing.ReceivedEvent;

/** Named streams, as viewers see them whose connections are cut anywhere. */
@ArquillianTest
@RunAsClient
class NamedIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ITEMS = 1000;
  private static final AtomicInteger KEYS = new AtomicInteger();

  @ArquillianResource URL base;

  private Server server;
  private String id;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with("starcast.retry", "PT0.1S");
  }

  @BeforeEach
  void connect() {
    server = new Server(base);
    id = "n" + KEYS.incrementAndGet();
  }

  private void start(int items, int interval) {
    String query = "?items=" + items + "&interval=" + interval;
    assertThat(server.post("streams/named/" + id + query, "").body()).isEqualTo("RUNNING");
  }

  private String state() {
    return server.get("streams/named/" + id + "/state").body();
  }

  /** Reads until there are so many events, or the response has ended, and cuts the connection. */
  private List<ReceivedEvent> read(String lastEventId, int most) {
    String[] headers =
        lastEventId == null ? new String[0] : new String[] {"Last-Event-ID: " + lastEventId};
    try (RawStream stream = server.open("streams/named/" + id, headers)) {
      assertThat(stream.status()).isEqualTo(200);
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(1))
          .until(() -> stream.count() >= most || stream.ended());
      List<ReceivedEvent> events = stream.events();
      return events.subList(0, Math.min(most, events.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String last(List<ReceivedEvent> events) {
    return events.isEmpty() ? null : events.get(events.size() - 1).lastEventId();
  }

  private static List<String> shown(List<ReceivedEvent> events) {
    return events.stream().map(event -> event.event() + " " + event.data()).toList();
  }

  private List<String> expected(String end) {
    List<String> all = new ArrayList<>();
    all.add("starcast-start {\"stream\":\"named." + id + "\"}");
    IntStream.range(0, ITEMS).forEach(i -> all.add("message " + i));
    all.add("starcast-end {\"stream\":\"named." + id + "\"," + end + "}");
    return all;
  }

  @Test
  void whoIsCutOffAtAnyItemGetsTheSameItems() {
    start(ITEMS, 0);
    await().atMost(PATIENCE).until(() -> state().equals("COMPLETED " + ITEMS));
    List<String> expected = expected("\"outcome\":\"completed\",\"items\":" + ITEMS);

    IntStream.rangeClosed(0, ITEMS + 1)
        .parallel()
        .forEach(
            cut -> {
              List<ReceivedEvent> events = new ArrayList<>(read(null, cut));
              events.addAll(read(last(events), Integer.MAX_VALUE));
              assertThat(shown(events)).as("cut at %d", cut).isEqualTo(expected);
            });
  }

  @Test
  void whoIsCutOffAtEachItemWhileItGoesOnGetsAllOfThem() {
    start(ITEMS, 1);
    List<ReceivedEvent> events = new ArrayList<>();
    while (events.size() < ITEMS + 2) {
      events.addAll(read(last(events), 1));
    }
    assertThat(shown(events)).isEqualTo(expected("\"outcome\":\"completed\",\"items\":" + ITEMS));
  }

  @Test
  void theResponseEndsWithTheStreamAndIsNotOpenedAgain() throws IOException {
    RawStream early = server.open("streams/named/" + id);
    start(10, 20);
    await().atMost(PATIENCE).until(early::ended);
    List<ReceivedEvent> events = early.events();
    early.close();
    assertThat(events).hasSize(12);
    assertThat(events.get(11).event()).isEqualTo("starcast-end");

    try (RawStream again = server.open("streams/named/" + id, "Last-Event-ID: " + last(events))) {
      assertThat(again.status()).isEqualTo(204);
    }
    // and it is found, not started again
    assertThat(server.post("streams/named/" + id + "?items=3&interval=0", "").body())
        .isEqualTo("COMPLETED");
  }

  @Test
  void comingBackToAnEndedStreamIsNoErrorInTheServersLog() throws IOException {
    start(3, 0);
    await().atMost(PATIENCE).until(() -> state().equals("COMPLETED 3"));
    String end = last(read(null, Integer.MAX_VALUE));
    int logged = HttpIT.log().length();
    try (RawHttp http = new RawHttp(server.uri(""))) {
      String target = RawHttp.target(server.uri("streams/named/" + id));

      RawHttp.Answer back = http.send("GET", target, "", "Last-Event-ID: " + end);
      RawHttp.Answer head = http.send("HEAD", target, "");

      assertThat(back.status()).isEqualTo(204);
      assertThat(back.header("Content-Type")).isNull();
      assertThat(head.status()).isEqualTo(200);
    }
    assertThat(HttpIT.log().substring(logged)).doesNotContain("RESTEASY", "\tat ");
  }

  @Test
  void stoppingIsToldToAll() throws IOException {
    start(1_000_000, 5);
    try (RawStream stream = server.open("streams/named/" + id);
        RawStream endpoint = server.stream("topic=named." + id + "&lastEventId=earliest")) {
      await().atMost(PATIENCE).until(() -> stream.count() > 5 && endpoint.count() > 5);

      server.delete("streams/named/" + id);

      await().atMost(PATIENCE).until(stream::ended);
      List<String> shown = shown(stream.events());
      assertThat(shown.get(shown.size() - 1))
          .startsWith("starcast-end ")
          .contains("\"outcome\":\"cancelled\",\"reason\":\"stopped\"");
      await().atMost(PATIENCE).until(() -> endpoint.count() >= shown.size());
      List<String> there = shown(endpoint.events());
      assertThat(there.subList(there.indexOf(shown.get(0)), there.size())).isEqualTo(shown);
      assertThat(endpoint.ended()).isFalse();
    }
  }
}
