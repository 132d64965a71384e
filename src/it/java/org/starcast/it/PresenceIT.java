package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.io.IOException;
import java.io.StringReader;
import java.net.URL;
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

/** Users come, go, and come back, with one tab or two. */
@ArquillianTest
@RunAsClient
class PresenceIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ArquillianResource URL base;

  private final List<RawStream> open = new ArrayList<>();
  private final String topic = "t-" + UUID.randomUUID();
  private Server server;
  private RawStream watcher;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with("starcast.presence.enabled", "true");
  }

  @BeforeEach
  void watch() {
    server = new Server(base);
    watcher = keep(server.stream("topic=starcast.presence." + topic));
  }

  @AfterEach
  void closeStreams() throws IOException {
    for (RawStream stream : open) {
      stream.close();
    }
  }

  private RawStream keep(RawStream stream) {
    open.add(stream);
    return stream;
  }

  private RawStream user(String user) {
    return keep(server.open("presence/stream/" + user + "?topic=" + topic));
  }

  private List<String> strings(String path) {
    try (var reader = Json.createReader(new StringReader(server.get(path).body()))) {
      return reader.readArray().getValuesAs(JsonString::getString);
    }
  }

  private String cursor() {
    return strings("presence/on?topic=" + topic).get(0);
  }

  private void awaitMembers(String... members) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              List<String> answer = strings("presence/on?topic=" + topic);
              assertThat(answer.subList(1, answer.size())).containsExactlyInAnyOrder(members);
            });
  }

  /** The messages about the topic as {@code join ann}. */
  private static List<String> moves(RawStream stream) {
    return stream.events().stream()
        .filter(event -> event.event().equals("starcast-presence"))
        .map(
            event -> {
              JsonObject data = json(event.data());
              return data.getString("action") + " " + data.getString("user");
            })
        .toList();
  }

  private static JsonObject json(String data) {
    try (var reader = Json.createReader(new StringReader(data))) {
      return reader.readObject();
    }
  }

  private static void awaitMoves(RawStream stream, String... moves) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(moves(stream)).containsExactly(moves));
  }

  /** What the server tells a client without a name. */
  private static JsonObject told(RawStream stream) {
    await().atMost(PATIENCE).until(() -> stream.count() > 0);
    assertThat(stream.events().get(0).event()).isEqualTo("starcast-client");
    return json(stream.events().get(0).data());
  }

  @Test
  void whoComesAndGoesIsToldOnceAndInOrder() throws IOException {
    RawStream ann = user("ann");
    awaitMembers("ann:1");
    String cursor = cursor();
    RawStream bob = user("bob");
    awaitMembers("ann:1", "bob:1");

    ann.reset();
    awaitMembers("ann:0", "bob:1");
    bob.reset();

    awaitMoves(watcher, "join ann", "join bob", "leave ann", "leave bob");
    awaitMembers();
    assertThat(strings("presence/moves"))
        .filteredOn(move -> move.endsWith(topic))
        .containsExactly(
            "JOIN ann " + topic, "JOIN bob " + topic, "LEAVE ann " + topic, "LEAVE bob " + topic);
    RawStream late =
        keep(server.stream("topic=starcast.presence." + topic + "&lastEventId=" + cursor));
    awaitMoves(late, "join bob", "leave ann", "leave bob");
  }

  @Test
  void aUserWhoIsBackInTimeIsNotMissed() throws IOException {
    RawStream ann = user("ann");
    awaitMembers("ann:1");
    RawStream marker = user("marker");
    awaitMembers("ann:1", "marker:1");

    ann.reset();
    awaitMembers("ann:0", "marker:1");
    user("ann");
    awaitMembers("ann:1", "marker:1");
    // goes later: by the time that it is said to have left, the other would have been
    marker.reset();

    awaitMoves(watcher, "join ann", "join marker", "leave marker");
    awaitMembers("ann:1");
  }

  @Test
  void aClientWithoutANameIsKnownByItsToken() throws IOException {
    RawStream first = keep(server.stream("topic=" + topic));
    JsonObject token = told(first);
    String id = token.getString("id");
    awaitMembers(id + ":1");
    RawStream marker = user("marker");
    awaitMembers(id + ":1", "marker:1");

    first.reset();
    awaitMembers(id + ":0", "marker:1");
    JsonObject again =
        told(keep(server.stream("topic=" + topic + "&resume=" + token.getString("resume"))));
    awaitMembers(id + ":1", "marker:1");
    assertThat(again.getString("id")).isNotEqualTo(id);
    assertThat(again.getString("resume")).isEqualTo(token.getString("resume"));
    marker.reset();

    awaitMoves(watcher, "join " + id, "join marker", "leave marker");

    JsonObject forger = told(keep(server.stream("topic=" + topic + "&resume=forged-" + id)));
    awaitMembers(id + ":1", forger.getString("id") + ":1");
  }

  @Test
  void twoTabsAreOneMemberAndBothAreSentTo() throws IOException {
    RawStream one = user("tabby");
    RawStream two = user("tabby");
    RawStream bob = user("bob");
    awaitMembers("tabby:2", "bob:1");

    assertThat(server.post("presence/send/tabby", "to tabby").body()).isEqualTo("2");

    await().atMost(PATIENCE).until(() -> one.data().contains("to tabby"));
    await().atMost(PATIENCE).until(() -> two.data().contains("to tabby"));
    one.reset();
    awaitMembers("tabby:1", "bob:1");
    bob.reset();
    await().atMost(PATIENCE).until(() -> moves(watcher).contains("leave bob"));
    assertThat(moves(watcher)).containsExactlyInAnyOrder("join tabby", "join bob", "leave bob");
    assertThat(bob.data()).isEmpty();
  }
}
