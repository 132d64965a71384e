package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.json.Json;
import org.starcast.internal.presence.PresenceCommand.Row;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.presence.PresenceState.Transition;
import org.starcast.internal.wire.EventId;

/** What no run of {@link PresenceModelTest} comes to: the bounds, times, and single commands. */
class PresenceStateTest {

  private static final int MAX_ENTRIES = 5_000_000;
  private static final Key ANN = new Key("a", "ann");
  private static final Key BOB = new Key("a", "bob");

  /** A pattern, which has no joins and leaves. */
  private static final Key SOME = new Key("a*", "ann");

  private final List<Transition> due = new ArrayList<>();
  private final PresenceState state = new PresenceState(due::add);
  private long sequence;

  private EventId next() {
    return new EventId("e", ++sequence);
  }

  private static Row row(Key key, long since) {
    return new Row("", key, new PresenceEntry(UserState.PRESENT, 1, since, since, null));
  }

  private void on(String node, Row... rows) {
    state.say(next(), node, List.of(rows), List.of());
  }

  private void off(String node, Key key) {
    state.say(next(), node, List.of(), List.of(key));
  }

  /** What a node has that asked for the state. */
  private PresenceState copy() {
    PresenceState copy = new PresenceState(due::add);
    for (JsonObject part : PresenceCommand.copy(state, sequence, 1, Map.of("asks", 1L))) {
      JsonObject sent = Json.createObjectBuilder(part).add("n", 1).build();
      copy.restore(PresenceCommand.of(sent));
    }
    return copy;
  }

  /** As {@code JOIN ann a n1}, of whom, where, and by which node. */
  private List<String> due() {
    List<String> moves = due.stream().map(PresenceStateTest::move).toList();
    due.clear();
    return moves;
  }

  private List<String> pending() {
    return state.pending().stream().map(PresenceStateTest::move).toList();
  }

  private static String move(Transition next) {
    return next.action() + " " + next.key().user() + " " + next.key().topic() + " " + next.owner();
  }

  @Test
  void aUserJoinedWithTheEarliestConnectionOnAnyNode() {
    assertThat(state.since(ANN)).isEqualTo(Long.MAX_VALUE);
    on("n1", row(ANN, 700));
    assertThat(state.since(ANN)).isEqualTo(700);
    on("n2", row(ANN, 900));
    assertThat(state.since(ANN)).isEqualTo(700);
    on("n3", row(ANN, 500));
    assertThat(state.since(ANN)).isEqualTo(500);
    state.visit("a", (node, key, entry) -> assertThat(entry.since()).isEqualTo(500));
    for (String node : List.of("n1", "n2", "n3")) {
      off(node, ANN);
    }
    assertThat(state.since(ANN)).isEqualTo(Long.MAX_VALUE);
    on("n1", row(ANN, 1000));
    assertThat(state.since(ANN)).isEqualTo(1000);
  }

  @Test
  void aNodeThatWasHeardOfSinceIsNotGone() {
    state.heartbeat("n1", 7);
    on("n1", row(ANN, 0));
    state.gone(next(), "n1", 6, "n2");
    assertThat(state.keys("n1")).containsExactly(ANN);
    state.gone(next(), "n1", 7, "n2");
    assertThat(state.keys("n1")).isEmpty();
    // and what it was told before counts no more
    on("n1", row(ANN, 0));
    state.gone(next(), "n1", 0, "n2");
    assertThat(state.keys("n1")).isEmpty();
  }

  @Test
  void whoIsToBePublishedByANodeOrHasUsersThereHasItLookedAfter() {
    state.heartbeat("n1", 7);
    on("n1", row(ANN, 0));
    on("n2", row(SOME, 0));
    on("n3", row(BOB, 0));
    off("n3", BOB);
    assertThat(state.nodes()).isEqualTo(Map.of("n1", 7L, "n2", 0L, "n3", 0L));
    state.stop("n1");
    assertThat(state.nodes()).isEqualTo(Map.of("n2", 0L, "n3", 0L));
    on("n1", row(ANN, 0));
    assertThat(state.nodes()).containsEntry("n1", 7L);
  }

  @Test
  void onlyWhatIsNotStoredYetIsPublishedAndByItsOwnerAlone() {
    on("n1", row(ANN, 0));
    Transition join = due.get(0);
    assertThat(state.isPending(join)).isTrue();
    state.gone(next(), "n1", 0, "n2");
    assertThat(state.isPending(join)).isFalse();
    assertThat(due()).containsExactly("JOIN ann a n1", "JOIN ann a n2");
    assertThat(pending()).containsExactly("JOIN ann a n2", "LEAVE ann a n2");
    assertThat(state.isPending(join.ownedBy("n2"))).isTrue();
    assertThat(state.stored(join.id())).isEqualTo(join.ownedBy("n2"));
    assertThat(state.isPending(join.ownedBy("n2"))).isFalse();
    assertThat(state.stored(join.id())).isNull();
    assertThat(due()).containsExactly("LEAVE ann a n2");
  }

  @Test
  void whatHasNoMessageHappensAtOnce() {
    Key here = new Key("a".repeat(250), "ann");
    on("n1", row(here, 0));
    off("n1", here);
    assertThat(due())
        .containsExactly("JOIN ann " + here.topic() + " n1", "LEAVE ann " + here.topic() + " n1");
    on("n1", row(SOME, 0));
    assertThat(due()).isEmpty();
    assertThat(state.pending()).isEmpty();
  }

  @Test
  void theOldestIsLeftOutWhereTooManyWait() {
    int most = 100_000;
    List<Row> rows = IntStream.range(0, most).mapToObj(i -> row(new Key("a", "u" + i), 0)).toList();
    try (LogCapture log = new LogCapture("org.starcast.presence")) {
      state.say(next(), "n1", rows, List.of());
      off("n2", ANN);
      assertThat(state.pending()).hasSize(most);
      assertThat(log.records()).isEmpty();
      on("n1", row(ANN, 0), row(BOB, 0));
      assertThat(state.pending()).hasSize(most);
      assertThat(state.pending().iterator().next().key().user()).isEqualTo("u2");
      assertThat(log.records()).hasSize(1);
    }
  }

  @Test
  void theEntriesThereAreAreBounded() {
    List<Row> most = Collections.nCopies(MAX_ENTRIES, row(SOME, 0));
    on("n1", row(SOME, 0));
    PresenceState copy = copy();
    for (PresenceState full : List.of(state, copy)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> full.say(next(), "n1", most, List.of(SOME)))
          .withMessage("on: would be more than 5000000 entries");
      assertThat(full.keys("n1")).containsExactly(SOME);
    }
    off("n1", SOME);
    // one, said often; and again, which is no other one
    state.say(next(), "n1", most, List.of());
    state.say(next(), "n1", most.subList(1, MAX_ENTRIES), List.of());
    assertThat(state.keys("n1")).containsExactly(SOME);
  }

  @Test
  void theNodesThatAreKnownAreBounded() {
    for (int i = 0; i < 1001; i++) {
      state.heartbeat("n" + i, 1);
      state.heartbeat("n" + i, 2);
    }
    assertThat(state.nodes()).hasSize(1000).doesNotContainKey("n1000").containsEntry("n999", 2L);
    state.heartbeat("n999", 3);
    assertThat(state.nodes()).containsEntry("n999", 3L);
    for (int i = 0; i < 1001; i++) {
      state.stop("n" + i);
    }
    assertThat(state.stopped()).hasSize(1000).doesNotContain("n1000");
  }

  @Test
  void aCopyKnowsAllThatTheStateKnows() {
    state.heartbeat("n1", 7);
    state.heartbeat("n2", 3);
    on("n1", row(ANN, 5), row(SOME, 6));
    on("n2", row(BOB, 7));
    off("n2", BOB);
    on("n3", row(BOB, 8));
    state.stop("n3");
    PresenceState copy = copy();
    assertThat(copy.nodes()).isEqualTo(state.nodes()).isEqualTo(Map.of("n1", 7L, "n2", 3L));
    assertThat(copy.stopped()).isEqualTo(Set.of("n3"));
    assertThat(copy.topics()).containsExactlyInAnyOrder("a", "a*");
    assertThat(copy.pending()).containsExactlyElementsOf(state.pending());
    assertThat(copy.firsts()).isEqualTo(state.firsts());
    for (Key key : List.of(ANN, SOME, BOB)) {
      assertThat(copy.since(key)).isEqualTo(state.since(key));
      for (String node : List.of("n1", "n2", "n3")) {
        assertThat(copy.entry(node, key)).isEqualTo(state.entry(node, key));
      }
    }
  }
}
