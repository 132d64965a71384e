package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.starcast.internal.engine.EngineFixture.until;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.starcast.FakeSink;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;

/** A stream ends once, for one reason, whatever ends it. */
class ClosingTest {

  @Test
  void theApplicationsCloseWritesWhatIsQueued() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      fixture.publish("a", "m1");
      fixture.publish("a", "m2");
      stream.client().close();
      stream.client().close();
      assertThat(stream.client().state()).isEqualTo(SseClient.State.CLOSING);
      assertThat(fixture.publish("a", "m3").matched()).isZero();
      assertThat(stream.client().send("m4")).isFalse();
      stream.unplug().awaitClosed();
      assertThat(stream.writer().data()).containsExactly("plug", "m1", "m2");
      assertThat(stream.writer().aborted()).isFalse();
      assertThat(stream.client().closeReason()).contains(CloseReason.APPLICATION);
      assertThat(fixture.closed(1)).containsExactly(stream.client().id() + " APPLICATION");
      assertThat(fixture.engine().client(stream.client().id())).isNull();
      assertThat(fixture.engine().count()).isZero();
      assertThat(fixture.engine().clientsOn("a")).isEmpty();
    }
  }

  @Test
  void aCloseBeforeTheResponseIsOpenIsToldAfterTheOpening() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connecting(Subscription.all(), MemoryWriter.OPEN);
      stream.client().close();
      stream.writer().start();
      stream.awaitClosed();
      until(() -> fixture.engine().count() == 0);
      assertThat(fixture.closed(1)).containsExactly(stream.client().id() + " APPLICATION");
      assertThat(fixture.opened()).containsExactly(stream.client());
      assertThat(fixture.closedBecause(CloseReason.APPLICATION)).isEqualTo(1);
    }
  }

  @Test
  void aBrokenConnectionIsAClientGone() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream byWrite = fixture.connect(Subscription.all()).awaitIdle();
      Stream byListener = fixture.connect(Subscription.all()).awaitIdle();
      Stream byContainer = fixture.connect(Subscription.all()).awaitIdle();
      byWrite.writer().fail(new IOException("broken pipe"));
      fixture.publish("a", "m");
      byListener.client().failed(new IOException("reset"));
      byContainer.client().failed(null);
      for (Stream stream : List.of(byWrite, byListener, byContainer)) {
        stream.awaitClosed();
        assertThat(stream.client().closeReason()).contains(CloseReason.CLIENT_GONE);
        assertThat(stream.writer().aborted()).isTrue();
      }
      assertThat(fixture.closed(3)).hasSize(3).allMatch(line -> line.endsWith(" CLIENT_GONE"));
    }
  }

  static List<Arguments> failures() {
    Throwable exception = new IllegalStateException("expected by the test");
    Throwable error = new LinkageError("expected by the test");
    return List.of(
        Arguments.of(exception, false),
        Arguments.of(exception, true),
        Arguments.of(error, false),
        Arguments.of(error, true));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void aFailingWriterClosesItsOwnClientOnly(Throwable failure, boolean whileItResumes) {
    try (EngineFixture fixture = new EngineFixture("drain-threads", "1")) {
      Stream other = fixture.connect(Subscription.all());
      Stream failing = fixture.connect(Subscription.all()).awaitIdle();
      if (whileItResumes) {
        failing.plug();
      }
      failing.writer().fail(failure);
      fixture.publish("a", "m1");
      failing.unplug().awaitClosed();
      assertThat(failing.client().closeReason()).contains(CloseReason.ERROR);
      fixture.publish("a", "m2");
      other.awaitData("m1", "m2");
    }
  }

  @Test
  void anErrorOfTheContainerIsAnError() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.all()).awaitIdle();
      stream.client().failed(new IllegalStateException("expected by the test"));
      stream.awaitClosed();
      assertThat(stream.client().closeReason()).contains(CloseReason.ERROR);
    }
  }

  @Test
  void aCloseThatCannotFinishIsGivenUpButKeepsItsReason() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      stream.client().close();
      stream.client().abortNow(CloseReason.TIMEOUT);
      stream.awaitClosed();
      assertThat(stream.writer().aborted()).isTrue();
      assertThat(fixture.closed(1)).containsExactly(stream.client().id() + " APPLICATION");
    }
  }

  @Test
  void whatComesAfterTheEndChangesNothing() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.to("a")).awaitIdle();
      stream.client().close();
      stream.awaitClosed();
      stream.client().writable();
      stream.client().failed(new IOException("late"));
      stream.client().abortNow(CloseReason.TIMEOUT);
      stream.client().close();
      stream.client().subscribe("b");
      stream.client().mute("c");
      stream.client().unsubscribe("a");
      stream.client().unmute("c");
      assertThat(stream.client().onTime(Long.MAX_VALUE)).isNegative();
      assertThat(fixture.publish("b", "m").matched()).isZero();
      assertThat(fixture.engine().clientsOn("b")).isEmpty();
      assertThat(stream.client().closeReason()).contains(CloseReason.APPLICATION);
      assertThat(fixture.closedBecause(CloseReason.APPLICATION)).isEqualTo(1);
      assertThat(fixture.closedBecause(CloseReason.TIMEOUT)).isZero();
    }
  }

  /** The pairing of opened and closed, and one end of each writer, is checked by the fixture. */
  @Test
  void endsOnceWhateverRaces() throws InterruptedException {
    Random random = new Random();
    long seed = random.nextLong();
    random.setSeed(seed);
    try (EngineFixture fixture = new EngineFixture()) {
      for (int round = 0; round < 300; round++) {
        Stream stream = fixture.connect(Subscription.to("t").queue(3, 1_024), random.nextInt(200));
        List<Runnable> ends =
            new ArrayList<>(
                List.of(
                    stream.client()::close,
                    () -> stream.client().abortNow(CloseReason.TIMEOUT),
                    () -> stream.client().failed(new IOException("reset")),
                    () -> stream.client().failed(null),
                    () -> stream.writer().fail(new IOException("broken pipe")),
                    () -> stream.client().onTime(Long.MAX_VALUE / 2),
                    () -> stream.client().writable(),
                    () -> stream.writer().grant(MemoryWriter.OPEN),
                    () -> {
                      for (int i = 0; i < 5; i++) {
                        fixture.publish("t", "x".repeat(100));
                      }
                    }));
        Collections.shuffle(ends, random);
        race(ends);
        stream.client().close();
        stream.unplug();
        stream.awaitClosed();
        fixture.checkEnded();
      }
      int closedForAnyReason = 0;
      for (CloseReason reason : CloseReason.values()) {
        closedForAnyReason += (int) fixture.closedBecause(reason);
      }
      assertThat(closedForAnyReason).isEqualTo(300);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private static void race(List<Runnable> actions) throws InterruptedException {
    CountDownLatch start = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      List<Runnable> own = new ArrayList<>();
      for (int i = t; i < actions.size(); i += 3) {
        own.add(actions.get(i));
      }
      Thread thread =
          new Thread(
              () -> {
                try {
                  start.await();
                  own.forEach(Runnable::run);
                } catch (InterruptedException | RuntimeException | Error e) {
                  failure.set(e);
                }
              });
      threads.add(thread);
      thread.start();
    }
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failure.get()).isNull();
  }

  @Test
  void aFailingObserverDisturbsNobody() throws InterruptedException {
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    LifecycleNotifier notifier =
        new LifecycleNotifier(Thread::new, 100, System.getLogger("test.notifier"));
    notifier.tell(() -> seen.add("first"));
    notifier.tell(
        () -> {
          throw new IllegalStateException("expected by the test");
        });
    notifier.tell(
        () -> {
          throw new AssertionError("expected by the test");
        });
    notifier.tell(() -> seen.add("last"));
    assertThat(notifier.await(Duration.ofMinutes(1).toNanos())).isZero();
    assertThat(seen).containsExactly("first", "last");
    notifier.stop();
    notifier.thread().join();
  }

  @Test
  void aMessageToAllLeavesOutWhoIsExcepted() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream one = fixture.connect(Subscription.none());
      Stream two = fixture.connect(Subscription.none());
      var result =
          fixture
              .engine()
              .publish(SseMessage.of("to all"), java.util.Set.of(one.client().id(), "unknown"));
      assertThat(result.matched()).isEqualTo(1);
      two.awaitData("to all");
      one.client().send("own");
      one.awaitData("own");
    }
  }

  @Test
  void closedWhileItsResponseFailsToOpen() throws Exception {
    AtomicReference<EngineFixture> made = new AtomicReference<>();
    AtomicReference<SseClient> client = new AtomicReference<>();
    AtomicInteger armed = new AtomicInteger();
    try (EngineFixture fixture =
        new EngineFixture(
            task -> {
              if (armed.compareAndSet(1, 2)) {
                SseClient c = made.get().engine().allClients().get(0);
                client.set(c);
                c.send("direct");
                c.close();
                throw new RejectedExecutionException("expected");
              }
              new Thread(task).start();
            })) {
      made.set(fixture);
      armed.set(1);
      assertThatThrownBy(
              () -> fixture.engine().register(FakeSink.manual(), Subscription.to("a"), null))
          .hasMessage("expected");
      until(() -> client.get().whenClosed().toCompletableFuture().isDone());
      assertThat(client.get().state()).isEqualTo(SseClient.State.CLOSED);
      assertThat(fixture.engine().memory().used()).isZero();
    }
  }
}
