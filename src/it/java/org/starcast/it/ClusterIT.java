package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.internal.wire.EventId;
import org.starcast.testing.ReceivedEvent;

/**
 * Two Payara Micro and a WildFly, joined by NATS: see {@link Cluster}. All nodes wait for a broker
 * that is away, but for the WildFly one, which refuses what is published meanwhile.
 */
@EnabledIfSystemProperty(named = "payara.microJar", matches = ".+")
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class ClusterIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int NODES = 3;
  private static final int RING = 200;

  @TempDir static Path temp;

  private static Cluster cluster;

  @BeforeAll
  static void start() throws Exception {
    cluster =
        new Cluster(
            temp,
            Map.of("STARCAST_LOG_EVENTS", "" + RING, "STARCAST_RETRY", "PT0.1S"),
            Map.of("STARCAST_BACKPLANE_WHEN_AWAY", "fail"));
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static Server server(int node) {
    return cluster.server(node);
  }

  private static List<RawStream> onAllNodes(String query) {
    List<RawStream> streams =
        IntStream.range(0, NODES).mapToObj(node -> server(node).stream(query)).toList();
    assertThat(streams).allSatisfy(stream -> assertThat(stream.status()).isEqualTo(200));
    return streams;
  }

  private static void awaitHealth(int payara, String backplane) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(server(payara).get("/health/ready").body())
                    .containsPattern("\"backplane\" *: *\"" + backplane + "\""));
  }

  private static void close(List<RawStream> streams) throws Exception {
    for (RawStream stream : streams) {
      stream.close();
    }
  }

  private static String id(HttpResponse<String> response) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
    return json(response).getString("id", null);
  }

  private static JsonObject json(HttpResponse<String> response) {
    try (var reader = Json.createReader(new StringReader(response.body()))) {
      return reader.readObject();
    }
  }

  /** Publishes with two threads on each node; data by sequence, of what is known to be stored. */
  private static NavigableMap<Long, String> publishOnAllNodes(String topic, int each) {
    NavigableMap<Long, String> published = new ConcurrentSkipListMap<>();
    CompletableFuture.allOf(
            IntStream.range(0, 2 * NODES)
                .mapToObj(
                    thread ->
                        CompletableFuture.runAsync(
                            () -> {
                              for (int i = 0; i < each; i++) {
                                String data = thread + ":" + i;
                                String id =
                                    id(
                                        server(thread % NODES)
                                            .publish("topic", topic, "data", data));
                                if (id != null) { // else it was not stored within a second
                                  published.put(EventId.parse(id).sequence(), data);
                                }
                              }
                            },
                            task -> new Thread(task, "publisher-" + thread).start()))
                .toArray(CompletableFuture[]::new))
        .join();
    return published;
  }

  /** Publishes on one node; the ids. */
  private static List<String> publish(int node, String prefix, int from, int count) {
    String ids =
        server(node)
            .post("probe/batch?prefix=" + prefix + "&topics=1&from=" + from + "&count=" + count, "")
            .body();
    return ids.lines().toList();
  }

  private static void awaitCount(RawStream stream, int count) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(stream.count()).isGreaterThanOrEqualTo(count));
  }

  private static List<Long> sequences(List<ReceivedEvent> events) {
    return events.stream().map(event -> EventId.parse(event.lastEventId()).sequence()).toList();
  }

  private static List<String> data(List<ReceivedEvent> events) {
    return events.stream().map(ReceivedEvent::data).toList();
  }

  private static List<String> numbers(String name, int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "0:" + name + ":" + i).toList();
  }

  @Test
  void whatIsPublishedOnAnyNodeReachesTheClientsOfAllInTheSameOrder() throws Exception {
    List<RawStream> streams = onAllNodes("topic=order.*");

    NavigableMap<Long, String> published = publishOnAllNodes("order.a", 50);

    assertThat(published).isNotEmpty();
    for (RawStream stream : streams) {
      awaitCount(stream, 2 * NODES * 50);
      NavigableMap<Long, String> received = new TreeMap<>();
      stream
          .events()
          .forEach(e -> received.put(EventId.parse(e.lastEventId()).sequence(), e.data()));
      assertThat(received).hasSize(2 * NODES * 50).containsAllEntriesOf(published);
      assertThat(sequences(stream.events())).isEqualTo(List.copyOf(received.keySet()));
      assertThat(stream.data()).doesNotHaveDuplicates();
      for (int thread = 0; thread < 2 * NODES; thread++) {
        String publisher = thread + ":";
        assertThat(stream.data())
            .filteredOn(data -> data.startsWith(publisher))
            .isEqualTo(IntStream.range(0, 50).mapToObj(i -> publisher + i).toList());
      }
      assertThat(stream.events()).isEqualTo(streams.get(0).events());
    }
    close(streams);
  }

  @Test
  void aClientGoesOnOnAnyOtherNode() throws Exception {
    List<ReceivedEvent> got = new ArrayList<>();
    String[] resume = {};
    RawStream stream = server(0).stream("topic=hop.*");
    for (int hop = 1; hop <= 6; hop++) {
      publish(hop % NODES, "hop", 20 * hop - 20, 10);
      awaitCount(stream, 10);
      stream.reset();
      got.addAll(stream.events().subList(0, 10));
      publish((hop + 1) % NODES, "hop", 20 * hop - 10, 10);
      resume = new String[] {"Last-Event-ID: " + got.get(got.size() - 1).lastEventId()};
      stream = server(hop % NODES).stream("topic=hop.*", resume);
      awaitCount(stream, 10);
      stream.reset();
      got.addAll(stream.events().subList(0, 10));
      resume[0] = "Last-Event-ID: " + got.get(got.size() - 1).lastEventId();
      stream = server((hop + 2) % NODES).stream("topic=hop.*", resume);
    }
    stream.close();

    assertThat(data(got)).isEqualTo(numbers("", 0, 120));
  }

  @Test
  void whatANodeDoesNotKeepAnyMoreIsReadFromTheStream() throws Exception {
    String first = publish(0, "old", 0, 1).get(0);
    for (int i = 0; i < 5; i++) {
      publish(i % NODES, "old", 1 + i * RING, RING);
    }

    for (int node = 0; node < NODES; node++) {
      RawStream stream = server(node).stream("topic=old.*", "Last-Event-ID: " + first);
      awaitCount(stream, 5 * RING);
      String live = "after-" + node;
      id(server((node + 1) % NODES).publish("topic", "old.live", "data", live));
      await().atMost(PATIENCE).until(() -> stream.data().contains(live));
      assertThat(stream.data().subList(0, 5 * RING)).isEqualTo(numbers("", 1, 5 * RING + 1));
      assertThat(stream.data()).hasSize(5 * RING + node + 1);
      stream.close();
    }
  }

  @Test
  void aClientAndAUserAreReachedFromAnyNodeAndRevokedOnAll() throws Exception {
    RawStream one = server(0).open("probe/stream/far-1?topic=far&user=ann");
    RawStream two = server(1).open("probe/stream/far-2?topic=far&user=ann");
    RawStream other = server(2).open("probe/stream/far-3?topic=far&user=bob");

    assertThat(server(2).post("probe/send/far-1", "to one").body()).isEqualTo("true");
    server(1).post("probe/send/far-3", "to three");
    await().atMost(PATIENCE).until(() -> one.data().contains("to one"));
    await().atMost(PATIENCE).until(() -> other.data().contains("to three"));
    server(2).post("probe/send-to-user/ann", "to ann");
    // what two nodes send has no order until it is stored
    for (RawStream stream : List.of(one, two)) {
      await().atMost(PATIENCE).until(() -> stream.data().contains("to ann"));
    }
    id(server(0).publish("topic", "far", "data", "to all"));
    for (RawStream stream : List.of(one, two, other)) {
      await().atMost(PATIENCE).until(() -> stream.data().contains("to all"));
    }
    assertThat(one.data()).containsExactly("to one", "to ann", "to all");
    assertThat(two.data()).containsExactly("to ann", "to all");
    assertThat(other.data()).containsExactly("to three", "to all");

    server(2).post("probe/revoke/ann", "");
    await().atMost(PATIENCE).until(() -> one.ended() && two.ended());
    id(server(1).publish("topic", "far", "data", "still there"));
    await().atMost(PATIENCE).until(() -> other.data().contains("still there"));
    assertThat(server(0).statistics().getJsonObject("closed").getInt("REVOKED")).isEqualTo(1);
    assertThat(server(1).statistics().getJsonObject("closed").getInt("REVOKED")).isEqualTo(1);
    other.close();
  }

  @Test
  void theClientsOfADrainedNodeGoOnOnTheOthers() throws Exception {
    int clients = 20;
    List<RawStream> streams = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      streams.add(server(1).stream("topic=drain.*"));
    }
    publish(0, "drain", 0, 10);

    CompletableFuture<Void> publishing =
        CompletableFuture.runAsync(
            () -> {
              for (int i = 1; i < 20; i++) {
                publish(2, "drain", i * 10, 10);
              }
            });
    server(1).post("probe/drain?window=PT1S", "");
    List<List<ReceivedEvent>> before = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      RawStream stream = streams.get(i);
      await().atMost(PATIENCE).until(stream::ended);
      List<ReceivedEvent> events =
          stream.events().stream().filter(event -> !event.event().equals("farewell")).toList();
      before.add(events);
      String last = events.isEmpty() ? "earliest" : events.get(events.size() - 1).lastEventId();
      streams.set(i, server(i % 2 * 2).stream("topic=drain.*&lastEventId=" + last));
    }
    assertThat(server(1).stream("topic=drain.*").status()).isEqualTo(503);
    publishing.join();

    for (int i = 0; i < clients; i++) {
      RawStream stream = streams.get(i);
      List<ReceivedEvent> all = new ArrayList<>(before.get(i));
      awaitCount(stream, 200 - all.size());
      all.addAll(stream.events());
      assertThat(data(all)).isEqualTo(numbers("", 0, 200));
    }
    close(streams);
    cluster.node(1).kill();
    cluster.node(1).start();
    cluster.node(1).ready();
  }

  @Test
  void aBrokerThatIsKilledCostsNothingThatWasAcknowledgedAndNoConnection() throws Exception {
    List<RawStream> streams = onAllNodes("topic=broker.*");
    List<List<String>> ids = new ArrayList<>();
    CompletableFuture<?>[] publishing = new CompletableFuture<?>[NODES];
    for (int node = 0; node < NODES; node++) {
      int at = node;
      List<String> own = new ArrayList<>();
      ids.add(own);
      publishing[node] =
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 100; i++) {
                  own.addAll(publish(at, "broker", (at * 100 + i) * 10, 10));
                }
              },
              task -> new Thread(task, "publisher-" + at).start());
    }
    for (int kill = 1; kill <= 2; kill++) {
      int goal = kill * 500;
      await().atMost(PATIENCE).until(() -> streams.get(0).count() > goal);
      cluster.broker().kill();
      cluster.broker().start();
    }
    CompletableFuture.allOf(publishing).join();
    String last = id(awaitStored(0, "broker.end", "end"));

    for (RawStream stream : streams) {
      await()
          .atMost(PATIENCE)
          .until(() -> stream.events().stream().anyMatch(e -> e.lastEventId().equals(last)));
      assertThat(stream.ended()).isFalse();
      List<ReceivedEvent> events = stream.events();
      assertThat(sequences(events)).isSorted();
      assertThat(data(events)).doesNotHaveDuplicates();
      assertThat(events.stream().map(ReceivedEvent::event)).containsOnly("message");
      assertThat(events).isEqualTo(streams.get(0).events());
      Map<String, String> byId = new java.util.HashMap<>();
      events.forEach(event -> byId.put(event.lastEventId(), event.data()));
      for (int node = 0; node < NODES; node++) {
        for (int i = 0; i < 1000; i++) {
          String id = ids.get(node).get(i);
          if (id.length() > 1) {
            assertThat(byId).containsEntry(id, "0::" + (node * 1000 + i));
          }
        }
      }
    }
    // those that wait for the broker miss none
    assertThat(ids.get(0)).doesNotContain("-", "?");
    assertThat(ids.get(1)).doesNotContain("-", "?");
    close(streams);
  }

  /** Once the node has its connection again. */
  private static HttpResponse<String> awaitStored(int node, String topic, String data) {
    return await()
        .atMost(PATIENCE)
        .until(
            () -> server(node).publish("topic", topic, "data", data),
            response -> response.statusCode() == 202 && json(response).containsKey("id"));
  }

  @Test
  void whatIsPublishedWhileTheBrokerIsAwayWaitsOrIsRefused() throws Exception {
    List<RawStream> streams = onAllNodes("topic=away.*");
    cluster.broker().stop();

    HttpResponse<String> refused =
        await()
            .atMost(PATIENCE)
            .until(
                () -> server(2).publish("topic", "away.a", "data", "refused"),
                response -> response.statusCode() == 503);
    HttpResponse<String> waits = server(0).publish("topic", "away.a", "data", "waits");
    int unstored = server(2).statistics().getInt("unstored");
    String inTransaction = "transactions/fire?topic=away.a";
    assertThat(server(2).post(inTransaction, "too late").body()).isEqualTo("committed");
    assertThat(server(0).post(inTransaction, "in time").body()).isEqualTo("committed");

    assertThat(refused.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/problem+json");
    assertThat(refused.headers().firstValue("Retry-After")).contains("2");
    assertThat(json(refused).getInt("status")).isEqualTo(503);
    assertThat(id(waits)).isNull();
    // after the commit nobody is left to catch
    await().atMost(PATIENCE).until(() -> server(2).journalHas("unpublished too late"));
    assertThat(server(2).statistics().getInt("unstored")).isGreaterThan(unstored);
    awaitHealth(0, "away");
    cluster.broker().start();
    for (RawStream stream : streams) {
      await().atMost(PATIENCE).until(() -> stream.data().contains("in time"));
      assertThat(stream.ended()).isFalse();
    }
    for (int node = 0; node < NODES; node++) {
      awaitStored(node, "away.b", "back " + node);
    }
    await().atMost(PATIENCE).until(() -> streams.get(0).data().contains("back 2"));
    assertThat(streams.get(0).data())
        .containsOnlyOnce("waits", "in time")
        .doesNotContain("too late");
    assertThat(server(0).journalHas("unpublished in time")).isFalse();
    awaitHealth(0, "up");
    close(streams);
  }
}
