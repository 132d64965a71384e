package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starcast.internal.engine.EngineFixture.until;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;

/** The bound on the bytes that wait for all clients together. */
class BudgetTest {

  private static final long TOTAL = 1 << 20;

  private static EngineFixture fixture() {
    return new EngineFixture(
        "queue.overflow", "DISCONNECT", "queue.total-bytes", String.valueOf(TOTAL));
  }

  private static Subscription unbounded(String topic) {
    return Subscription.to(topic).queue(1_000_000, 1 << 30);
  }

  private static long used(EngineFixture fixture) {
    return fixture.engine().statisticsSnapshot().get(Metric.QUEUED_BYTES);
  }

  @Test
  void aSharedMessageCountsOnceUntilTheLastClientHasIt() {
    try (EngineFixture fixture = fixture()) {
      Stream first = fixture.connect(unbounded("a")).plug();
      Stream second = fixture.connect(unbounded("a")).plug();
      Stream third = fixture.connect(unbounded("a")).awaitIdle();
      long plugs = used(fixture);
      String data = "x".repeat(1_000);
      for (int i = 0; i < 10; i++) {
        fixture.publish("a", data);
      }
      third.awaitIdle();
      long ten = used(fixture) - plugs;
      assertThat(ten).isBetween(10_000L, 11_000L);
      first.unplug().awaitIdle();
      assertThat(used(fixture)).isEqualTo(plugs / 2 + ten);
      second.client().abortNow(CloseReason.ERROR);
      second.awaitClosed();
      assertThat(used(fixture)).isZero();
    }
  }

  @Test
  void droppedMessagesAreGivenBack() {
    try (EngineFixture fixture = fixture()) {
      Subscription subscription =
          Subscription.all()
              .queue(2, 1 << 20)
              .overflow(org.starcast.Subscription.Overflow.DROP_OLDEST);
      fixture.connect(subscription).plug();
      for (int i = 0; i < 1_000; i++) {
        fixture.publish("a", "x".repeat(5_000));
        assertThat(used(fixture)).isLessThan(11_000);
      }
    }
  }

  @Test
  void aMessageForNobodyTakesNothing() {
    try (EngineFixture fixture = fixture()) {
      fixture.connect(unbounded("a")).plug();
      long before = used(fixture);
      for (int i = 0; i < 100; i++) {
        fixture.publish("b", "x".repeat(100_000));
        assertThat(used(fixture)).isEqualTo(before);
      }
    }
  }

  @Test
  void closesThoseFurthestBehindAndStaysWithinTheBound() {
    try (EngineFixture fixture = fixture()) {
      Stream healthy = fixture.connect(unbounded("*"));
      Stream oldest = fixture.connect(unbounded("a")).plug();
      Stream younger = fixture.connect(unbounded("a")).awaitIdle();
      for (int i = 0; i < 5; i++) {
        fixture.publish("a", "x".repeat(100_000));
      }
      younger.plug();
      List<SseClient.State> states = new ArrayList<>();
      int published = 5;
      while (oldest.client().state() == SseClient.State.OPEN) {
        fixture.publish("a", "x".repeat(100_000));
        published++;
        assertThat(used(fixture)).isLessThanOrEqualTo(TOTAL);
        states.add(younger.client().state());
      }
      oldest.awaitClosed();
      assertThat(oldest.client().closeReason()).contains(CloseReason.OVERFLOW);
      assertThat(oldest.writer().aborted()).isTrue();
      assertThat(published).isEqualTo(11);
      assertThat(states).containsOnly(SseClient.State.OPEN);
      younger.unplug().awaitIdle();
      int all = published;
      until(() -> healthy.writer().data().size() == all);
      assertThat(younger.writer().data()).hasSize(published + 1);
      assertThat(fixture.closedBecause(CloseReason.OVERFLOW)).isEqualTo(1);
    }
  }

  @Test
  void closesNoMoreClientsThanItMust() {
    try (EngineFixture fixture = fixture()) {
      List<Stream> stalled = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        Stream stream = fixture.connect(unbounded("a")).awaitIdle();
        stream.writer().stall();
        stalled.add(stream);
      }
      // each has this on its way, and waits for another
      fixture.publish("a", "x".repeat(90_000));
      stalled.forEach(stream -> until(stream.writer()::blocked));
      fixture.publish("a", "waits");
      Stream late = fixture.connect(unbounded("*")).plug();
      fixture.publish("b", "for the late one");
      // ten times 90 kB are on their way: this is too much
      fixture.publish("a", "x".repeat(200_000));
      long open = stalled.stream().filter(s -> s.client().state() == SseClient.State.OPEN).count();
      assertThat(late.client().state()).isEqualTo(SseClient.State.OPEN);
      assertThat(used(fixture)).isLessThanOrEqualTo(TOTAL);
      assertThat(open).isBetween(5L, 9L);
    }
  }

  @Test
  void whoConnectsIsNotTakenForTheFurthestBehind() {
    try (EngineFixture fixture = fixture()) {
      Stream stalled = fixture.connect(unbounded("a")).plug();
      for (int i = 0; i < 10; i++) {
        fixture.publish("a", "x".repeat(100_000));
      }
      Stream connecting = fixture.connecting(unbounded("*"), MemoryWriter.OPEN);
      assertThat(connecting.client().send("welcome")).isTrue();
      fixture.publish("a", "x".repeat(100_000));
      stalled.awaitClosed();
      connecting.writer().start();
      connecting.awaitIdle();
      assertThat(connecting.writer().data()).hasSize(2).startsWith("welcome");
    }
  }

  @Test
  void holdsWhileManyPublishAndNobodyReads() throws InterruptedException {
    int publishers = 4;
    int size = 20_000;
    try (EngineFixture fixture = fixture()) {
      for (int i = 0; i < 20; i++) {
        fixture.connect(unbounded(i % 2 == 0 ? "a" : "b")).plug();
      }
      List<Thread> threads = new ArrayList<>();
      AtomicBoolean exceeded = new AtomicBoolean();
      for (int p = 0; p < publishers; p++) {
        String topic = p % 2 == 0 ? "a" : "b";
        Thread thread =
            new Thread(
                () -> {
                  for (int i = 0; i < 300; i++) {
                    fixture.publish(topic, "x".repeat(size));
                    // each publisher may just have added one before it makes room
                    if (used(fixture) > TOTAL + publishers * (size + 200)) {
                      exceeded.set(true);
                    }
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(exceeded).isFalse();
      assertThat(fixture.closedBecause(CloseReason.OVERFLOW)).isPositive();
    }
  }

  @Test
  void messagesToOneClientAreWithinTheBound() {
    try (EngineFixture fixture = new EngineFixture("queue.total-bytes", String.valueOf(TOTAL))) {
      Stream healthy = fixture.connect(Subscription.to("a"));
      List<Stream> stalled = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        stalled.add(fixture.connect(Subscription.none()).plug());
      }
      for (int i = 0; i < 10; i++) {
        for (Stream stream : stalled) {
          stream.client().send(SseMessage.of("x".repeat(100_000)));
          assertThat(used(fixture)).isLessThanOrEqualTo(TOTAL);
        }
      }
      fixture.publish("a", "still here");
      healthy.awaitData("still here");
    }
  }

  @Test
  void sourcesWaitWhenMemoryIsShortAndNobodyIsClosedForIt() {
    try (EngineFixture fixture = new EngineFixture("queue.total-bytes", String.valueOf(TOTAL))) {
      List<Stream> stalled = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        stalled.add(fixture.connect(Subscription.none()).plug());
      }
      for (Stream stream : stalled) {
        // as a stream's pump does: the next when the one before is queued
        while (stream
            .client()
            .sendWhenRoom(SseMessage.of("x".repeat(20_000)))
            .toCompletableFuture()
            .isDone()) {
          assertThat(used(fixture)).isLessThanOrEqualTo(TOTAL);
        }
      }
      assertThat(fixture.closedBecause(CloseReason.OVERFLOW)).isZero();
      assertThat(stalled).allMatch(s -> s.client().state() == SseClient.State.OPEN);
      // each has one that waits, and no other clue that there is room than its own queue
      stalled.forEach(stream -> stream.unplug().awaitIdle());
      assertThat(used(fixture)).isZero();
    }
  }

  @Test
  void whatWritersCouldNotSendIsWithinTheBound() {
    try (EngineFixture fixture = fixture()) {
      List<Stream> stalled = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Stream stream = fixture.connect(unbounded("a")).awaitIdle();
        stream.writer().stall();
        stalled.add(stream);
      }
      // one message, shared until each writer has a copy of its own: nothing is published after it
      fixture.publish("a", "x".repeat(100_000));
      until(() -> stalled.stream().allMatch(s -> s.writer().blocked() || s.writer().ended()));
      until(() -> used(fixture) <= TOTAL);
      assertThat(fixture.closedBecause(CloseReason.OVERFLOW)).isPositive();
    }
  }

  @Test
  void whoHoldsTheMostIsClosedAndNotWhoHoldsNothing() {
    try (EngineFixture fixture = fixture()) {
      List<Stream> small = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        small.add(fixture.connect(Subscription.to("a")).plug());
      }
      fixture.publish("a", "small");
      Stream hog = fixture.connect(unbounded("b")).plug();
      for (int i = 0; i < 20; i++) {
        hog.client().send(SseMessage.of("x".repeat(100_000)));
      }
      fixture.publish("c", "for nobody");
      hog.awaitClosed();
      assertThat(hog.client().closeReason()).contains(CloseReason.OVERFLOW);
      assertThat(small).allMatch(s -> s.client().state() == SseClient.State.OPEN);
    }
  }

  @Test
  void whoCanReadTheLogIsNotClosed() {
    try (EngineFixture fixture = new EngineFixture("queue.total-bytes", String.valueOf(TOTAL))) {
      Stream stalled = fixture.connect(unbounded("a")).plug();
      List<String> expected = new ArrayList<>(List.of("plug"));
      for (int i = 0; i < 30; i++) {
        expected.add(i + "x".repeat(100_000));
        fixture.publish("a", expected.get(i + 1));
        assertThat(used(fixture)).isLessThanOrEqualTo(TOTAL);
      }
      stalled.unplug().awaitData(expected.toArray(String[]::new));
    }
  }

  @Test
  void waitingOfWhoIsAbortedCountsAsFree() {
    try (EngineFixture fixture =
        new EngineFixture("queue.overflow", "DISCONNECT", "queue.total-bytes", "" + (1 << 20))) {
      List<Stream> others = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        Stream other = fixture.connect(Subscription.none()).plug();
        other.client().send("small");
        others.add(other);
      }
      Stream greedy = fixture.connect(Subscription.none().queue(1, 1 << 20)).plug();
      for (int i = 0; i < 14 && greedy.client().state() == SseClient.State.OPEN; i++) {
        greedy.client().sendWhenRoom(SseMessage.of("x".repeat(100_000)));
      }
      greedy.awaitClosed();
      List<SseClient.State> states = others.stream().map(s -> s.client().state()).toList();
      assertThat(states).containsOnly(SseClient.State.OPEN);
    }
  }
}
