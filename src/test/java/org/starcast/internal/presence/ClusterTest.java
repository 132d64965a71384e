package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.starcast.RunningBroadcaster;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.wire.EventId;
import org.starcast.presence.Cluster.Node;

class ClusterTest {

  private final MemoryStream stream = new MemoryStream();
  private final List<ClusterNode> nodes = new ArrayList<>();

  private ClusterNode node() {
    ClusterNode node = new ClusterNode(stream);
    nodes.add(node);
    node.cluster().hello();
    work();
    return node;
  }

  private void work() {
    nodes.forEach(ClusterNode::work);
  }

  private static void beat(int times, ClusterNode... who) {
    for (int i = 0; i < times; i++) {
      for (ClusterNode node : who) {
        node.beat();
      }
    }
  }

  private static List<String> ids(ClusterNode node) {
    return node.cluster().nodes().stream().map(Node::id).toList();
  }

  private static String id(ClusterNode node) {
    return node.commands().node();
  }

  @Test
  void aNodeThatStartsIsKnownAndKnowsTheOthersAtOnce() {
    ClusterNode first = node();
    first.has(3, true);
    ClusterNode second = node();
    assertThat(ids(first)).containsExactlyInAnyOrder(id(first), id(second));
    assertThat(second.cluster().clients()).isEqualTo(3);
    assertThat(second.cluster().nodes())
        .filteredOn(node -> !node.self())
        .singleElement()
        .satisfies(
            node -> {
              assertThat(node.id()).isEqualTo(id(first));
              assertThat(node.clients()).isEqualTo(3);
              assertThat(node.ready()).isTrue();
            });
  }

  @Test
  void aHeartbeatTellsHowManyClientsThereAreAndWhetherMoreAreTaken() {
    ClusterNode first = node();
    ClusterNode second = node();
    second.has(7, false);
    second.beat();
    first.has(2, true);
    assertThat(first.cluster().clients()).isEqualTo(9);
    assertThat(first.cluster().nodes())
        .filteredOn(node -> !node.self())
        .extracting(Node::ready)
        .containsExactly(false);
  }

  @Test
  void aNodeThatStopsIsGoneAtOnce() {
    ClusterNode first = node();
    ClusterNode second = node();
    second.commands().end();
    assertThat(ids(first)).containsExactly(id(first));
    second.beat();
    assertThat(ids(first)).containsExactly(id(first));
  }

  @Test
  void aNodeThatSaysNothingForFourHeartbeatsIsGone() {
    ClusterNode first = node();
    ClusterNode second = node();
    ClusterNode third = node();
    beat(10, first, second, third);
    second.kill();
    beat(3, first, third);
    assertThat(ids(first)).contains(id(second));
    beat(2, first, third);
    assertThat(ids(first)).containsExactlyInAnyOrder(id(first), id(third));
    assertThat(ids(third)).containsExactlyInAnyOrder(id(first), id(third));
  }

  @Test
  void whoIsTakenForGoneAgainBeforeItsNextHeartbeatHearsOfItAsTheOthersDo() {
    ClusterNode first = node();
    ClusterNode second = node();
    List<String> heard = new ArrayList<>();
    first.commands().on(ClusterBus.NODE_GONE, (at, node, body) -> heard.add("first"));
    second.commands().on(ClusterBus.NODE_GONE, (at, node, body) -> heard.add("second"));
    beat(10, first, second);
    beat(5, first);
    assertThat(heard).containsExactly("first", "second");
    // not a heartbeat, but a sign of life
    second.commands().send(ClusterBus.PRESENCE, Json.createObjectBuilder().build());
    beat(5, first);
    assertThat(heard).containsExactly("first", "second", "first", "second");
  }

  @Test
  void aNodeThatIsCutOffTakesNobodyForGone() {
    ClusterNode first = node();
    ClusterNode second = node();
    beat(10, first, second);
    first.away(true);
    beat(3, second);
    beat(10, first);
    first.pass(Duration.ofHours(1).toNanos());
    beat(10, first);
    first.back();
    assertThat(ids(first)).containsExactlyInAnyOrder(id(first), id(second));
    assertThat(ids(second)).containsExactlyInAnyOrder(id(first), id(second));
  }

  @Test
  void noMoreThanOneHeartbeatIsUnderWay() {
    ClusterNode node = node();
    node.lag(true);
    int before = node.sent();
    beat(5, node);
    assertThat(node.sent()).isEqualTo(before + 1);
    node.lag(false);
    node.beat();
    assertThat(node.sent()).isEqualTo(before + 2);
    node.away(false);
    beat(2, node);
    assertThat(node.sent()).isEqualTo(before + 4);
  }

  @Test
  void whoIsTakenForGoneBeginsAnew() {
    ClusterNode first = node();
    ClusterNode second = node();
    beat(10, first, second);
    second.lag(true);
    beat(6, first);
    assertThat(ids(first)).containsExactly(id(first));
    second.lag(false);
    work();
    assertThat(ids(first)).containsExactlyInAnyOrder(id(first), id(second));
    assertThat(ids(second)).containsExactlyInAnyOrder(id(first), id(second));
  }

  @Test
  void whoWasHeardOfSinceIsNotGone() {
    ClusterNode first = node();
    ClusterNode second = node();
    beat(10, first, second);
    first
        .commands()
        .send(
            "node-gone", Json.createObjectBuilder().add("gone", id(second)).add("last", 1).build());
    assertThat(ids(first)).contains(id(second));
    assertThat(ids(second)).contains(id(first));
  }

  @Test
  void whatIsNoHeartbeatIsIgnored() {
    ClusterNode first = node();
    for (String body :
        List.of("", "[]", "{}", "{\"node\":1}", "{\"node\":\"x\",\"n\":1,\"clients\":\"many\"}")) {
      for (String type : List.of("node-alive", "node-gone")) {
        assertThatIllegalArgumentException()
            .isThrownBy(
                () -> first.commands().received(new EventId("e1", 1), type, body.getBytes()))
            .withMessageContaining("command " + type);
      }
    }
    assertThat(ids(first)).containsExactly(id(first));
  }

  @Test
  void whatMustNotBeLostIsSentAgainUntilItIsStored() {
    ClusterNode first = node();
    ClusterNode second = node();
    List<String> heard = new ArrayList<>();
    second.commands().on("stop", (at, node, body) -> heard.add(body.getString("what")));
    first.away(false);
    CompletableFuture<Void> stored =
        first
            .commands()
            .sendUntilStored("stop", Json.createObjectBuilder().add("what", "ann").build())
            .toCompletableFuture();
    beat(3, first);
    assertThat(stored).isNotDone();
    first.back();
    beat(1, first);
    assertThat(stored).isCompleted();
    assertThat(heard).containsExactly("ann");
    beat(2, first);
    assertThat(heard).hasSize(1);
  }

  @Test
  void whatMustNotBeLostAndIsFailsWhenTheNodeEndsOrTooMuchWaits() {
    ClusterNode node = node();
    node.away(false);
    CompletableFuture<Void> first = until(node);
    for (int i = 0; i < 9_999; i++) {
      until(node);
    }
    assertThat(until(node)).isCompletedExceptionally();
    assertThat(first).isNotDone();
    node.commands().end();
    assertThat(first).isCompletedExceptionally();
    assertThat(until(node)).isCompletedExceptionally();
  }

  private static CompletableFuture<Void> until(ClusterNode node) {
    return node.commands()
        .sendUntilStored("stop", JsonObject.EMPTY_JSON_OBJECT)
        .toCompletableFuture();
  }

  @Test
  void noMoreThanAThousandNodesAreKnown() {
    ClusterNode first = node();
    try (LogCapture log = new LogCapture("org.starcast.internal.backplane")) {
      for (int i = 0; i < 1200; i++) {
        alive(first, "x" + i);
      }
      // by their age
      assertThat(ids(first)).hasSize(1000).last().isEqualTo(id(first));
      assertThat(log.records()).hasSize(1);
    }
    says(first, "x1", ClusterBus.NODE_GONE, "\"gone\":\"x0\",\"last\":1");
    alive(first, "y");
    alive(first, "z");
    assertThat(ids(first)).hasSize(1000).contains("y").doesNotContain("x0", "z");
  }

  private static void alive(ClusterNode at, String node) {
    says(at, node, ClusterBus.NODE_ALIVE, "\"n\":1,\"clients\":1,\"since\":0,\"ready\":true");
  }

  private static void says(ClusterNode at, String node, String type, String body) {
    byte[] bytes = ("{\"node\":\"" + node + "\"," + body + "}").getBytes();
    at.commands().received(new EventId("e1", 1), type, bytes);
  }

  /** Which nodes a node declares gone, and their last heartbeats. */
  private static List<String> declared(ClusterNode by) {
    List<String> gone = new ArrayList<>();
    by.commands()
        .on(
            ClusterBus.NODE_GONE,
            (at, node, body) -> {
              if (node.equals(id(by))) {
                gone.add(body.getString("gone") + " " + body.getInt("last"));
              }
            });
    return gone;
  }

  @Test
  void whoHasJustStartedLeavesItToOthersForEightHeartbeats() {
    ClusterNode first = node();
    alive(first, "x");
    List<String> gone = declared(first);
    int beats = 1;
    while (gone.isEmpty() && beats < 20) {
      first.beat();
      beats++;
    }
    assertThat(gone).containsExactly("x 1");
    // it is said before the ninth
    assertThat(beats).isEqualTo(9);
  }

  @Test
  void whoIsOnlyNamedOrOnlySpeaksIsLookedAfterToo() {
    ClusterNode first = node();
    beat(10, first);
    List<String> gone = declared(first);
    String named = "\"nodes\":{\"w\":3,\"" + id(first) + "\":99}";
    says(first, "v", ClusterBus.PRESENCE, named);
    says(first, "u", ClusterBus.NODE_GONE, "\"gone\":\"nobody\",\"last\":0");
    says(first, id(first), ClusterBus.PRESENCE, "\"x\":0");
    beat(4, first);
    assertThat(gone).isEmpty();
    beat(1, first);
    assertThat(gone).containsExactlyInAnyOrder("u 0", "v 0", "w 3");
    beat(10, first);
    assertThat(gone).hasSize(3);
  }

  @Test
  void aHeartbeatThatDoesNotComeBackIsSentAgainAfterAMinute() {
    ClusterNode first = node();
    first.lag(true);
    first.beat();
    int sent = first.sent();
    first.pass(TimeUnit.MINUTES.toNanos(1) - 1);
    first.beat();
    assertThat(first.sent()).isEqualTo(sent);
    first.pass(1);
    first.beat();
    assertThat(first.sent()).isEqualTo(sent + 1);
    // commands were lost: it may be among them
    first.commands().missed();
    first.beat();
    assertThat(first.sent()).isEqualTo(sent + 2);
  }

  @Test
  void aNodeThatSharesNothingIsTheOnlyOne() {
    try (RunningBroadcaster running = new RunningBroadcaster()) {
      assertThat(running.cluster().nodes()).singleElement().matches(Node::self);
      assertThat(running.cluster().clients()).isZero();
    }
  }
}
