package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.starcast.it.Members.awaitMoves;
import static org.starcast.it.Members.moves;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who is there, on two Payara Micro and a WildFly together: see {@link Cluster}. A class of its
 * own, as with presence all clients without a name are told a token, which {@link ClusterIT}'s
 * would count.
 */
@EnabledIfSystemProperty(named = "payara.microJar", matches = ".+")
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class ClusterPresenceIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir static Path temp;

  private static Cluster cluster;

  private final List<RawStream> open = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    cluster =
        new Cluster(
            temp,
            Map.of("STARCAST_PRESENCE_ENABLED", "true", "STARCAST_PRESENCE_AWAY", "PT15S"),
            Map.of());
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @AfterEach
  void closeStreams() throws IOException {
    for (RawStream stream : open) {
      stream.close();
    }
  }

  private RawStream keep(RawStream stream) {
    open.add(stream);
    assertThat(stream.status()).isEqualTo(200);
    return stream;
  }

  private RawStream user(int node, String user, String topic) {
    return keep(cluster.server(node).open("presence/stream/" + user + "?topic=" + topic));
  }

  /** A client of each of these nodes that hears who joins and leaves. */
  private List<RawStream> watchers(String topic, int... nodes) {
    return IntStream.of(nodes)
        .mapToObj(node -> keep(cluster.server(node).stream("topic=starcast.presence." + topic)))
        .toList();
  }

  /** That these nodes know these members, with the numbers of their clients on all nodes. */
  private static void awaitMembers(String topic, List<Integer> nodes, String... members) {
    Members.awaitMembers(topic, nodes.stream().map(cluster::server).toList(), members);
  }

  @Test
  void aUserOfSeveralNodesIsOneMemberWhoseLastClientCounts() throws Exception {
    String topic = "lobby";
    List<Integer> all = List.of(0, 1, 2);
    List<RawStream> watchers = watchers(topic, 0, 1, 2);

    RawStream one = user(0, "ann", topic);
    awaitMoves(watchers, "ann", "join");
    awaitMembers(topic, all, "ann:1");
    RawStream two = user(2, "ann", topic);
    awaitMembers(topic, all, "ann:2");
    // comes later, so that a second join would have been told before
    RawStream marker = user(1, "marker", topic);
    awaitMoves(watchers, "marker", "join");
    awaitMoves(watchers, "ann", "join");

    one.reset();
    awaitMembers(topic, all, "ann:1", "marker:1");
    marker.reset();
    awaitMoves(watchers, "marker", "join", "away");
    awaitMoves(watchers, "ann", "join");
    two.reset();
    awaitMoves(watchers, "ann", "join", "away");

    RawStream three = user(1, "ann", topic);
    awaitMoves(watchers, "ann", "join", "away", "back");
    three.reset();
    awaitMoves(watchers, "ann", "join", "away", "back", "away", "leave");
    awaitMoves(watchers, "marker", "join", "away", "leave");
    awaitMembers(topic, all);

    assertThat(
            all.stream()
                .flatMap(node -> Members.strings(cluster.server(node), "presence/moves").stream()))
        .filteredOn(move -> move.endsWith(" ann " + topic))
        .as("CDI events, each on one node")
        .containsExactlyInAnyOrder(
            Stream.of("JOIN", "AWAY", "BACK", "AWAY", "LEAVE")
                .map(action -> action + " ann " + topic)
                .toArray(String[]::new));
  }

  @Test
  void theUsersOfANodeThatIsKilledLeave() throws Exception {
    String topic = "hall";
    List<Integer> rest = List.of(0, 2);
    List<RawStream> watchers = watchers(topic, 0, 2);
    user(0, "carol", topic);
    user(1, "carol", topic);
    user(2, "dan", topic);
    awaitMembers(topic, List.of(0, 1, 2), "carol:2", "dan:1");
    user(1, "eve", topic);
    awaitMembers(topic, List.of(0, 1, 2), "carol:2", "dan:1", "eve:1");

    cluster.node(1).kill();

    awaitMembers(topic, rest, "carol:1", "dan:1");
    for (RawStream watcher : watchers) {
      await().atMost(PATIENCE).until(() -> moves(watcher).contains("leave eve"));
      assertThat(moves(watcher))
          .containsExactlyInAnyOrder("join carol", "join dan", "join eve", "leave eve");
    }
    cluster.node(1).start();
    cluster.node(1).ready();
    awaitMembers(topic, List.of(1), "carol:1", "dan:1");
  }
}
