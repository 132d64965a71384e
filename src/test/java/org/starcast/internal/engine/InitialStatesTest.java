package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.starcast.internal.engine.EngineFixture.until;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.MessageSource;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.testing.ReceivedEvent;

/** States that clients begin with; that nothing is missed behind them is in the model's hands. */
@ExtendWith(ResponseRuntime.class)
class InitialStatesTest {

  private static final String[] LONG = {"initial.max-age", "PT1M"};

  private final AtomicInteger made = new AtomicInteger();
  private final AtomicInteger value = new AtomicInteger();

  private MessageSource state() {
    return () -> {
      made.incrementAndGet();
      return SseMessage.of("state " + value);
    };
  }

  private void publish(EngineFixture fixture) {
    fixture.publish("a", "a" + value.incrementAndGet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "16"})
  void theStateComesFirstAndWhatFollowsItBehindIt(String logged) {
    try (EngineFixture fixture = new EngineFixture("log.events", logged)) {
      publish(fixture);
      MessageSource whilePublishing =
          () -> {
            SseMessage before = state().toSseMessage();
            publish(fixture);
            return before;
          };
      Stream stream = fixture.connect(Subscription.to("a").initial(whilePublishing));
      publish(fixture);
      stream.awaitData("state 1", "a2", "a3");
    }
  }

  @Test
  void whoHasHalfOfTheStateHasNoId() {
    try (EngineFixture fixture = new EngineFixture()) {
      publish(fixture);
      Stream stream = fixture.connect(Subscription.to("a").initial(state()));
      stream.awaitIdle();
      List<ReceivedEvent> events = stream.writer().events();
      assertThat(events.get(0).lastEventId()).isEmpty();
      assertThat(stream.text()).containsSubsequence("data: state 1\n", "id: ");
    }
  }

  @Test
  void whoResumesGetsWhatCameMeanwhileAndNoState() {
    try (EngineFixture fixture = new EngineFixture()) {
      publish(fixture);
      String id = fixture.engine().lastEventId();
      publish(fixture);
      Stream stream = fixture.connect(Subscription.to("a").initial(state()).resumeFrom(id));
      stream.awaitData("a2");
      assertThat(made).hasValue(0);
    }
  }

  @Test
  void whoCannotResumeGetsTheStateInPlaceOfAGap() {
    try (EngineFixture fixture = new EngineFixture()) {
      publish(fixture);
      Stream stream = fixture.connect(Subscription.to("a").initial(state()).resumeFrom("zzz-1"));
      publish(fixture);
      stream.awaitData("state 1", "a2");
      assertThat(stream.text()).doesNotContain("starcast-gap");
    }
  }

  @Test
  void manyThatComeAtTheSameTimeGetOneThatIsMadeOnce() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    MessageSource slow =
        () -> {
          SseMessage message = state().toSseMessage();
          asked.countDown();
          await(answer);
          return message;
        };
    ExecutorService threads = Executors.newCachedThreadPool();
    try (EngineFixture fixture = new EngineFixture(LONG)) {
      publish(fixture);
      Subscription subscription = Subscription.to("a").initial("all", slow);
      List<CompletableFuture<Stream>> streams = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        streams.add(CompletableFuture.supplyAsync(() -> fixture.connect(subscription), threads));
      }
      asked.await();
      publish(fixture);
      answer.countDown();
      publish(fixture);
      Stream late = fixture.connect(subscription);
      for (CompletableFuture<Stream> each : streams) {
        Stream stream = each.get();
        stream.awaitData("state 1", "a2", "a3");
      }
      late.awaitData("state 1", "a2", "a3");
      assertThat(made).hasValue(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void equalStatesAreWrittenFromTheSameBytes() {
    try (EngineFixture fixture = new EngineFixture(LONG)) {
      var states = new InitialStates.State(null, new byte[100]);
      Frame one = states.greeting(fixture.engine().frames(), true);
      assertThat(states.greeting(fixture.engine().frames(), true)).isSameAs(one);
    }
  }

  @Test
  void anotherKeyIsAnotherStateAndNoKeyIsNobodyElses() {
    try (EngineFixture fixture = new EngineFixture(LONG)) {
      for (String key : List.of("a", "b", "a", "b")) {
        fixture.connect(Subscription.to("a").initial(key, state()));
      }
      assertThat(made).hasValue(2);
      fixture.connect(Subscription.to("a").initial(state()));
      fixture.connect(Subscription.to("a").initial(state()));
      assertThat(made).hasValue(4);
    }
  }

  @Test
  void oneThatIsTooOldIsMadeAnew() {
    try (EngineFixture fixture = new EngineFixture("initial.max-age", "PT0S")) {
      fixture.connect(Subscription.to("a").initial("all", state()));
      fixture.connect(Subscription.to("a").initial("all", state()));
      assertThat(made).hasValue(2);
    }
  }

  @Test
  void oneIsUsedAgainUntilItIsTooOld() {
    try (EngineFixture fixture = new EngineFixture("initial.max-age", "PT0.1S")) {
      EngineFixture.until(
          () -> {
            fixture.connect(Subscription.to("a").initial("all", state()));
            return made.get() == 3;
          });
    }
  }

  @Test
  void oneBehindWhichTheLogIsGoneIsMadeAnew() {
    try (EngineFixture fixture = new EngineFixture("initial.max-age", "PT1M", "log.events", "16")) {
      fixture.connect(Subscription.to("a").initial("all", state()));
      for (int i = 0; i < 40; i++) {
        publish(fixture);
      }
      Stream stream = fixture.connect(Subscription.to("a").initial("all", state()));
      publish(fixture);
      stream.awaitData("state 40", "a41");
    }
  }

  @Test
  void thoseThatTakeTooMuchMemoryAreForgotten() {
    MessageSource large =
        () -> {
          made.incrementAndGet();
          return SseMessage.of("x".repeat(40_000));
        };
    try (EngineFixture fixture =
        new EngineFixture("initial.max-age", "PT1M", "initial.bytes", "65536")) {
      for (String key : List.of("a", "b", "b", "a")) {
        fixture.connect(Subscription.to("a").initial(key, large));
      }
      assertThat(made).hasValue(3);
    }
  }

  @Test
  void whatFailsFailsAllWhoWaitAndNoOneAfterThem() {
    try (EngineFixture fixture = new EngineFixture(LONG)) {
      MessageSource fails =
          () -> {
            throw new IllegalStateException("expected by the test");
          };
      for (Subscription subscription :
          List.of(Subscription.to("a").initial(fails), Subscription.all().initial("all", fails))) {
        assertThatIllegalStateException()
            .isThrownBy(() -> fixture.connect(subscription))
            .withMessage("expected by the test");
      }
      assertThat(fixture.engine().count()).isZero();
      fixture.connect(Subscription.to("a").initial("all", state())).awaitData("state 0");
    }
  }

  @Test
  void whoWaitsTooLongIsRefused() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    MessageSource hangs =
        () -> {
          asked.countDown();
          await(never);
          return SseMessage.of("late");
        };
    try (EngineFixture fixture = new EngineFixture("send-timeout", "PT1S")) {
      Subscription subscription = Subscription.to("a").initial("all", hangs);
      CompletableFuture<Stream> first =
          CompletableFuture.supplyAsync(() -> fixture.connect(subscription));
      asked.await();
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> fixture.connect(subscription))
          .satisfies(refused -> assertThat(refused.getResponse().getStatus()).isEqualTo(503));
      assertThat(fixture.engine().statisticsSnapshot().refused())
          .containsEntry(RefusedException.Reason.INITIAL, 1L);
      assertThat(fixture.engine().count()).as("the one that makes it").isEqualTo(1);
      never.countDown();
      first.get().awaitData("late");
    }
  }

  @Test
  void aMessageThatIsTooLargeIsRefused() {
    try (EngineFixture fixture = new EngineFixture("message.max-bytes", "1024")) {
      MessageSource large = () -> SseMessage.of("x".repeat(2_000));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.connect(Subscription.to("a").initial("all", large)))
          .withMessageContaining("starcast.message.max-bytes");
      assertThat(fixture.engine().count()).isZero();
    }
  }

  @Test
  void aThousandThatMissTheSameGetOneThatIsMadeOnce() {
    MemoryStream shared = new MemoryStream();
    try (EngineFixture fixture = new EngineFixture(shared.node(), LONG)) {
      List<Stream> streams = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        streams.add(
            fixture.connect(
                Subscription.to("a").overflow(Overflow.CATCH_UP).initial("all", state())));
      }
      assertThat(made).hasValue(1);
      value.set(7);
      shared.restart("anew");
      for (Stream stream : streams) {
        until(() -> stream.writer().data().contains("state 7"));
        assertThat(stream.text()).contains("starcast-gap");
      }
      assertThat(made).hasValue(2);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }
}
