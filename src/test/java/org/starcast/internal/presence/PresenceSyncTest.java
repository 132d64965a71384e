package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.presence.PresenceCommand.Row;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.presence.PresenceState.Transition;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.SseFormat;
import org.starcast.presence.PresenceEvent;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/** Nodes in memory, whose every step the test takes. */
class PresenceSyncTest {

  private static final Duration GRACE = Duration.ofSeconds(5);

  private final MemoryStream stream = new MemoryStream();
  private final List<Node> nodes = new ArrayList<>();

  /** The messages that are stored, in that order. */
  private final List<String> told = new ArrayList<>();

  /** The joins and leaves that the application of any node is told. */
  private final List<String> fired = new ArrayList<>();

  PresenceSyncTest() {
    stream.node().start(new Reader(), null);
  }

  /** Reads the messages. */
  private final class Reader implements Backplane.Receiver {

    @Override
    public void began(String epoch, long after, List<? extends StoredEvent> states) {}

    @Override
    public void received(StoredEvent event, OutgoingEvent envelope) {
      String data = SseFormat.decode(event.bytes(), event.length()).data().orElseThrow();
      try (var reader = Json.createReader(new StringReader(data))) {
        JsonObject message = reader.readObject();
        assertThat(event.topics())
            .containsExactly("starcast.presence." + message.getString("topic"));
        told.add(
            move(
                message.getString("action"),
                message.getString("user"),
                message.getString("topic")));
      }
    }

    @Override
    public void missed(long upTo) {}

    @Override
    public void commanded(long sequence, String type, byte[] body) {}

    @Override
    public List<? extends StoredEvent> states() {
      return List.of();
    }
  }

  private static String move(String action, String user, String topic) {
    return Character.toUpperCase(action.charAt(0)) + " " + user + " " + topic;
  }

  /** A node, and what is so of its clients. */
  private final class Node {
    private final ClusterNode node = new ClusterNode(stream);
    private final Queue<Runnable> work = new ArrayDeque<>();
    private final Map<Key, PresenceEntry> own = new HashMap<>();
    private final PresenceSync sync =
        new PresenceSync(node.commands(), GRACE, node::nanos, work::add, this::fire);
    private final int startedAt = told.size();

    Node() {
      nodes.add(this);
    }

    private void fire() {
      for (PresenceEvent next = sync.event(); next != null; next = sync.event()) {
        fired.add(move(next.action().name(), next.user(), next.topic()));
      }
    }

    String id() {
      return node.commands().node();
    }

    void on(String user, String place) {
      set(user, place, new PresenceEntry(UserState.PRESENT, 1, 1000, 1000, null));
    }

    void off(String user, String place) {
      set(user, place, null);
    }

    void set(String user, String place, PresenceEntry fact) {
      Key key = new Key(place, user);
      if (fact == null) {
        own.remove(key);
      } else {
        own.put(key, fact);
      }
      sync.set(key, fact);
    }

    boolean step() {
      Runnable task = work.poll();
      if (task != null) {
        task.run();
      }
      return task != null;
    }

    /** Who is in the place, here or elsewhere. */
    Set<String> on(String place) {
      Set<String> users = new TreeSet<>();
      own.keySet().stream()
          .filter(key -> key.topic().equals(place))
          .forEach(key -> users.add(key.user()));
      sync.others(place, (name, key, entry) -> users.add(key.user()));
      return users;
    }
  }

  /** All nodes do all that they have to, and some time passes. */
  private void settle(Node... those) {
    List<Node> running = those.length == 0 ? nodes : Arrays.asList(those);
    for (int i = 0; i < 12; i++) {
      for (Node node : running) {
        node.node.pass(PresenceReplication.TICK.toNanos());
        node.node.beat();
        node.node.work();
        node.sync.tick();
        work(running);
      }
    }
  }

  private static void work(List<Node> running) {
    boolean more = true;
    while (more) {
      more = false;
      for (Node node : running) {
        more |= node.step();
      }
    }
  }

  private void work() {
    work(nodes);
  }

  /** Nodes that are ready. */
  private Node[] start(int count) {
    Node[] started = new Node[count];
    for (int i = 0; i < count; i++) {
      started[i] = new Node();
    }
    settle();
    return started;
  }

  @Test
  void joinsAndLeavesAreToldOnce() {
    Node[] n = start(3);
    n[0].on("ann", "a");
    work();
    assertThat(told).containsExactly("J ann a");
    for (Node node : n) {
      assertThat(node.on("a")).containsExactly("ann");
    }
    n[0].off("ann", "a");
    work();
    assertThat(told).containsExactly("J ann a", "L ann a");
    assertThat(fired).as("on one of the nodes").isEqualTo(told);
    for (Node node : n) {
      assertThat(node.on("a")).isEmpty();
    }
  }

  @Test
  void clientsOfTwoNodesAreOneMember() {
    Node[] n = start(2);
    n[0].on("ann", "a");
    n[1].on("ann", "a");
    work();
    n[0].off("ann", "a");
    work();
    assertThat(told).containsExactly("J ann a");
    n[1].off("ann", "a");
    work();
    assertThat(told).containsExactly("J ann a", "L ann a");
  }

  @Test
  void aHopToAnotherNodeIsNeitherALeaveNorAJoin() {
    Node[] n = start(2);
    n[0].on("ann", "a");
    work();
    n[1].on("ann", "a");
    n[0].off("ann", "a");
    n[1].step();
    n[0].step();
    work();
    assertThat(told).containsExactly("J ann a");
    assertThat(n[0].on("a")).containsExactly("ann");
  }

  @Test
  void whatAnotherNodeHasYetToTellComesFirst() {
    Node[] n = start(2);
    n[0].on("ann", "a");
    work();
    n[0].node.failAppends(true);
    n[0].off("ann", "a");
    work();
    n[1].on("ann", "a");
    work();
    assertThat(told).containsExactly("J ann a");
    n[0].node.failAppends(false);
    settle();
    assertThat(told).containsExactly("J ann a", "L ann a", "J ann a");
    assertThat(fired).isEqualTo(told);
    // and when it has been told, whoever makes a change tells it
    n[0].node.failAppends(true);
    n[1].off("ann", "a");
    work();
    assertThat(told).hasSize(4);
  }

  @Test
  void usersOfANodeThatIsKilledLeave() {
    Node[] n = start(3);
    n[0].on("ann", "a");
    n[0].on("bob", "a");
    n[1].on("bob", "a");
    settle();
    n[0].node.kill();
    settle(n[1], n[2]);
    assertThat(told).containsExactlyInAnyOrder("J ann a", "J bob a", "L ann a");
    assertThat(n[2].on("a")).containsExactly("bob");
  }

  @Test
  void whatANodeThatIsKilledHadToTellIsToldByAnother() {
    Node[] n = start(3);
    n[0].on("ann", "a");
    n[0].on("ann", "b");
    n[0].step();
    n[1].on("ann", "b");
    n[1].step();
    n[0].node.kill();
    settle(n[1], n[2]);
    assertThat(told).contains("L ann a", "J ann b").doesNotContain("L ann b");
  }

  @Test
  void whoWasTakenForGoneTellsItsUsersAnew() {
    Node[] n = start(2);
    n[0].on("ann", "a");
    settle();
    n[0].node.lag(true);
    settle(n[1]);
    assertThat(told).containsExactly("J ann a", "L ann a");
    n[0].node.lag(false);
    settle();
    assertThat(told).containsExactly("J ann a", "L ann a", "J ann a");
    assertThat(n[1].on("a")).containsExactly("ann");
  }

  @Test
  void whoWasTakenForGoneDoesNotTellWhatIsOld() {
    Node[] n = start(2);
    n[0].node.lag(true);
    n[0].on("ann", "a");
    n[0].step();
    settle(n[1]);
    assertThat(told).containsExactly("J ann a", "L ann a");
    n[0].node.pass(Duration.ofMinutes(1).toNanos());
    n[0].off("ann", "a");
    n[0].node.lag(false);
    settle();
    assertThat(told).containsExactly("J ann a", "L ann a");
    assertThat(fired).isEqualTo(told);
    assertThat(n[1].on("a")).isEmpty();
  }

  @Test
  void aMessageOfWhoWasTakenForGoneThatComesLateIsStoredOnce() {
    Node[] n = start(2);
    n[0].on("ann", "a");
    n[0].step();
    n[0].node.holdAppends();
    n[0].step();
    assertThat(told).isEmpty();
    n[0].node.away(true);
    n[0].off("ann", "a");
    settle(n[1]);
    assertThat(told).containsExactly("J ann a", "L ann a");
    n[0].node.back();
    settle();
    assertThat(told).containsExactly("J ann a", "L ann a");
    assertThat(fired).isEqualTo(told);
  }

  @Test
  void whoWasTakenForGoneByOneThatDidNotKnowItsUsersTellsThem() {
    Node first = new Node();
    settle();
    first.on("ann", "a");
    first.step();
    first.node.lag(true);
    Node second = new Node();
    settle(second);
    assertThat(second.on("a")).isEmpty();
    first.node.lag(false);
    settle();
    assertThat(told).last().isEqualTo("J ann a");
    assertThat(second.on("a")).containsExactly("ann");
  }

  @Test
  void whoStartsKnowsWhatAThirdOneHasYetToTell() {
    Node[] n = start(2);
    n[0].node.failAppends(true);
    n[0].on("ann", "a");
    n[0].on("bob", "b");
    work();
    Node late = new Node();
    late.sync.tick();
    work();
    n[0].node.kill();
    n[1].node.kill();
    settle(late);
    assertThat(told)
        .containsExactlyInAnyOrder("J ann a", "J bob b", "L ann a", "L bob b")
        .containsSubsequence("J ann a", "L ann a")
        .containsSubsequence("J bob b", "L bob b");
  }

  @Test
  void whatTwoHadToTellThatTookEachOtherForGoneIsToldByWhoWasThereLast() {
    List<Transition> due = new ArrayList<>();
    PresenceState state = new PresenceState(due::add);
    state.say(
        new EventId("e", 1),
        "b",
        List.of(
            new Row("b", new Key("x", "ann"), new PresenceEntry(UserState.PRESENT, 1, 0, 0, null))),
        List.of());
    state.gone(new EventId("e", 2), "a", 0, "b");
    state.gone(new EventId("e", 3), "b", 0, "a");
    assertThat(state.pending()).extracting(Transition::owner).containsExactly("a", "a");
    assertThat(due).extracting(Transition::owner).containsExactly("b", "a");
  }

  @Test
  void usersOfANodeThatStopsHaveTheGraceToComeToAnother() {
    Node[] n = start(2);
    n[0].on("ann", "a");
    n[0].on("bob", "a");
    settle();
    n[0].node.commands().end();
    // whatever happens there now is not said any more
    n[0].on("eve", "a");
    n[0].sync.tick();
    work();
    assertThat(n[1].on("a")).containsExactly("ann", "bob");
    n[1].sync.others("a", (node, key, entry) -> assertThat(entry.clients()).isZero());
    n[1].on("ann", "a");
    n[1].sync.tick();
    work();
    assertThat(told).containsExactlyInAnyOrder("J ann a", "J bob a");
    settle(n[1]);
    assertThat(told).containsExactlyInAnyOrder("J ann a", "J bob a", "L bob a");
  }

  @Test
  void joinsLeaveRoomForOtherEvents() {
    Node[] n = start(2);
    n[0].node.holdAppends();
    for (int i = 0; i < 1500; i++) {
      n[0].on("u" + i, "a");
    }
    work();
    n[1].sync.others("a", (node, key, entry) -> assertThat(entry.clients()).isEqualTo(1));
    assertThat(n[1].on("a")).hasSize(1500);
    assertThat(n[0].node.held()).isEqualTo(1000);
    n[0].node.back();
    work();
    assertThat(told).hasSize(1500).doesNotHaveDuplicates();
  }

  @Test
  void aCommandThatFailsIsSentAgain() {
    Node[] n = start(2);
    n[0].node.failCommands(true);
    n[0].on("ann", "a");
    work();
    n[0].node.failCommands(false);
    n[0].sync.tick();
    work();
    assertThat(n[1].on("a")).containsExactly("ann");
  }

  @Test
  void aNodeThatStartsIsToldWhoIsThere() {
    Node[] n = start(2);
    n[0].on("ann", "a");
    for (int i = 0; i < 1234; i++) {
      n[1].on("u" + i, "b");
    }
    work();
    assertThat(told).hasSize(1235);
    Node late = new Node();
    late.on("ann", "a");
    late.on("u7", "b");
    late.on("eve", "a");
    late.sync.tick();
    work();
    assertThat(told).hasSize(1236).endsWith("J eve a");
    assertThat(late.on("a")).containsExactly("ann", "eve");
    assertThat(late.on("b")).hasSize(1234);
    n[1].off("u7", "b");
    n[1].off("u8", "b");
    work();
    assertThat(told).hasSize(1237).endsWith("L u8 b");
  }

  @Test
  void whoStartsWithAnotherKnowsWhatThatOneHasYetToTell() {
    Node first = new Node();
    Node second = new Node();
    first.node.failAppends(true);
    first.on("ann", "a");
    second.on("ann", "a");
    settle();
    first.node.failAppends(false);
    settle();
    assertThat(told).containsExactly("J ann a");
    first.off("ann", "a");
    first.step();
    second.off("ann", "a");
    settle();
    assertThat(told).containsExactly("J ann a", "L ann a");
    assertThat(fired).isEqualTo(told);
  }

  @Test
  void manyChangesAreOneCommand() {
    Node[] n = start(2);
    int before = n[0].node.sent();
    for (int i = 0; i < 400; i++) {
      n[0].on("u" + i, "a");
    }
    work();
    assertThat(n[0].node.sent()).isEqualTo(before + 1);
    assertThat(n[1].on("a")).hasSize(400);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatHappensWhileTheBackplaneIsAwayIsToldLater(boolean buffers) {
    Node[] n = start(2);
    n[0].on("ann", "a");
    n[0].on("bob", "a");
    work();
    n[0].node.away(buffers);
    n[0].off("ann", "a");
    n[0].on("eve", "a");
    n[0].on("passer-by", "a");
    n[0].off("passer-by", "a");
    n[0].sync.tick();
    n[0].step();
    assertThat(n[0].on("a")).containsExactly("bob", "eve");
    assertThat(n[1].on("a")).containsExactly("ann", "bob");
    n[0].node.back();
    settle();
    assertThat(n[1].on("a")).containsExactly("bob", "eve");
    assertThat(told).containsExactlyInAnyOrder("J ann a", "J bob a", "L ann a", "J eve a");
  }

  @Test
  void aMessageThatCouldNotBePublishedIsPublishedLater() {
    Node[] n = start(2);
    n[0].node.failAppends(true);
    n[0].on("ann", "a");
    work();
    n[0].off("ann", "a");
    work();
    assertThat(told).isEmpty();
    n[0].node.failAppends(false);
    settle();
    assertThat(told).containsExactly("J ann a", "L ann a");
    n[1].on("ann", "a");
    settle();
    assertThat(told).last().isEqualTo("J ann a");
  }

  @Test
  void whoMissedCommandsIsRightAgain() {
    Node[] n = start(3);
    n[0].on("ann", "a");
    n[1].on("bob", "a");
    work();
    n[2].node.lag(true);
    n[0].off("ann", "a");
    n[1].on("eve", "a");
    n[2].on("kim", "a");
    work();
    stream.drop(Long.MAX_VALUE);
    n[2].node.lag(false);
    settle();
    for (Node node : n) {
      assertThat(node.on("a")).containsExactly("bob", "eve", "kim");
    }
  }

  @Test
  void twoThatMissedCommandsDoNotWaitForEachOther() {
    Node[] n = start(3);
    n[0].on("ann", "a");
    n[1].on("bob", "a");
    n[2].on("kim", "a");
    work();
    n[1].node.lag(true);
    n[2].node.lag(true);
    n[0].on("eve", "a");
    work();
    stream.drop(Long.MAX_VALUE);
    n[1].node.lag(false);
    n[2].node.lag(false);
    n[1].sync.tick();
    n[2].sync.tick();
    settle();
    n[1].off("bob", "a");
    n[2].off("kim", "a");
    settle();
    for (Node node : n) {
      assertThat(node.on("a")).containsExactly("ann", "eve");
    }
  }

  @Test
  void aStreamThatBeginsAnewChangesNobodysPresence() {
    Node[] n = start(3);
    n[0].on("ann", "a");
    n[1].on("bob", "a");
    settle();
    stream.restart("e2");
    n[1].off("bob", "a");
    n[2].on("kim", "a");
    settle();
    for (Node node : n) {
      assertThat(node.on("a")).containsExactly("ann", "kim");
    }
    assertThat(told).containsExactlyInAnyOrder("J ann a", "J bob a", "L bob a", "J kim a");
  }

  @Test
  void whatIsNoFactIsIgnoredAltogether() {
    Node[] n = start(1);
    n[0].on("ann", "a");
    work();
    String good = "{\"p\":\"a\",\"u\":\"x\",\"c\":1,\"s\":0,\"o\":0,\"n\":\"y\"}";
    for (String bad :
        List.of(
            "{}",
            "{\"p\":\"a..b\",\"u\":\"x\",\"c\":1,\"s\":0,\"o\":0,\"n\":\"y\"}",
            "{\"p\":\"starcast.x\",\"u\":\"x\",\"c\":1,\"s\":0,\"o\":0,\"n\":\"y\"}",
            "{\"p\":\"a\",\"u\":7,\"c\":1,\"s\":0,\"o\":0,\"n\":\"y\"}",
            "{\"p\":\"a\",\"u\":\"x\",\"c\":1,\"s\":0.5,\"o\":0}",
            "7")) {
      String body = "{\"node\":\"y\",\"n\":1,\"do\":\"say\",\"on\":[" + good + "," + bad + "]}";
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  n[0].node.commands().received(new EventId("e1", 9), "presence", body.getBytes()))
          .withMessageStartingWith("command presence: ");
      assertThat(n[0].on("a")).containsExactly("ann");
    }
  }

  @Test
  void metadataGoesWithAFactIfItIsSmallJson() {
    assertThat(PresenceEntry.json(Map.of())).isNull();
    assertThat(PresenceEntry.json(Map.of("x", new Object()))).isNull();
    assertThat(PresenceEntry.json(Map.of("x", "y".repeat(1024)))).isNull();
    assertThat(PresenceEntry.json(Map.of("x", Double.NaN))).isNull();
    Map<String, Object> metadata = Map.of("name", "Ann", "age", 7, "tags", List.of("a", true));
    assertThat(new PresenceEntry(UserState.PRESENT, 1, 0, 0, PresenceEntry.json(metadata)).values())
        .isEqualTo(Map.of("name", "Ann", "age", 7L, "tags", List.of("a", true)));
  }

  /**
   * Clients that open, close and hop, nodes that lag or are cut off for a while, in any order: what
   * is told of a user in a place is a join, then a leave, and so on, each once; and in the end all
   * nodes know what is so.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void whateverHappensAllNodesAgreeInTheEnd(int seed) {
    boolean buffers = seed % 2 == 0;
    Random random = new Random(seed);
    Node[] n = start(3);
    for (int i = 0; i < 10_000; i++) {
      Node node = n[random.nextInt(n.length)];
      String user = "u" + random.nextInt(4);
      String place = "p" + random.nextInt(3);
      switch (random.nextInt(16)) {
        case 0, 1 -> node.on(user, place);
        case 2, 3 -> node.off(user, place);
        case 4 -> {
          if (node.own.containsKey(new Key(place, user))) {
            n[random.nextInt(n.length)].on(user, place);
            node.off(user, place);
          }
        }
        case 5 -> node.sync.tick();
        case 6 -> {
          if (random.nextInt(10) == 0) {
            node.node.lag(true);
          }
        }
        case 7 -> {
          if (random.nextInt(20) == 0) {
            node.node.away(buffers);
          }
        }
        case 8 -> node.node.back();
        case 9 -> node.set(user, place, new PresenceEntry(UserState.PRESENT, 2, 5, i, null));
        default -> node.step();
      }
    }
    for (Node node : n) {
      node.node.back();
    }
    settle();
    Map<String, Set<String>> model = new HashMap<>();
    for (Node node : n) {
      node.own
          .keySet()
          .forEach(key -> model.computeIfAbsent(key.topic(), p -> new HashSet<>()).add(key.user()));
    }
    Map<String, StringBuilder> moves = new TreeMap<>();
    for (String move : told) {
      moves.computeIfAbsent(move.substring(2), key -> new StringBuilder()).append(move.charAt(0));
    }
    for (int p = 0; p < 3; p++) {
      String place = "p" + p;
      for (Node node : n) {
        assertThat(node.on(place)).isEqualTo(model.getOrDefault(place, Set.of()));
      }
      for (int u = 0; u < 4; u++) {
        boolean there = model.getOrDefault(place, Set.of()).contains("u" + u);
        assertThat(moves.getOrDefault("u" + u + " " + place, new StringBuilder()))
            .matches("(JL)*" + (there ? "J" : ""));
      }
    }
    assertThat(told).hasSizeGreaterThan(100);
  }

  /**
   * Nodes are killed, stop and start, too, are taken for gone, and the stream loses what it has: in
   * the end, those that are there agree.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 89, 106, 144, 316, 425})
  void whoeverIsLeftAgreesInTheEnd(int seed) {
    boolean loses = seed % 3 == 0;
    Random random = new Random(seed);
    start(3);
    for (int i = 0; i < 4_000; i++) {
      Node node = nodes.get(random.nextInt(nodes.size()));
      String user = "u" + random.nextInt(4);
      String place = "p" + random.nextInt(3);
      switch (random.nextInt(20)) {
        case 0, 1 -> node.on(user, place);
        case 2, 3 -> node.off(user, place);
        case 4, 5, 6 -> node.sync.tick();
        case 7, 8, 9 -> {
          nodes.forEach(each -> each.node.pass(PresenceReplication.TICK.toNanos() / nodes.size()));
          node.node.beat();
          node.node.work();
        }
        case 10 -> node.node.lag(random.nextInt(4) == 0);
        case 11 -> {
          if (random.nextInt(4) == 0) {
            node.node.away(random.nextBoolean());
          } else {
            node.node.back();
          }
        }
        case 12 -> {
          if (random.nextInt(20) == 0 && nodes.size() > 1) {
            node.node.back();
            if (random.nextBoolean()) {
              node.node.commands().end();
            }
            node.node.kill();
            nodes.remove(node);
          }
        }
        case 13 -> {
          if (random.nextInt(10) == 0 && nodes.size() < 4) {
            new Node();
          }
        }
        case 14 -> {
          if (loses && random.nextInt(100) == 0) {
            stream.drop(Long.MAX_VALUE);
          } else if (loses && random.nextInt(100) == 0) {
            stream.restart("e" + i);
          }
        }
        default -> node.step();
      }
    }
    nodes.forEach(node -> node.node.back());
    settle();
    settle();
    for (int p = 0; p < 3; p++) {
      String place = "p" + p;
      Set<String> there = new TreeSet<>();
      for (Node node : nodes) {
        node.own.keySet().stream()
            .filter(key -> key.topic().equals(place))
            .forEach(key -> there.add(key.user()));
      }
      for (Node node : nodes) {
        assertThat(node.on(place)).isEqualTo(there);
      }
      if (!loses) {
        assertThat(lastSaidToBeOn(place, there)).isEqualTo(there);
      }
    }
  }

  /**
   * Who is in the place by the last message about each; who is there in fact, where all who heard
   * that one are gone.
   */
  private Set<String> lastSaidToBeOn(String place, Set<String> there) {
    Set<String> users = new TreeSet<>(there);
    int first = nodes.stream().mapToInt(node -> node.startedAt).min().orElseThrow();
    for (String move : told.subList(first, told.size())) {
      String[] parts = move.split(" ");
      if (parts[2].equals(place)) {
        if (parts[0].equals("J")) {
          users.add(parts[1]);
        } else {
          users.remove(parts[1]);
        }
      }
    }
    return users;
  }

  @Test
  void aNodeIsSweptOnlyIfItHasStopped() {
    Node[] n = start(2);
    n[0].on("ann", "a");
    work();
    n[1].node
        .commands()
        .send(
            "presence",
            Json.createObjectBuilder()
                .add("n", 99)
                .add("do", "say")
                .add("sweep", Json.createArrayBuilder().add(n[0].id()))
                .build());
    assertThat(n[1].on("a")).containsExactly("ann");
  }
}
