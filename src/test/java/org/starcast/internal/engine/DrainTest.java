package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.starcast.internal.engine.EngineFixture.until;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.EventStreamParser.Retry;

@ExtendWith(ResponseRuntime.class)
class DrainTest {

  private static boolean done(CompletionStage<Void> stage) {
    return stage.toCompletableFuture().isDone();
  }

  private static List<Retry> retries(Stream stream) {
    return new EventStreamParser().feed(stream.writer().bytes()).retries();
  }

  @Test
  void sendsEachClientAwayWithItsLastEventsAndATimeToComeBack() {
    try (EngineFixture fixture = new EngineFixture("retry", "PT10S")) {
      List<Stream> streams = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        streams.add(fixture.connect(Subscription.all()));
      }
      fixture.publish("a", "last");
      CompletionStage<Void> drained = fixture.engine().drain(Duration.ZERO, null, Duration.ZERO);
      until(() -> done(drained));
      assertThat(fixture.engine().count()).isZero();
      HashSet<Retry> jittered = new HashSet<>();
      for (Stream stream : streams) {
        assertThat(stream.writer().ended()).isTrue();
        assertThat(stream.writer().aborted()).isFalse();
        assertThat(stream.client().closeReason()).contains(CloseReason.DRAIN);
        assertThat(stream.writer().data()).containsExactly("last");
        assertThat(retries(stream)).hasSize(2);
        assertThat(retries(stream).get(0).millis()).isEqualTo(10_000);
        assertThat(retries(stream).get(1).millis()).isBetween(5_000L, 15_000L);
        jittered.add(retries(stream).get(1));
      }
      assertThat(jittered).hasSizeGreaterThan(10);
      assertThat(fixture.closedBecause(CloseReason.DRAIN)).isEqualTo(20);
    }
  }

  @Test
  void refusesNewClientsFromThenOn() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      CompletionStage<Void> drained = fixture.engine().drain(Duration.ZERO, null, Duration.ZERO);
      for (int i = 0; i < 2; i++) {
        assertThatExceptionOfType(RefusedException.class)
            .isThrownBy(() -> fixture.connect(Subscription.all()))
            .withMessage("the application is stopping")
            .satisfies(
                e -> {
                  assertThat(e.getResponse().getStatus()).isEqualTo(503);
                  assertThat(e.getResponse().getHeaders().getFirst("Retry-After")).isEqualTo(2);
                });
        stream.unplug();
        until(() -> done(drained));
      }
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.REFUSED)).isEqualTo(2);
    }
  }

  @Test
  void theFarewellComesFirstAndStreamsMayEndByThemselves() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream leaving = fixture.connect(Subscription.to("a"));
      Stream staying = fixture.connect(Subscription.to("b"));
      SseMessage farewell = SseMessage.builder().event("bye").data("see you").build();
      CompletionStage<Void> drained =
          fixture.engine().drain(Duration.ZERO, farewell, Duration.ofHours(1));
      leaving.awaitData("see you");
      staying.awaitData("see you");
      assertThat(leaving.client().state()).isEqualTo(SseClient.State.OPEN);
      fixture.publish("b", "still here");
      staying.awaitData("see you", "still here");
      leaving.client().close();
      leaving.awaitClosed();
      assertThat(drained.toCompletableFuture()).isNotDone();
      staying.client().close();
      until(() -> done(drained));
      assertThat(leaving.client().closeReason()).contains(CloseReason.APPLICATION);
    }
  }

  @Test
  void givesUpOnClientsThatTakeNothing() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stalled = fixture.connect(Subscription.all()).plug();
      Stream unopened = fixture.connecting(Subscription.all(), MemoryWriter.OPEN);
      CompletionStage<Void> drained = fixture.engine().drain(Duration.ZERO, null, Duration.ZERO);
      until(() -> done(drained));
      for (Stream stream : List.of(stalled, unopened)) {
        assertThat(stream.writer().aborted()).isTrue();
        assertThat(stream.client().closeReason()).contains(CloseReason.DRAIN);
      }
    }
  }

  @Test
  void spreadsTheClosesOverTheWindow() {
    try (EngineFixture fixture = new EngineFixture()) {
      List<Stream> streams = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        streams.add(fixture.connect(Subscription.all()));
      }
      CompletionStage<Void> drained =
          fixture.engine().drain(Duration.ofMillis(500), null, Duration.ZERO);
      HashSet<Integer> counts = new HashSet<>();
      until(
          () -> {
            counts.add(fixture.engine().count());
            return done(drained);
          });
      assertThat(counts).as("numbers of clients seen on the way").hasSizeGreaterThan(4);
    }
  }

  /** Ten clients that take nothing, and a drain of theirs whose clock is the test's. */
  private static List<Client> tenThatTakeNothing(EngineFixture fixture) {
    return IntStream.range(0, 10)
        .mapToObj(i -> fixture.connect(Subscription.none()).plug().client())
        .toList();
  }

  private static Drain drain(EngineFixture fixture, List<Client> clients, long tick, long linger) {
    return new Drain(() -> clients, fixture.engine().frames()::farewell, tick, linger);
  }

  private static long closing(List<Client> clients) {
    return clients.stream().filter(client -> client.closeReason().isPresent()).count();
  }

  private static long givenUp(List<Client> clients) {
    return clients.stream().filter(client -> client.lifecycle().isOver()).count();
  }

  @Test
  void closesAfterTheGraceEvenlyAndGivesUpWhoLingers() {
    try (EngineFixture fixture = new EngineFixture()) {
      List<Client> clients = tenThatTakeNothing(fixture);
      Drain drain = drain(fixture, clients, 10, 200);
      drain.noClients();
      assertThat(drain.hasBegun()).isFalse();
      assertThat(drain.begin(1000, 100, 90)).isTrue();
      assertThat(drain.hasBegun()).isTrue();
      assertThat(drain.onTime(1099)).isEqualTo(10);
      assertThat(closing(clients)).isZero();
      for (int i = 0; i < 10; i++) {
        assertThat(drain.onTime(1100 + 10 * i)).isEqualTo(10);
        assertThat(closing(clients)).isEqualTo(i + 1);
      }
      drain.onTime(1389);
      assertThat(drain.onTime(1389)).isEqualTo(10);
      assertThat(givenUp(clients)).isZero();
      drain.onTime(1390);
      assertThat(drain.onTime(1390)).isEqualTo(10);
      assertThat(givenUp(clients)).isEqualTo(10);
      assertThat(done(drain.drained())).isFalse();
      drain.noClients();
      assertThat(done(drain.drained())).isTrue();
      assertThat(drain.onTime(1400)).isNegative();
    }
  }

  @Test
  void whatIsOverSoonerCountsAndWhatIsOverLaterDoesNot() {
    try (EngineFixture fixture = new EngineFixture()) {
      List<Client> clients = tenThatTakeNothing(fixture);
      Drain drain = drain(fixture, clients, 10, 200);
      drain.begin(1000, 100, 900);
      assertThat(drain.begin(1050, 10, 40)).isFalse();
      assertThat(drain.begin(1055, 0, 900)).isFalse();
      drain.onTime(1059);
      assertThat(closing(clients)).isZero();
      drain.onTime(1060);
      assertThat(closing(clients)).isEqualTo(2);
      drain.onTime(1099);
      assertThat(closing(clients)).isEqualTo(10);
    }
  }

  @Test
  void whatHasBegunToCloseIsOnlyOverSooner() {
    try (EngineFixture fixture = new EngineFixture()) {
      List<Client> clients = tenThatTakeNothing(fixture);
      Drain drain = drain(fixture, clients, 10, 200);
      drain.begin(1000, 10, 990);
      drain.onTime(1010);
      assertThat(closing(clients)).isEqualTo(1);
      drain.begin(1100, 100, 100);
      // half of the time from its begin has passed
      drain.onTime(1150);
      assertThat(closing(clients)).isEqualTo(5);
      drain.onTime(1300);
      assertThat(closing(clients)).isEqualTo(10);
    }
  }

  @Test
  void withoutClientsItIsDoneAtOnceAndOnce() {
    try (EngineFixture fixture = new EngineFixture()) {
      CompletionStage<Void> drained =
          fixture.engine().drain(Duration.ofHours(1), null, Duration.ofHours(1));
      assertThat(drained.toCompletableFuture()).isDone();
      assertThat(fixture.engine().drain(Duration.ZERO, null, Duration.ZERO)).isSameAs(drained);
    }
  }

  @Test
  void stopEndsEverythingAndMayBeCalledAgain() {
    EngineFixture fixture = new EngineFixture();
    Stream healthy = fixture.connect(Subscription.all());
    Stream stalled = fixture.connect(Subscription.all()).plug();
    fixture.engine().stop();
    assertThat(healthy.writer().ended()).isTrue();
    assertThat(stalled.writer().aborted()).isTrue();
    fixture.close();
  }

  @Test
  void aFarewellThatIsTooLargeBeginsNothing() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.all()).awaitIdle();
      SseMessage farewell = SseMessage.of("x".repeat(600_000));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.engine().drain(Duration.ZERO, farewell, Duration.ZERO))
          .withMessageContaining("data: the message has");
      assertThat(fixture.engine().health().draining()).isFalse();
      CompletionStage<Void> drained = fixture.engine().drain(Duration.ZERO, null, Duration.ZERO);
      until(() -> done(drained));
      stream.awaitClosed();
    }
  }

  @Test
  void theFarewellIsForTheClientsOfTheNodeThatDrains() {
    MemoryStream shared = new MemoryStream();
    try (EngineFixture one = new EngineFixture(shared.node());
        EngineFixture two = new EngineFixture(shared.node())) {
      Stream here = one.connect(Subscription.to("a")).awaitIdle();
      Stream there = two.connect(Subscription.to("a")).awaitIdle();
      CompletionStage<Void> drained =
          one.engine().drain(Duration.ZERO, SseMessage.of("goodbye"), Duration.ZERO);
      until(() -> done(drained));
      here.awaitData("goodbye");
      there.awaitIdle();
      assertThat(there.writer().data()).isEmpty();
      // nor does it come to those who come back
      assertThat(two.engine().history(null, 10)).isEmpty();
    }
  }

  @Test
  void aFarewellWithATopicIsForItsSubscribers() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream in = fixture.connect(Subscription.to("room.*"));
      Stream out = fixture.connect(Subscription.to("lobby"));
      SseMessage farewell = SseMessage.builder().topic("room.1").data("closing").build();
      CompletionStage<Void> drained =
          fixture.engine().drain(Duration.ZERO, farewell, Duration.ZERO);
      until(() -> done(drained));
      in.awaitData("closing");
      assertThat(out.writer().data()).isEmpty();
    }
  }

  @Test
  void theFarewellReachesWhoIsReadingTheLog() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream reading = fixture.connect(Subscription.to("a").queue(2, 1 << 20)).plug();
      for (int i = 0; i < 5; i++) {
        fixture.publish("a", i);
      }
      CompletionStage<Void> drained =
          fixture.engine().drain(Duration.ZERO, SseMessage.of("goodbye"), Duration.ZERO);
      reading.unplug();
      until(() -> done(drained));
      reading.awaitData("plug", "goodbye", "0", "1", "2", "3", "4");
    }
  }

  @Test
  void aShorterDrainCutsALongerOneShort() {
    try (EngineFixture fixture = new EngineFixture()) {
      List<Stream> streams = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        streams.add(fixture.connect(Subscription.all()).awaitIdle());
      }
      CompletionStage<Void> drained =
          fixture.engine().drain(Duration.ofMinutes(10), null, Duration.ofMinutes(10));
      assertThat(fixture.engine().drain(Duration.ofHours(1), null, Duration.ofHours(1)))
          .as("a longer one changes nothing")
          .isSameAs(drained);
      assertThat(fixture.engine().drain(Duration.ZERO, null, Duration.ZERO)).isSameAs(drained);
      until(() -> done(drained));
      assertThat(streams).allMatch(stream -> stream.writer().ended());
    }
  }

  @Test
  void stopEndsTheStreamsThatALongerDrainHasNotEndedYet() {
    EngineFixture fixture = new EngineFixture();
    List<Stream> streams = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      streams.add(fixture.connect(Subscription.all()).awaitIdle());
    }
    // a pre-stop hook drains over ten minutes; the server is stopped before that is over
    fixture.engine().drain(Duration.ofMinutes(10), null, Duration.ZERO);
    fixture.engine().stop();
    assertThat(streams).allMatch(stream -> stream.writer().ended());
    fixture.close();
  }

  @Test
  void whenStopReturnsAllObserversHaveRun() {
    EngineFixture fixture = new EngineFixture();
    fixture.slowObservers(Duration.ofMillis(20));
    for (int i = 0; i < 40; i++) {
      fixture.connect(Subscription.all());
    }
    fixture.engine().stop();
    assertThat(fixture.closedSoFar()).isEqualTo(40);
    fixture.close();
  }

  @Test
  void observersHaveRunThoughAnotherClientDidNotEnd() {
    EngineFixture fixture = new EngineFixture("drain-threads", "2");
    fixture.slowObservers(Duration.ofMillis(20));
    fixture.endDrainThread();
    until(() -> !fixture.engine().health().live());
    // clients get the threads in turn, so every other one has none
    for (int i = 0; i < 10; i++) {
      fixture.connecting(Subscription.all(), MemoryWriter.OPEN).writer().start();
    }
    fixture.engine().stop();
    assertThat(fixture.closedSoFar()).isEqualTo(5);
  }
}
