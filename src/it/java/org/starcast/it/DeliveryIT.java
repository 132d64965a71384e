package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URL;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams as a client sees them on the wire. */
@ArquillianTest
@RunAsClient
class DeliveryIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final AtomicInteger NAMES = new AtomicInteger();

  @ArquillianResource URL base;

  private final List<RawStream> open = new ArrayList<>();
  private Server server;

  /** Tests share the server: each has topics of its own. */
  private String topic;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "starcast.send-timeout", "PT8S",
        "starcast.message.max-bytes", "100000",
        "starcast.queue.messages", "20000",
        "starcast.queue.bytes", "50000000");
  }

  @BeforeEach
  void connect() {
    server = new Server(base);
    topic = "t" + NAMES.incrementAndGet();
  }

  @AfterEach
  void closeStreams() throws IOException {
    for (RawStream stream : open) {
      stream.close();
    }
  }

  private RawStream stream(String query, String... headers) {
    return keep(server.stream(query, headers));
  }

  private RawStream probe(String id, String query) {
    return keep(server.open("probe/stream/" + id + "?" + query));
  }

  /** A probe's stream of which nothing is read, once it has begun. */
  private RawStream stalled(String id, String query) throws IOException {
    return keep(server.stalled(
            "probe/stream/" + id + "-" + topic + "?topic=" + topic + ".*" + query))
        .readGreeting();
  }

  private RawStream keep(RawStream stream) {
    open.add(stream);
    return stream;
  }

  private static void awaitData(RawStream stream, String... data) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(stream.data()).containsExactly(data));
  }

  /** Publishes a last event and waits for it, so that what came before it is complete. */
  private void fence(RawStream stream) {
    String mark = UUID.randomUUID().toString();
    server.publish("topic", topic + ".fence", "data", mark);
    await().atMost(PATIENCE).until(() -> stream.data().contains(mark));
  }

  @Test
  void theResponseHasTheHeadersOfAnEventStreamAndItsFirstBytesComeAtOnce() {
    RawStream stream = stream("topic=" + topic);

    assertThat(stream.status()).isEqualTo(200);
    assertThat(stream.header("Content-Type").replace(" ", ""))
        .isEqualToIgnoringCase("text/event-stream;charset=UTF-8");
    assertThat(stream.header("Cache-Control")).isEqualTo("no-cache, no-transform");
    assertThat(stream.header("X-Accel-Buffering")).isEqualTo("no");
    assertThat(stream.header("Content-Encoding")).isNull();
    await()
        .atMost(PATIENCE)
        .until(() -> stream.text().matches("(?s)id: [a-z0-9]+-[0-9]+\nretry: 2000\n\n.*"));
  }

  @Test
  void aFrameIsExactAndEndsWithItsId() {
    RawStream stream = stream("topic=" + topic);

    HttpResponse<String> answer =
        server.publish("topic", topic, "event", "greeting", "data", "a\r\n\nb\rc\u0000");

    assertThat(answer.statusCode()).isEqualTo(202);
    String id = answer.body().replaceAll("\\{\"id\":\"(.*)\"}", "$1");
    assertThat(id).matches("[a-z0-9]+-[0-9]+");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(stream.text())
                    .contains(
                        "event: greeting\ndata: a\ndata: \ndata: b\ndata: c\uFFFD\nid: "
                            + id
                            + "\n\n"));
  }

  @Test
  void aHeartbeatCommentFollowsSilenceAndIsNoBlockOfItsOwnWithoutAnId() {
    RawStream stream = stream("topic=" + topic);

    await()
        .atMost(PATIENCE)
        .until(() -> stream.text().matches("(?s).*\n:\n(id: [a-z0-9]+-[0-9]+\n\n)?"));
  }

  @Test
  void anEventThatSeveralPatternsMatchComesOnce() {
    RawStream stream = stream("topic=%s.*&topic=%s.x&topic=*".formatted(topic, topic));

    server.publish("topic", topic + ".x", "topic", topic + ".y", "data", "once");
    fence(stream);

    assertThat(stream.data()).filteredOn("once"::equals).hasSize(1);
  }

  @Test
  void aSubscriptionWithSendersHearsOnlyThem() {
    RawStream stream = stream("topic=" + topic + ".*&sender=ann");
    RawStream all = stream("topic=" + topic + ".*");

    server.publish("topic", topic + ".x", "data", "from nobody");
    server.publish("topic", topic + ".x", "sender", "bob", "data", "from bob");
    server.publish("topic", topic + ".x", "sender", "ann", "data", "from ann");

    awaitData(all, "from nobody", "from bob", "from ann");
    awaitData(stream, "from ann");
  }

  @Test
  void aMutedTopicIsNotHeardWhateverElseMatches() {
    RawStream stream =
        stream("topic=%s.*&topic=%s.debug&mute=%s.debug".formatted(topic, topic, topic));

    server.publish("topic", topic + ".debug", "data", "muted");
    server.publish("topic", topic + ".x", "topic", topic + ".debug", "data", "muted too");
    server.publish("topic", topic + ".info", "data", "heard");

    awaitData(stream, "heard");
  }

  @Test
  void observersOfTheApplicationMayUsePatterns() {
    server.post("probe/fire?topic=journal.first.second", topic);

    await().atMost(PATIENCE).until(() -> server.journalHas("observed " + topic));
  }

  @Test
  void aFailingObserverDoesNotKeepTheEventFromTheBrowsers() {
    RawStream stream = stream("topic=failing." + topic);

    assertThat(server.post("probe/fire?topic=failing." + topic, "sent").statusCode())
        .isEqualTo(500);

    awaitData(stream, "sent");
  }

  @Test
  void aCommittedTransactionSendsAndOneRolledBackDoesNot() {
    RawStream stream = stream("topic=" + topic);

    String target = "transactions/fire?topic=" + topic;
    assertThat(server.post(target + "&rollback=true", "lost").body()).isEqualTo("rolled back");
    assertThat(server.post(target, "kept").body()).isEqualTo("committed");

    awaitData(stream, "kept");
  }

  @Test
  void aTransactionThatHasTimedOutSendsNothingWhileItsMethodGoesOn() {
    RawStream stream = stream("topic=transactions." + topic);
    String committed = "transactions/fire?topic=transactions." + topic;

    assertThat(server.post("transactions/time-out?topic=transactions." + topic, "").body())
        .isEqualTo("rolled back");
    server.post(committed, topic + " kept");

    awaitData(stream, topic + " kept");
    // observers of success, which publish themselves, hear nothing, either
    await().atMost(PATIENCE).until(() -> server.journalHas("committed " + topic + " kept"));
    assertThat(server.journal().getValuesAs(Object::toString))
        .filteredOn(entry -> entry.contains(topic + " "))
        .hasSize(1);
  }

  @Test
  void anEventFiredInATransactionSaysWhatItSaidThen() {
    RawStream stream = stream("topic=" + topic);

    assertThat(server.post("transactions/entity?topic=" + topic, "").statusCode()).isEqualTo(204);

    awaitData(stream, "{\"name\":\"before\"}");
  }

  @Test
  void payloadsOfAnyVisibilityAreJsonWithDatesThatJavaScriptReads() {
    RawStream stream = stream("topic=" + topic);

    assertThat(server.post("transactions/payloads?topic=" + topic, "").body())
        .startsWith("data: nothing of ")
        .contains("PayloadEncoder");

    awaitData(
        stream,
        "{\"calendar\":\"2026-11-21T08:00:00.125Z\",\"date\":\"2026-11-21T08:00:00.125Z\","
            + "\"line\":{\"number\":7},\"lines\":[{\"number\":7}],"
            + "\"zoned\":\"2026-11-21T09:00:00.125+01:00\"}",
        "<b>7</b>");
  }

  @Test
  void eventsFiredAsynchronouslyAreSentToo() {
    RawStream stream = stream("topic=" + topic);

    server.post("probe/fire-async?topic=" + topic, "async");

    awaitData(stream, "async");
  }

  @Test
  void openingAndClosingAreToldOnceEachAndAClientThatIsGoneIsNoticed() throws IOException {
    String id = "gone-" + topic;
    RawStream stream = probe(id, "topic=" + topic);
    await().atMost(PATIENCE).until(() -> server.journalHas("opened " + id));

    stream.reset();

    await().atMost(PATIENCE).until(() -> server.journalHas("closed " + id + " CLIENT_GONE"));
    await().atMost(PATIENCE).until(() -> server.journalHas("closed-async " + id));
    assertThat(server.journal().getValuesAs(Object::toString))
        .filteredOn(entry -> entry.contains(id))
        .hasSize(3);
  }

  @Test
  void aClientClosedByTheApplicationGetsWhatWasQueuedAndAnEnd() {
    String id = "closed-" + topic;
    RawStream stream = probe(id, "topic=" + topic);

    assertThat(server.post("probe/send/" + id, "last words").body()).isEqualTo("true");
    server.delete("probe/clients/" + id);

    awaitData(stream, "last words");
    await().atMost(PATIENCE).until(stream::ended);
    await().atMost(PATIENCE).until(() -> server.journalHas("closed " + id + " APPLICATION"));
    assertThat(server.post("probe/send/" + id, "too late").body()).isEqualTo("false");
  }

  @Test
  void aMessageToOneClientReachesNobodyElse() {
    RawStream one = probe("one-" + topic, "topic=" + topic);
    RawStream other = probe("other-" + topic, "topic=" + topic);

    server.post("probe/send/one-" + topic, "for one");
    server.publish("topic", topic, "data", "for both");

    awaitData(one, "for one", "for both");
    awaitData(other, "for both");
  }

  @Test
  void subscriptionsChangeWhileConnected() {
    String id = "changing-" + topic;
    RawStream stream = probe(id, "topic=" + topic + ".a");

    server.publish("topic", topic + ".b", "data", "too early");
    server.post("probe/subscribe/" + id + "?topic=" + topic + ".b", "");
    server.publish("topic", topic + ".b", "data", "in time");
    server.post("probe/mute/" + id + "?topic=" + topic + ".b", "");
    server.publish("topic", topic + ".b", "data", "too late");
    server.publish("topic", topic + ".a", "data", "still here");

    awaitData(stream, "in time", "still here");
  }

  @Test
  void aClientIdInUseIsRefused() {
    probe("twice-" + topic, "topic=" + topic);

    assertThat(probe("twice-" + topic, "topic=" + topic).status()).isGreaterThanOrEqualTo(400);
  }

  @Test
  void gzipAndPlainClientsGetTheSame() throws IOException {
    RawStream plain = stream("topic=" + topic);
    RawStream packed = stream("topic=" + topic, "Accept-Encoding: gzip;q=0.9, br");
    RawStream unwanted = stream("topic=" + topic, "Accept-Encoding: gzip;q=0, identity");
    String large = "<tr><td>row</td></tr>\n".repeat(1000);

    server.publish("topic", topic, "data", "small");
    server.publish("topic", topic, "data", large);
    server.publish("topic", topic, "data", "end");

    String received = large;
    awaitData(plain, "small", received, "end");
    awaitData(unwanted, "small", received, "end");
    assertThat(unwanted.header("Content-Encoding")).isNull();
    assertThat(packed.header("Content-Encoding")).isEqualTo("gzip");
    assertThat(packed.header("Vary")).containsIgnoringCase("Accept-Encoding");
    await().atMost(PATIENCE).until(() -> packed.unzipped().contains("data: end\n"));
    String frames = plain.text().substring(plain.text().indexOf("data: small"));
    assertThat(withoutHeartbeats(packed.unzipped())).endsWith(withoutHeartbeats(frames));
    assertThat(packed.bytes().length).isLessThan(plain.bytes().length / 4);
  }

  private static String withoutHeartbeats(String stream) {
    return stream.replaceAll("(?<=\n):\n(id: [a-z0-9]+-[0-9]+\n\n)?", "");
  }

  @Test
  void everyClientGetsEveryEventOnceAndAllInTheSameOrder() {
    int topics = 10;
    int threads = 8;
    int events = 10_000;
    List<RawStream> all = new ArrayList<>();
    List<RawStream> some = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      if (i % 2 == 0) {
        all.add(stream("topic=" + topic + ".*").withoutBody());
      } else {
        some.add(stream("topic=%s.%d".formatted(topic, i % topics)).withoutBody());
      }
    }

    server.post(
        "probe/storm?threads=%d&events=%d&topics=%d&prefix=%s"
            .formatted(threads, events, topics, topic),
        "");

    for (RawStream stream : all) {
      await().atMost(PATIENCE).until(() -> stream.count() >= events);
    }
    List<String> order = all.get(0).data();
    assertThat(order).doesNotHaveDuplicates().hasSize(events);
    Map<String, Integer> last = new HashMap<>();
    for (String event : order) {
      String[] parts = event.split(":");
      int number = Integer.parseInt(parts[2]);
      assertThat(last.getOrDefault(parts[1], -1)).isEqualTo(number - 1);
      last.put(parts[1], number);
    }
    for (RawStream stream : all) {
      assertThat(stream.data()).isEqualTo(order);
    }
    for (int i = 0; i < some.size(); i++) {
      RawStream stream = some.get(i);
      String own = (2 * i + 1) % topics + ":";
      List<String> expected = order.stream().filter(event -> event.startsWith(own)).toList();
      await().atMost(PATIENCE).until(() -> stream.count() >= expected.size());
      assertThat(stream.data()).isEqualTo(expected);
    }
  }

  @Test
  void aStalledClientIsClosedForOverflowAndOthersGetEverything() throws IOException {
    RawStream healthy = probe("healthy-" + topic, "topic=" + topic + ".*").withoutBody();
    stalled("stalled", "");

    for (int round = 1; round <= 30; round++) {
      server.post("probe/storm?threads=2&events=10&topics=1&padding=50000&prefix=" + topic, "");
      int sent = 10 * round;
      await().atMost(PATIENCE).until(() -> healthy.count() == sent);
    }
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                server.journalHas("closed stalled-" + topic + " OVERFLOW")
                    || server.journalHas("closed stalled-" + topic + " TIMEOUT"));
    assertThat(healthy.count()).isEqualTo(300);
  }

  @Test
  void whatAClientDoesNotReadWaitsInItsQueueAndNotInTheKernel() throws IOException {
    stalled("reads-nothing", "");

    server.post("probe/storm?threads=1&events=15&topics=1&padding=50000&prefix=" + topic, "");

    await()
        .atMost(PATIENCE)
        .until(
            () -> server.statistics().getJsonNumber("queuedBytes").longValue() > 15 * 50_000 / 2);
  }

  @Test
  void aClientThatTakesNothingIsClosedByTheSendTimeout() throws IOException {
    stalled("slow", "&messages=100000&bytes=1000000000");

    server.post("probe/storm?threads=1&events=300&topics=1&padding=50000&prefix=" + topic, "");

    await().atMost(PATIENCE).until(() -> server.journalHas("closed slow-" + topic + " TIMEOUT"));
  }

  @Test
  void dropOldestTellsTheGapAndGoesOn() throws IOException {
    RawStream stream = stalled("dropping", "&overflow=DROP_OLDEST&messages=10&bytes=1000000");
    int events = 300;

    server.post(
        "probe/storm?threads=1&events=" + events + "&topics=1&padding=50000&prefix=" + topic, "");
    readInBackground(stream);

    await()
        .atMost(PATIENCE)
        .until(() -> stream.data().stream().anyMatch(data -> data.startsWith("0:0:299:")));
    int received = 0;
    int missed = 0;
    int next = 0;
    for (var event : stream.events()) {
      if (event.event().equals("starcast-gap")) {
        int gap = Integer.parseInt(event.data().replaceAll(".*\"missed\":(\\d+).*", "$1"));
        missed += gap;
        next += gap;
      } else {
        assertThat(event.data()).startsWith("0:0:" + next + ":");
        received++;
        next++;
      }
    }
    assertThat(missed).isPositive();
    assertThat(received + missed).isEqualTo(events);
  }

  @Test
  void coalescedMessagesLeaveTheLatest() throws IOException {
    RawStream stream = stalled("coalescing", "&overflow=COALESCE");

    server.post(
        "probe/storm?threads=1&events=500&topics=1&padding=50000&key=state&prefix=" + topic, "");
    readInBackground(stream);

    await()
        .atMost(PATIENCE)
        .until(() -> stream.data().stream().anyMatch(data -> data.startsWith("0:0:499:")));
    assertThat(stream.count()).isLessThan(500);
    assertThat(server.journalHas("closed coalescing-" + topic + " OVERFLOW")).isFalse();
  }

  private static void readInBackground(RawStream stream) {
    Thread reader = new Thread(stream::readAll, "late-reader");
    reader.setDaemon(true);
    reader.start();
  }

  @Test
  void badInputIsRefusedByNameAndDisturbsNobody() {
    RawStream bystander = stream("topic=" + topic);
    Map<String, String> badStreams =
        Map.of(
            "",
            "topic: is missing",
            "topic=",
            "topic: ",
            "topic=" + "a.".repeat(16) + "a",
            "topic: has 17 segments",
            "topic=" + "a".repeat(257),
            "topic: has 257 characters",
            "topic=a%0Ab",
            "topic: ",
            "topic=a&mute=b..c",
            "mute: ",
            "topic=a&sender=",
            "sender: ",
            "topic=%FC",
            "topic: is not UTF-8",
            "topic=a&topik=1",
            "topik: is not a parameter here; the nearest is topic");
    badStreams.forEach(
        (query, problem) -> {
          RawStream refused = stream(query);
          assertThat(refused.status()).as(query).isEqualTo(400);
          assertThat(refused.header("Content-Type")).startsWith("application/problem+json");
          await().atMost(PATIENCE).until(refused::ended);
          assertThat(refused.text()).contains(problem);
        });

    Stream.of(
            List.of("topic", topic, "data", "x", "extra", "1"),
            List.of("topic", topic),
            List.of("data", "x"),
            List.of("topic", "", "data", "x"),
            List.of("topic", topic + ".*", "data", "x"),
            List.of("topic", topic, "data", "x", "event", "a\nb"),
            List.of("topic", topic, "data", "x", "sender", "a\u0001"),
            List.of("topic", topic, "data", "x", "data", "y"))
        .forEach(
            fields -> {
              HttpResponse<String> answer = server.publish(fields.toArray(String[]::new));
              assertThat(answer.statusCode()).as(fields.toString()).isEqualTo(400);
              assertThat(answer.body()).contains("\"detail\":\"");
            });
    assertThat(server.publish("topic", topic, "data", "x".repeat(100_001)).statusCode())
        .isEqualTo(413);
    assertThat(server.publish("topic", topic, "data", "x".repeat(1_000_000)).statusCode())
        .isEqualTo(413);

    server.publish("topic", topic, "data", "undisturbed");
    awaitData(bystander, "undisturbed");
  }

  @Test
  void theStatisticsNameTheWriterAndAddUp() {
    RawStream stream = stream("topic=" + topic);
    server.publish("topic", topic, "data", "counted");
    awaitData(stream, "counted");

    JsonObject statistics = server.statistics();

    assertThat(statistics.getJsonObject("byWriter").keySet()).containsExactly("servlet");
    assertThat(statistics.getInt("published")).isPositive();
  }
}
