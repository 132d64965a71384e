package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.starcast.internal.json.Json;
import org.starcast.internal.presence.PresenceCommand.Kind;
import org.starcast.internal.presence.PresenceCommand.Row;
import org.starcast.internal.presence.PresenceCommand.Writer;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.presence.PresenceReplication.Phase;
import org.starcast.internal.presence.PresenceState.Transition;
import org.starcast.internal.wire.EventId;
import org.starcast.presence.PresenceEvent;
import org.starcast.presence.PresenceEvent.Action;

/**
 * One node's waits and times, whose every step the test takes; {@link PresenceModelTest} beside.
 */
class PresenceReplicationTest {

  private static final long TICK = PresenceReplication.TICK.toNanos();
  private static final long MINUTE = Duration.ofMinutes(1).toNanos();
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Key ANN = new Key("a", "ann");
  private static final PresenceEntry HERE =
      new PresenceEntry(UserState.PRESENT, 1, 1000, 1000, null);

  private long now = 1;
  private long sequence;
  private long beats;
  private final PresenceReplication node = new PresenceReplication("n1", GRACE, () -> now);

  private EventId next() {
    return new EventId("e", ++sequence);
  }

  private void beat() {
    node.heartbeat(next(), "n1", ++beats);
  }

  /** What the node has sent comes back in the order. */
  private void back(JsonObject command) {
    node.command(next(), "n1", PresenceCommand.of(command));
  }

  private JsonObject sends(Kind kind) {
    JsonObject command = node.command();
    assertThat(command).as("%s is sent", kind).isNotNull();
    assertThat(command.getString("do")).isEqualToIgnoringCase(kind.name());
    // one at a time
    assertThat(node.command()).isNull();
    return command;
  }

  /** Another node says this. */
  private void says(String other, Writer writer) {
    JsonObject command = writer.body(Kind.SAY).add("n", 1).build();
    node.command(next(), other, PresenceCommand.of(command));
  }

  private void ready() {
    back(sends(Kind.HELLO));
    now += 2 * TICK;
    beat();
    beat();
    back(sends(Kind.FOUND));
    assertThat(node.phase()).isEqualTo(Phase.READY);
    back(sends(Kind.SAY));
    assertThat(node.command()).isNull();
  }

  @Test
  void whoHearsOfNobodyForTwoHeartbeatsAndTheirTimeIsTheFirst() {
    beat();
    now += 10 * TICK;
    back(sends(Kind.HELLO));
    now += 2 * TICK - 1;
    beat();
    beat();
    assertThat(node.command()).isNull();
    now += 1;
    beat();
    back(sends(Kind.FOUND));
    assertThat(node.phase()).isEqualTo(Phase.READY);
  }

  @Test
  void oneHeartbeatIsTooFewHoweverLongItTook() {
    back(sends(Kind.HELLO));
    now += 10 * TICK;
    beat();
    node.heartbeat(next(), "n2", 1);
    assertThat(node.command()).isNull();
    beat();
    sends(Kind.FOUND);
  }

  @Test
  void whoGetsNoStateForFourHeartbeatsAsksAnew() {
    back(sends(Kind.HELLO));
    now += TICK;
    beat();
    says("n2", new Writer());
    assertThat(node.phase()).isEqualTo(Phase.JOINING);
    assertThat(sends(Kind.ASK).getJsonObject("to").getInt("n2")).isEqualTo(1);
    now += 4 * TICK - 1;
    for (int i = 0; i < 4; i++) {
      beat();
    }
    assertThat(node.phase()).isEqualTo(Phase.JOINING);
    now += 1;
    beat();
    assertThat(node.phase()).isEqualTo(Phase.SEARCHING);
    back(sends(Kind.HELLO));
    says("n2", new Writer());
    assertThat(sends(Kind.ASK).getJsonObject("to").getInt("n2")).isEqualTo(2);
    now += 4 * TICK;
    for (int i = 0; i < 3; i++) {
      beat();
    }
    assertThat(node.phase()).isEqualTo(Phase.JOINING);
    beat();
    assertThat(node.phase()).isEqualTo(Phase.SEARCHING);
  }

  @Test
  void whatComesBeforeTheStateIsBounded() {
    back(sends(Kind.HELLO));
    says("n2", new Writer());
    // what made it join is the first of them
    for (int i = 1; i < 50_000; i++) {
      node.heartbeat(next(), "n2", i);
    }
    assertThat(node.phase()).isEqualTo(Phase.JOINING);
    node.heartbeat(next(), "n2", 50_000);
    assertThat(node.phase()).isEqualTo(Phase.SEARCHING);
    sends(Kind.HELLO);
  }

  /** What a ready node has, asked by this one. */
  private static List<JsonObject> state(int users, long question) {
    PresenceState other = new PresenceState(transition -> {});
    List<Row> rows =
        IntStream.range(0, users).mapToObj(i -> new Row("", new Key("a*", "u" + i), HERE)).toList();
    other.say(new EventId("e", 1), "n2", rows, List.of());
    return PresenceCommand.copy(other, 1, 1, Map.of("n1", question)).stream()
        .map(part -> Json.createObjectBuilder(part).add("n", 1).build())
        .toList();
  }

  private void states(String other, JsonObject part) {
    node.command(next(), other, PresenceCommand.of(part));
  }

  @Test
  void theStateComesInPartsEachOfWhichIsWaitedFor() {
    back(sends(Kind.HELLO));
    states("n2", state(1, 0).get(0));
    back(sends(Kind.ASK));
    List<JsonObject> parts = state(1200, 1);
    assertThat(parts).hasSize(3);
    for (JsonObject part : parts) {
      assertThat(node.phase()).isEqualTo(Phase.JOINING);
      now += 3 * TICK;
      for (int i = 0; i < 3; i++) {
        beat();
      }
      // not of whom it has asked, and of another question
      states("n3", part);
      states("n2", state(1, 2).get(0));
      states("n2", part);
      if (part != parts.get(2)) {
        // it came back late, and was sent again
        states("n2", part);
      }
    }
    assertThat(node.phase()).isEqualTo(Phase.READY);
    assertThat(node.state().keys("n2")).hasSize(1200);
    assertThat(node.state().entry("n2", new Key("a*", "u0"))).isEqualTo(HERE);
    assertThat(sends(Kind.SAY).getInt("founded")).isEqualTo(1);
  }

  @Test
  void aPartOfAStateIsAnAnswerToo() {
    back(sends(Kind.HELLO));
    states("n2", state(1, 0).get(0));
    assertThat(node.phase()).isEqualTo(Phase.JOINING);
    sends(Kind.ASK);
  }

  @Test
  void whoIsAskedAndGoneIsAskedNoMore() {
    back(sends(Kind.HELLO));
    says("n2", new Writer());
    node.gone(next(), "n3", 0, "n4");
    assertThat(node.phase()).isEqualTo(Phase.JOINING);
    node.gone(next(), "n2", 0, "n4");
    assertThat(node.phase()).isEqualTo(Phase.SEARCHING);
  }

  @Test
  void aQuestionThatFailsIsAskedAnew() {
    back(sends(Kind.HELLO));
    says("n2", new Writer());
    node.failed(sends(Kind.ASK).getInt("n"));
    assertThat(node.phase()).isEqualTo(Phase.SEARCHING);
    back(sends(Kind.HELLO));
    says("n3", new Writer());
    assertThat(sends(Kind.ASK).getJsonObject("to")).containsOnlyKeys("n3");
  }

  @Test
  void whoeverIsTheFirstWhileItAsksHasTheState() {
    back(sends(Kind.HELLO));
    says("n2", new Writer());
    // nobody who is ready has heard that one ask
    others("n3", Kind.FOUND);
    assertThat(node.phase()).isEqualTo(Phase.JOINING);
    others("n3", Kind.HELLO);
    others("n3", Kind.FOUND);
    assertThat(node.phase()).isEqualTo(Phase.SEARCHING);
  }

  @Test
  void whoIsSecondToSayThatItIsTheFirstIsNot() {
    back(sends(Kind.HELLO));
    others("n2", Kind.HELLO);
    now += 2 * TICK;
    beat();
    beat();
    JsonObject found = sends(Kind.FOUND);
    others("n2", Kind.FOUND);
    back(found);
    assertThat(node.phase()).isEqualTo(Phase.SEARCHING);
  }

  @Test
  void whoLosesCommandsIsNotTheFirstByWhatItSaidBefore() {
    back(sends(Kind.HELLO));
    now += 2 * TICK;
    beat();
    beat();
    JsonObject found = sends(Kind.FOUND);
    node.missed();
    back(found);
    assertThat(node.phase()).isEqualTo(Phase.SEARCHING);
  }

  private void others(String other, Kind kind) {
    JsonObject command = new Writer().body(kind).add("n", 1).build();
    node.command(next(), other, PresenceCommand.of(command));
  }

  @Test
  void whoWasHeardOfSinceIsNotGone() {
    ready();
    Writer writer = new Writer();
    writer.on("n2", ANN, HERE);
    says("n2", writer);
    node.heartbeat(next(), "n2", 5);
    node.gone(next(), "n2", 4, "n3");
    assertThat(node.state().keys("n2")).containsExactly(ANN);
    node.gone(next(), "n2", 5, "n3");
    assertThat(node.state().keys("n2")).isEmpty();
  }

  @Test
  void whoIsSweptThoughItIsThereSaysAllAgain() {
    ready();
    node.set(ANN, HERE);
    back(sends(Kind.SAY));
    node.gone(next(), "n1", 0, "n1");
    JsonObject sweep =
        new Writer()
            .body(Kind.SAY)
            .add("n", 1)
            .add("stopped", Json.createArrayBuilder().add("n1"))
            .build();
    node.command(next(), "n2", PresenceCommand.of(sweep));
    assertThat(node.state().keys("n1")).isEmpty();
    back(sends(Kind.SAY));
    assertThat(node.state().keys("n1")).containsExactly(ANN);
  }

  @Test
  void whatWasGivenUpAndComesAllTheSameIsPutRight() {
    ready();
    node.set(ANN, HERE);
    JsonObject late = sends(Kind.SAY);
    now += MINUTE + 1;
    node.tick();
    node.set(ANN, null);
    back(sends(Kind.SAY));
    back(late);
    assertThat(node.state().keys("n1")).containsExactly(ANN);
    back(sends(Kind.SAY));
    assertThat(node.state().keys("n1")).isEmpty();
  }

  @Test
  void aJoinIsPublishedWhileWhatIsSentComesBackInTime() {
    ready();
    node.set(ANN, HERE);
    JsonObject say = sends(Kind.SAY);
    now += 2 * TICK;
    back(say);
    now += 4 * TICK;
    assertThat(node.message()).isNotNull();
    assertThat(node.message()).isNull();
  }

  @Test
  void aJoinWaitsUntilWhatIsSentComesBackInTimeAgain() {
    ready();
    now += 4 * TICK + 1;
    node.set(ANN, HERE);
    JsonObject late = sends(Kind.SAY);
    now += 2 * TICK + 1;
    back(late);
    assertThat(node.message()).isNull();
    JsonObject again = sends(Kind.SAY);
    assertThat(again.getJsonArray("on")).isEmpty();
    back(again);
    now += 4 * TICK + 1;
    // too late again, and it finds out by itself
    assertThat(node.message()).isNull();
    back(sends(Kind.SAY));
    Transition join = node.message();
    assertThat(join.event()).isEqualTo(new PresenceEvent(Action.JOIN, "ann", "a"));
    assertThat(node.command()).isNull();
  }

  @Test
  void whatDoesNotComeBackIsSaidAgainAfterAMinute() {
    ready();
    node.set(ANN, HERE);
    JsonObject lost = sends(Kind.SAY);
    now += MINUTE;
    node.tick();
    assertThat(node.command()).isNull();
    now += 1;
    node.tick();
    JsonObject again = sends(Kind.SAY);
    assertThat(again.getJsonArray("on")).hasSize(1);
    // it was only very late
    back(lost);
    assertThat(node.command()).isNull();
    back(again);
    assertThat(node.state().pending()).hasSize(1);
    assertThat(node.command()).isNull();
  }

  @Test
  void whatFailsIsSaidAgainAtOnceUnlessItWasGivenUp() {
    ready();
    node.set(ANN, HERE);
    JsonObject first = sends(Kind.SAY);
    node.failed(first.getInt("n") - 1);
    assertThat(node.command()).isNull();
    node.failed(first.getInt("n"));
    back(sends(Kind.SAY));
    assertThat(node.state().keys("n1")).containsExactly(ANN);
  }

  @Test
  void aMessageIsPublishedAgainUntilItIsStored() {
    ready();
    node.set(ANN, HERE);
    back(sends(Kind.SAY));
    Transition join = node.message();
    node.failed(join);
    assertThat(node.message()).isNull();
    node.tick();
    assertThat(node.message()).isEqualTo(join);
    node.tick();
    assertThat(node.message()).isNull();
    // the broker may have lost it though it had it
    now = MINUTE + 1;
    node.tick();
    assertThat(node.message()).isNull();
    assertThat(node.command()).isNull();
    now += 1;
    node.tick();
    assertThat(node.message()).isNull();
    back(sends(Kind.SAY));
    assertThat(node.message()).isEqualTo(join);
    assertThat(node.message()).isNull();
    assertThat(node.hasEvent()).isFalse();
    node.stored(next(), join.id());
    assertThat(node.hasEvent()).isTrue();
    assertThat(node.event()).isEqualTo(join.event());
    assertThat(node.event()).isNull();
    now += MINUTE + 1;
    node.tick();
    assertThat(node.message()).isNull();
    assertThat(node.command()).isNull();
  }

  @Test
  void usersOfANodeThatStoppedLeaveWhenTheirTimeIsOver() {
    ready();
    Writer writer = new Writer();
    writer.on("n2", ANN, HERE);
    says("n2", writer);
    node.gone(next(), "n2", 0, "n2");
    assertThat(node.command()).isNull();
    now += GRACE.toNanos() - 1;
    assertThat(node.command()).isNull();
    now += 1;
    JsonObject sweep = sends(Kind.SAY);
    assertThat(sweep.getJsonArray("stopped").getString(0)).isEqualTo("n2");
    back(sweep);
    assertThat(node.state().pending())
        .extracting(next -> next.action() + " by " + next.owner())
        .containsExactly("JOIN by n1", "LEAVE by n1");
    assertThat(node.command()).isNull();
  }

  @Test
  void whoEndsSaysNothingMore() {
    ready();
    node.set(ANN, HERE);
    back(sends(Kind.SAY));
    node.end();
    node.missed();
    node.tick();
    node.set(ANN, null);
    assertThat(node.phase()).isEqualTo(Phase.ENDED);
    assertThat(node.command()).isNull();
    assertThat(node.message()).isNull();
  }
}
