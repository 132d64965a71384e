package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URL;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.testing.ReceivedEvent;

/** Clients that come back, fall behind, or are new get what there is, or are told. */
@ArquillianTest
@RunAsClient
class ReplayIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int LOGGED = 1000;

  @ArquillianResource URL base;

  private final List<RawStream> open = new ArrayList<>();
  private final String topic = "t-" + UUID.randomUUID();
  private Server server;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "starcast.log.events",
        String.valueOf(LOGGED),
        "starcast.log.retain.\"price.*\"",
        "latest",
        "starcast.log.topics.\"room.*\".events",
        "50",
        "starcast.queue.messages",
        "100");
  }

  @BeforeEach
  void connect() {
    server = new Server(base);
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

  private RawStream probe(String query, String... headers) {
    return keep(server.open("probe/replay/" + UUID.randomUUID() + "?" + query, headers));
  }

  private RawStream keep(RawStream stream) {
    open.add(stream);
    return stream;
  }

  private String publish(String topic, String data) {
    HttpResponse<String> answer = server.publish("topic", topic, "data", data);
    assertThat(answer.statusCode()).isEqualTo(202);
    return answer.body().replaceAll("\\{\"id\":\"(.*)\"}", "$1");
  }

  private String lastEventId() {
    return server.get("probe/last-event-id").body();
  }

  private void pushOutOfTheLog() {
    server.post("probe/storm?threads=1&topics=1&prefix=other&events=" + LOGGED, "");
  }

  private static void awaitData(RawStream stream, String... data) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(stream.data()).containsExactly(data));
  }

  @Test
  void aTopicWithAHistoryOfItsOwnIsNotEvictedByAChattyOne() {
    String room = "room." + topic;
    String before = publish(room, "seen");
    String older = publish(topic, "seen");
    publish(topic, "gone");
    publish(room, "missed");
    publish(room, "missed too");
    pushOutOfTheLog();

    awaitData(stream("topic=" + room, "Last-Event-ID: " + before), "missed", "missed too");
    awaitData(stream("topic=" + room + "&history=2"), "missed", "missed too");
    RawStream both = stream("topic=" + room + "&topic=" + topic, "Last-Event-ID: " + older);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(both.events())
                    .extracting(ReceivedEvent::event)
                    .contains("starcast-gap"));

    for (int i = 0; i < 50; i++) {
      publish(room, "later " + i);
    }
    pushOutOfTheLog();
    RawStream late = stream("topic=" + room, "Last-Event-ID: " + before);
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(late.data()).hasSize(51));
    assertThat(late.events())
        .filteredOn(event -> !event.data().isEmpty())
        .first()
        .extracting(ReceivedEvent::event)
        .isEqualTo("starcast-gap");
    assertThat(late.data()).endsWith("later 48", "later 49").contains("later 0");
  }

  @Test
  void aClientThatComesBackGetsJustWhatItMissed() {
    String before = publish(topic, "seen");
    publish(topic, "missed");
    publish("other." + topic, "not subscribed");
    publish(topic, "missed too");

    RawStream byHeader = stream("topic=" + topic, "Last-Event-ID: " + before);
    RawStream byParameter = stream("topic=" + topic + "&lastEventId=" + before);
    RawStream byBoth =
        stream("topic=" + topic + "&lastEventId=nonsense", "Last-Event-ID: " + before);
    RawStream fresh = stream("topic=" + topic);
    publish(topic, "live");

    awaitData(byHeader, "missed", "missed too", "live");
    awaitData(byParameter, "missed", "missed too", "live");
    awaitData(byBoth, "missed", "missed too", "live");
    awaitData(fresh, "live");
  }

  @Test
  void whatIsPublishedBetweenRenderingAndConnectingArrives() {
    publish(topic, "rendered");
    String page = lastEventId();
    publish(topic, "in between");

    awaitData(stream("topic=" + topic + "&lastEventId=" + page), "in between");
  }

  @Test
  void aQuietStreamStaysFreshByItsHeartbeats() {
    RawStream quiet = stream("topic=" + topic);
    String before = publish("other." + topic, "nothing for it");

    await().atMost(PATIENCE).until(() -> quiet.text().contains(":\nid: " + before + "\n\n"));
  }

  @Test
  void mutesAndExceptionsHoldForWhatIsReplayedToo() {
    String before = lastEventId();
    publish(topic + ".debug", "muted");
    String id = "except-" + topic;
    server.post("probe/broadcast-except/" + id + "?topic=" + topic + ".x", "not for " + id);
    publish(topic + ".x", "heard");

    awaitData(
        stream("topic=%s.*&mute=%s.debug".formatted(topic, topic), "Last-Event-ID: " + before),
        "not for " + id,
        "heard");
    awaitData(
        keep(
            server.open(
                "probe/replay/" + id + "?topic=" + topic + ".x", "Last-Event-ID: " + before)),
        "heard");
  }

  /** As those of another system, whose pages are open while a site moves to this one. */
  @Test
  void anIdThatIsNotOursIsOfAnUnknownEpoch() {
    publish(topic, "kept");
    for (String other : List.of("42", "-1", "A-1", "a-9999999999999999999", "x".repeat(300))) {
      for (RawStream told :
          List.of(
              stream("topic=" + topic + "&lastEventId=" + other),
              stream("topic=" + topic, "Last-Event-ID: " + other))) {
        assertThat(told.status()).as(other).isEqualTo(200);
        await().atMost(PATIENCE).until(() -> told.text().contains("data: kept"));
        assertThat(told.text()).as(other).contains("event: starcast-gap");
      }
    }
  }

  @Test
  void aClientWhoseEventsAreGoneIsToldAndRecovers() {
    String before = publish(topic, "seen");
    publish(topic, "gone");
    pushOutOfTheLog();
    publish(topic, "still there");

    RawStream stream = probe("topic=" + topic, "Last-Event-ID: " + before);
    await().atMost(PATIENCE).until(() -> stream.count() == 3);

    List<ReceivedEvent> events = stream.events();
    assertThat(events.get(0).event()).isEqualTo("starcast-gap");
    assertThat(events.get(1).event()).isEqualTo("recover");
    assertThat(events.get(2).data()).isEqualTo("still there");
    assertToldOnce(events.get(0));
  }

  /**
   * The gap's id is that before the next event, so that a client that returns is not told twice.
   */
  private void assertToldOnce(ReceivedEvent gap) {
    String next = gap.data().replaceAll("\\{\"next\":\"(.*)\"}", "$1");
    String[] parts = next.split("-");
    assertThat(gap.lastEventId()).isEqualTo(parts[0] + "-" + (Long.parseLong(parts[1]) - 1));
    RawStream again = probe("topic=" + topic, "Last-Event-ID: " + gap.lastEventId());
    awaitData(again, "still there");
  }

  @Test
  void aClientOfAnotherEpochIsToldAndGetsWhatThereIs() {
    publish(topic, "there");

    RawStream stream = stream("topic=" + topic, "Last-Event-ID: formerlife-12");

    await().atMost(PATIENCE).until(() -> stream.count() == 2);
    assertThat(stream.events().get(0).event()).isEqualTo("starcast-gap");
    assertThat(stream.events().get(1).data()).isEqualTo("there");
  }

  @Test
  void earliestAsksForAllThatIsThere() {
    publish(topic, "first");
    publish(topic, "second");

    awaitData(stream("topic=" + topic + "&lastEventId=earliest"), "first", "second");
    awaitData(probe("topic=" + topic + "&resumeFrom=earliest"), "first", "second");
  }

  @Test
  void aSubscriptionMayIgnoreWhatTheRequestAsksFor() {
    String before = lastEventId();
    publish(topic, "missed");
    RawStream stream = probe("topic=" + topic + "&resumeFrom=", "Last-Event-ID: " + before);
    publish(topic, "live");

    awaitData(stream, "live");
  }

  @Test
  void aNewClientGetsItsTopicsHistoryAndOneThatResumesDoesNot() {
    publish(topic, "1");
    publish(topic, "2");
    publish("other." + topic, "other");
    String last = publish(topic, "3");

    awaitData(stream("topic=" + topic + "&history=2"), "2", "3");
    RawStream resumed = stream("topic=" + topic + "&history=2", "Last-Event-ID: " + last);
    publish(topic, "4");
    awaitData(resumed, "4");
    assertThat(server.get("probe/history?limit=2&topic=" + topic).body())
        .contains(" 3\"", " 4\"")
        .doesNotContain(" 2\"");
    assertThat(server.get("probe/history?limit=0&topic=" + topic).body()).isEqualTo("[]");
  }

  @Test
  void retainedTopicsGiveTheirStateFirstHoweverOldItIs() {
    String price = "price." + topic;
    publish(price + ".a", "a1");
    publish(price + ".b", "b1");
    publish(price + ".a", "a2");
    pushOutOfTheLog();

    RawStream stream = stream("topic=" + price + ".*&topic=" + topic);
    publish(topic, "live");

    awaitData(stream, "b1", "a2", "live");
  }

  @Test
  void aClientThatFallsBehindReadsOnFromTheLog() {
    RawStream slow =
        keep(server.stalled("probe/replay/slow-" + topic + "?messages=50&topic=" + topic + ".*"));
    // level at first: who is not yet, does not fall behind
    int delivered = server.statistics().getInt("delivered");
    publish(topic + ".x", "level");
    await().atMost(PATIENCE).until(() -> server.statistics().getInt("delivered") > delivered);
    int events = 700;
    server.post(
        "probe/storm?threads=4&padding=50000&topics=1&prefix=" + topic + "&events=" + events, "");
    assertThat(server.statistics().getInt("behind")).isPositive();

    Thread reader = new Thread(slow::readAll, "late-reader");
    reader.setDaemon(true);
    reader.start();

    await().atMost(PATIENCE).until(() -> slow.count() >= events + 1);
    assertThat(slow.data()).hasSize(events + 1).doesNotHaveDuplicates();
    publish(topic + ".x", "level again");
    await().atMost(PATIENCE).until(() -> slow.data().contains("level again"));
    assertThat(slow.count()).isEqualTo(events + 2);
  }

  @Test
  void aClientThatFallsBehindTheLogIsToldWhereItGoesOn() {
    RawStream slow =
        keep(server.stalled("probe/replay/lost-" + topic + "?messages=50&topic=" + topic + ".*"));
    server.post("probe/storm?threads=1&padding=30000&topics=1&events=1500&prefix=" + topic, "");

    Thread reader = new Thread(slow::readAll, "late-reader");
    reader.setDaemon(true);
    reader.start();

    await().atMost(PATIENCE).until(() -> hasLast(slow));
    int expected = 0;
    int gaps = 0;
    for (ReceivedEvent event : slow.events()) {
      if (event.event().equals("starcast-gap")) {
        gaps++;
        continue;
      }
      if (event.event().equals("recover")) {
        continue;
      }
      int number = Integer.parseInt(event.data().split(":")[2]);
      if (number != expected) {
        gaps--;
      }
      expected = number + 1;
    }
    assertThat(gaps).as("gaps told, less those that were").isZero();
  }

  private static boolean hasLast(RawStream stream) {
    return stream.data().stream().anyMatch(data -> data.startsWith("0:0:1499:"));
  }
}
