package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.starcast.internal.engine.EngineFixture.until;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starcast.MessageSource;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.datastar.DatastarSse;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.testing.ReceivedEvent;

/** What a client gets when it missed events, whoever it is and however that came. */
class GapTest {

  private static final String[] SHORT = {"log.events", "16", "log.retain.\"stock.*\"", "latest"};

  private static Subscription slow(Overflow policy) {
    return Subscription.to("a").queue(2, 1 << 20).overflow(policy);
  }

  private static void publish(EngineFixture fixture, int count) {
    for (int i = 1; i <= count; i++) {
      fixture.publish("a", "a" + i);
    }
  }

  @Test
  void whoIsConnectedGetsTheRetainedStatesAsWhoComesBackDoes() {
    try (EngineFixture fixture = new EngineFixture(SHORT)) {
      Stream stream = fixture.connect(Subscription.all().queue(1, 1 << 20)).plug();
      fixture.publish("stock.x", "price 7");
      publish(fixture, 100);
      Stream returning = fixture.connect(Subscription.all().resumeFrom("zzz-1"));
      stream.unplug();
      for (Stream either : List.of(stream, returning)) {
        until(() -> either.writer().data().contains("a100"));
        List<String> data = either.writer().data();
        assertThat(data.subList(data.indexOf("price 7"), data.size()))
            .hasSize(17)
            .startsWith("price 7", "a85");
        ReceivedEvent state = either.writer().events().get(data.indexOf("price 7"));
        ReceivedEvent following = either.writer().events().get(data.indexOf("a85"));
        assertThat(state.lastEventId())
            .as("no id says that it is past the gap before it has the states")
            .isNotEqualTo(following.lastEventId());
      }
    }
  }

  @Test
  void whatIsLostToTheNodeBringsTheStates() {
    MemoryStream shared = new MemoryStream();
    MemoryStream.Node backplane = shared.node();
    try (EngineFixture behind = new EngineFixture(backplane, SHORT);
        EngineFixture ahead = new EngineFixture(shared.node(), SHORT)) {
      ahead.publish("stock.x", "price 7");
      Stream stream = behind.connect(Subscription.to("stock.*", "a"));
      stream.awaitData("price 7");
      backplane.lag(true);
      publish(ahead, 3);
      shared.drop(3);
      backplane.lag(false);
      until(() -> stream.writer().data().contains("a3"));
      assertThat(stream.writer().events().stream().map(ReceivedEvent::event))
          .containsExactly("message", "starcast-gap", "message", "message");
      assertThat(stream.writer().data().subList(2, 4)).containsExactly("price 7", "a3");
    }
  }

  @Test
  void whoIsClosedAtOnceGetsTheStatesAndTheGapFirst() {
    try (EngineFixture fixture = new EngineFixture(SHORT)) {
      fixture.publish("stock.x", "price 7");
      Stream stream = fixture.connecting(Subscription.all().resumeFrom("zzz-1"), MemoryWriter.OPEN);
      stream.client().close();
      stream.writer().start();
      stream.awaitClosed();
      assertThat(stream.writer().data()).hasSize(2).endsWith("price 7");
      Stream fresh = fixture.connecting(Subscription.all(), MemoryWriter.OPEN);
      fresh.client().close();
      fresh.writer().start();
      fresh.awaitClosed();
      assertThat(fresh.writer().data()).containsExactly("price 7");
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Overflow.class,
      names = {"CATCH_UP", "DROP_OLDEST"})
  void nobodyElseWaitsForWhatComesBehindAGap(Overflow policy) throws Exception {
    try (EngineFixture fixture = new EngineFixture("drain-threads", "1", "log.events", "16")) {
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch answer = new CountDownLatch(1);
      MessageSource state =
          () -> {
            asked.countDown();
            await(answer);
            return SseMessage.of("state");
          };
      Stream slow = fixture.connect(slow(policy).onGap(state)).plug();
      Stream other = fixture.connect(Subscription.to("b")).awaitIdle();
      publish(fixture, 40);
      slow.unplug();
      asked.await();
      // while it is being made: another client of the same thread is served, publishers go on
      fixture.publish("b", "for another client");
      other.awaitData("for another client");
      fixture.publish("a", "meanwhile");
      assertThat(slow.writer().data()).containsExactly("plug");
      answer.countDown();
      until(() -> slow.writer().data().contains("meanwhile"));
      List<String> data = slow.writer().data();
      assertThat(data.get(1)).contains("\"next\"");
      assertThat(data.get(2)).isEqualTo("state");
      // what was dropped meanwhile is a gap of its own, made good by a state of its own
      assertThat(data.subList(3, data.size()).contains("state"))
          .isEqualTo(policy == Overflow.DROP_OLDEST);
    }
  }

  @Test
  void itIsMadeAnewForEachGap() {
    try (EngineFixture fixture = new EngineFixture()) {
      AtomicInteger made = new AtomicInteger();
      Stream slow =
          fixture.connect(
              slow(Overflow.DROP_OLDEST)
                  .onGap(() -> SseMessage.of("state " + made.incrementAndGet())));
      for (int round = 1; round <= 3; round++) {
        slow.plug();
        publish(fixture, 4);
        slow.unplug().awaitIdle();
        assertThat(slow.writer().data()).contains("state " + round);
      }
      assertThat(made).hasValue(3);
    }
  }

  @Test
  void whatFailsOrTakesTooLongIsLeftOut() {
    try (EngineFixture fixture = new EngineFixture()) {
      CountDownLatch never = new CountDownLatch(1);
      Stream hangs =
          fixture.connect(
              slow(Overflow.DROP_OLDEST)
                  .onGap(
                      () -> {
                        await(never);
                        return SseMessage.of("too late");
                      }));
      Stream fails =
          fixture.connect(
              slow(Overflow.DROP_OLDEST)
                  .onGap(
                      () -> {
                        throw new IllegalStateException("expected by the test");
                      }));
      hangs.plug();
      fails.plug();
      publish(fixture, 4);
      fails.unplug();
      until(() -> fails.writer().data().contains("a4"));
      hangs.unplug();
      until(
          () -> {
            hangs.client().onTime(System.nanoTime() + Duration.ofHours(2).toNanos());
            return hangs.writer().data().contains("a4");
          });
      never.countDown();
      for (Stream stream : List.of(hangs, fails)) {
        assertThat(stream.writer().data()).hasSize(4).startsWith("plug").endsWith("a3", "a4");
      }
    }
  }

  @Test
  void aMessageThatIsTooLargeIsRefusedWhenTheClientRegisters() {
    try (EngineFixture fixture = new EngineFixture("message.max-bytes", "1024")) {
      Subscription subscription = Subscription.all().onGap(SseMessage.of("x".repeat(2_000)));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.connect(subscription))
          .withMessageContaining("data: the message has");
    }
  }

  /** A heartbeat between the two would say that the client has what it has missed. */
  @Test
  void noHeartbeatHasTheIdOfAHoleThatTheClientHasNotBeenToldOf() {
    MemoryStream shared = new MemoryStream();
    MemoryStream.Node backplane = shared.node();
    try (EngineFixture behind = new EngineFixture(backplane, "heartbeat", "PT1S");
        EngineFixture ahead = new EngineFixture(shared.node())) {
      publish(ahead, 1);
      List<Stream> streams = new java.util.ArrayList<>();
      for (int i = 0; i < 50; i++) {
        streams.add(behind.connect(Subscription.to("a")).awaitIdle());
      }
      Thread beats =
          new Thread(
              () -> {
                while (!Thread.interrupted()) {
                  long later = System.nanoTime() + Duration.ofMinutes(1).toNanos();
                  streams.forEach(stream -> stream.client().onTime(later));
                }
              });
      beats.start();
      for (int round = 0; round < 20; round++) {
        backplane.lag(true);
        publish(ahead, 1);
        shared.drop(Long.MAX_VALUE);
        backplane.lag(false);
      }
      beats.interrupt();
      for (Stream stream : streams) {
        until(
            () -> {
              String text = stream.text();
              // what follows a hole is the gap, before any id of the hole or of later
              return text.contains("starcast-gap");
            });
        String text = stream.text();
        int gap = text.indexOf("event: starcast-gap");
        assertThat(text.substring(0, gap)).doesNotContain("id: e1-2\n");
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatWasDroppedWhileItWasMadeIsAnotherGap() throws Exception {
    AtomicInteger state = new AtomicInteger();
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    try (EngineFixture fixture = new EngineFixture()) {
      Stream slow =
          fixture
              .connect(
                  Subscription.to("a")
                      .queue(2, 1 << 20)
                      .overflow(Overflow.DROP_OLDEST)
                      .onGap(
                          () -> {
                            int read = state.get();
                            asked.countDown();
                            await(answer);
                            return SseMessage.of("state " + read);
                          }))
              .plug();
      for (int i = 1; i <= 4; i++) {
        state.set(i);
        fixture.publish("a", "a" + i);
      }
      slow.unplug();
      asked.await();
      for (int i = 5; i <= 10; i++) {
        state.set(i);
        fixture.publish("a", "a" + i);
      }
      answer.countDown();
      until(() -> slow.writer().data().contains("a10"));
      slow.awaitIdle();
      assertThat(slow.writer().data()).containsAnyOf("state 8", "state 9", "state 10");
    }
  }

  /** The default is one for all clients; it must not be made for one of them alone. */
  @Test
  void whatTheConfigurationSaysComesToAllWhoMissSomethingAtOnce() {
    try (EngineFixture fixture = EngineFixture.withOnGap(DatastarSse.reload())) {
      List<Stream> streams = new java.util.ArrayList<>();
      for (int i = 0; i < 50; i++) {
        streams.add(fixture.connect(Subscription.to("a").resumeFrom("zzz-1")));
      }
      // but no page loads in the same moment as all others
      String script = "setTimeout(() => window.location.reload(), Math.random() * 5000)";
      until(() -> streams.stream().allMatch(s -> s.text().contains(script)));
    }
  }
}
