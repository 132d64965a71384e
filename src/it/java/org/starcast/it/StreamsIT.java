package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.stream.JsonParsingException;
import java.io.IOException;
import java.io.StringReader;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.Subscription.LineSeparator;

/** Sources as streams, as a client and the application see them. */
@ArquillianTest
@RunAsClient
class StreamsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int QUEUE = 128;
  private static final AtomicInteger KEYS = new AtomicInteger();

  @ArquillianResource URL base;

  private final List<RawStream> open = new ArrayList<>();
  private Server server;
  private String key;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with("starcast.queue.messages", Integer.toString(QUEUE));
  }

  @BeforeEach
  void connect() {
    server = new Server(base);
    key = "s" + KEYS.incrementAndGet();
  }

  @AfterEach
  void closeStreams() throws IOException {
    for (RawStream stream : open) {
      stream.close();
    }
  }

  private RawStream open(String path) {
    return keep(server.open("streams/" + path));
  }

  private RawStream keep(RawStream stream) {
    open.add(stream);
    return stream;
  }

  private JsonObject state() {
    try (var reader =
        Json.createReader(new StringReader(server.get("streams/state/" + key).body()))) {
      return reader.readObject();
    }
  }

  private void awaitEnd(String reason) {
    // the stream begins before the resource has it in its map
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(JsonParsingException.class)
        .untilAsserted(() -> assertThat(state().getString("end")).isEqualTo(reason));
  }

  @Test
  void aSlowReaderSlowsItsSourceDownAndGetsEverything() {
    int end = 100_000;
    RawStream stream = keep(server.stalled("streams/count/" + key + "?end=" + end)).withoutBody();
    await().atMost(PATIENCE).until(() -> state().getInt("queued") >= QUEUE / 2);
    assertThat(state().getInt("taken")).isLessThan(end);
    assertThat(state().getString("end")).isEmpty();

    Thread reader = new Thread(stream::readAll, "late-reader");
    reader.setDaemon(true);
    reader.start();

    awaitEnd("COMPLETED");
    await().atMost(PATIENCE).until(stream::ended);
    List<String> data = stream.data();
    assertThat(data).hasSize(end + 1);
    for (int i = 0; i < end; i++) {
      assertThat(data.get(i)).startsWith(i + ":");
    }
    assertThat(stream.events().get(end).event()).isEqualTo("done");
    assertThat(state().getInt("lead")).isLessThanOrEqualTo(QUEUE);
    assertThat(state().getInt("closes")).isEqualTo(1);
    assertThat(stream.header("X-Stream")).isEqualTo(key);
  }

  @Test
  void aClientThatIsGoneClosesItsSource() throws IOException {
    RawStream stream = open("count/" + key + "?end=1000000&interval=50");
    await().atMost(PATIENCE).until(() -> stream.count() > 3);

    stream.reset();

    awaitEnd("CLIENT_CLOSED");
    assertThat(state().getInt("closes")).isEqualTo(1);
    assertThat(state().getInt("taken")).isLessThan(1_000_000);
  }

  @Test
  void aStreamThatIsStoppedSaysGoodbyeAndEnds() {
    RawStream stream = open("count/" + key + "?end=1000000&interval=50");
    await().atMost(PATIENCE).until(() -> stream.count() > 3);

    server.delete("streams/" + key);

    awaitEnd("STOPPED");
    await().atMost(PATIENCE).until(stream::ended);
    List<String> names = stream.events().stream().map(event -> event.event()).toList();
    assertThat(names).endsWith("done");
    assertThat(state().getInt("closes")).isEqualTo(1);
  }

  @Test
  void aFailureIsTheLastEvent() {
    RawStream stream = open("failing/" + key);

    awaitEnd("FAILED");
    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.data()).containsExactly("a", "b", "{\"error\":\"the stream failed\"}");
    assertThat(stream.events().get(2).event()).isEqualTo("error");
    assertThat(stream.text()).doesNotContain("secret");
  }

  @Test
  void progressEndsByItselfAtItsLastState() {
    server.post("streams/jobs/" + key + "?percent=10&state=RUNNING", "begins");
    RawStream stream = open("progress/" + key);
    await().atMost(PATIENCE).until(() -> stream.count() == 1);
    server.post("streams/jobs/" + key + "?percent=60&state=RUNNING", "goes on");
    await().atMost(PATIENCE).until(() -> stream.count() == 2);
    server.post("streams/jobs/" + key + "?percent=100&state=COMPLETED", "done");

    awaitEnd("COMPLETED");
    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.data())
        .hasSize(3)
        .satisfies(
            states -> {
              assertThat(states.get(0)).contains("\"percent\":10.0").contains("begins");
              assertThat(states.get(1))
                  .contains("\"state\":\"running\"")
                  .containsPattern("\"etaSeconds\":\\d");
              assertThat(states.get(2))
                  .contains("\"state\":\"completed\"")
                  .contains("\"job\":\"" + key + "\"");
            });
  }

  @Test
  void anUnknownJobIsAnError() {
    RawStream stream = open("progress/" + key);

    awaitEnd("FAILED");
    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.events()).hasSize(1);
    assertThat(stream.events().get(0).event()).isEqualTo("error");
    assertThat(stream.data().get(0)).contains("unknown job");
  }

  @Test
  void aThrottleThinsOutInOrderAndSendsTheLast() {
    RawStream stream = open("throttled/" + key);
    await()
        .atMost(PATIENCE)
        .until(() -> !server.post("streams/emit/" + key + "?count=0", "").body().isEmpty());

    assertThat(server.post("streams/emit/" + key + "?count=5000", "").body()).isEqualTo("5000");

    await().atMost(PATIENCE).until(() -> stream.data().contains("5000"));
    List<Integer> received = stream.data().stream().map(Integer::valueOf).toList();
    assertThat(received).startsWith(1).isSorted().doesNotHaveDuplicates().hasSizeLessThan(1000);
    server.post("streams/complete/" + key, "");
    awaitEnd("COMPLETED");
    assertThat(state().getInt("dropped")).isEqualTo(5000 - received.size());
  }

  @Test
  void aTimeoutEndsTheStream() {
    RawStream stream = open("silent/" + key + "?timeout=500");

    awaitEnd("TIMEOUT");
    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.data()).containsExactly("only", "");
    assertThat(stream.events().get(1).event()).isEqualTo("done");
  }

  @Test
  void anIdleStreamIsPingedAndEnded() {
    RawStream stream = open("silent/" + key + "?idle=1500");

    awaitEnd("IDLE");
    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.text()).contains(": my ping\n\n");
    assertThat(stream.data()).containsExactly("only", "");
  }

  @Test
  void linesEndAsTheClientNeedsThem() {
    for (LineSeparator separator : LineSeparator.values()) {
      key = "s" + KEYS.incrementAndGet();
      String query = "separated/" + key + "?separator=" + separator;
      RawStream stream = keep(server.open("streams/" + query, "Accept-Encoding: gzip"));

      awaitEnd("COMPLETED");
      await().atMost(PATIENCE).until(stream::ended);
      if (separator == LineSeparator.LF) {
        assertThat(stream.header("Content-Encoding")).isEqualTo("gzip");
        continue;
      }
      assertThat(stream.header("Content-Encoding")).as(separator.name()).isNull();
      assertThat(stream.header("Content-Type").replace(" ", ""))
          .isEqualToIgnoringCase("text/event-stream;charset=UTF-8");
      assertThat(stream.data()).as(separator.name()).containsExactly("1", "2\n2", "3", "");
      String lineBreak = separator == LineSeparator.CR ? "\r" : "\r\n";
      assertThat(stream.text())
          .as("not a line that ends otherwise, from the first byte on")
          .isEqualTo(
              stream.text().replace("\r\n", "\n").replace("\r", "\n").replace("\n", lineBreak))
          .contains("data: 2" + lineBreak + "data: 2" + lineBreak + lineBreak);
    }
  }

  @Test
  void aPublisherIsFollowedToItsEnd() {
    RawStream stream = open("published/" + key);

    awaitEnd("COMPLETED");
    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.data())
        .isEqualTo(IntStream.range(0, 5000).mapToObj(Integer::toString).toList());
  }
}
