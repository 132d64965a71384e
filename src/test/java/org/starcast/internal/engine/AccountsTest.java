package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starcast.internal.engine.EngineFixture.until;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.engine.EngineFixture.Stream;

/**
 * What the statistics count, and that it adds up; {@link EngineFixture#close} checks the balance
 * after each test of the engine. {@code -Dstarcast.stress.seed=…} repeats the choices of a failure,
 * whose message has the seed.
 */
@ExtendWith(ResponseRuntime.class)
class AccountsTest {

  private static SseStatistics now(EngineFixture fixture) {
    return fixture.engine().statisticsSnapshot();
  }

  private static Subscription small(Overflow policy) {
    return Subscription.to("a").overflow(policy).queue(3, 1 << 20);
  }

  @Test
  void whatWaitsIsPendingAndWhatIsTakenIsDelivered() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream healthy = fixture.connect(Subscription.to("a"));
      Stream stalled = fixture.connect(Subscription.to("a")).plug();
      SseStatistics before = now(fixture);
      fixture.publish("a", "1");
      fixture.publish("a", "2");
      healthy.awaitData("1", "2");
      until(() -> now(fixture).get(Metric.DELIVERED) == before.get(Metric.DELIVERED) + 2);
      assertThat(now(fixture).get(Metric.PENDING)).isEqualTo(2);
      assertThat(now(fixture).get(Metric.MATCHED)).isEqualTo(4);
      fixture.assertBalance();
      stalled.unplug().awaitIdle();
      assertThat(now(fixture).get(Metric.PENDING)).isZero();
      fixture.assertBalance();
    }
  }

  @Test
  void eachPolicyHasACountOfItsOwn() {
    try (EngineFixture fixture = new EngineFixture("log.events", "16")) {
      Stream drops = fixture.connect(small(Overflow.DROP_OLDEST)).plug();
      Stream coalesces = fixture.connect(small(Overflow.COALESCE)).plug();
      fixture.connect(small(Overflow.DISCONNECT)).plug();
      Stream reads = fixture.connect(small(Overflow.CATCH_UP)).plug();
      for (int i = 0; i < 40; i++) {
        fixture.publish(SseMessage.builder().topic("a").coalesce("k").data(i));
      }
      until(() -> fixture.closedBecause(CloseReason.OVERFLOW) == 1);
      SseStatistics full = now(fixture);
      assertThat(full.get(Metric.MATCHED)).isEqualTo(3 * 40 + 4);
      assertThat(full.get(Metric.DROPPED)).as("all but three").isEqualTo(37);
      assertThat(full.get(Metric.COALESCED)).as("all but one").isEqualTo(39);
      assertThat(full.get(Metric.DISCARDED)).as("three, and the one too many").isEqualTo(4);
      assertThat(full.get(Metric.PENDING)).as("three, one, and those in the log").isEqualTo(44);
      assertThat(full.get(Metric.MISSED)).isZero();
      fixture.assertBalance();

      reads.unplug().awaitIdle();
      assertThat(now(fixture).get(Metric.MISSED)).as("what the log let go of").isEqualTo(40 - 16);
      drops.unplug().awaitIdle();
      coalesces.unplug().awaitIdle();
      assertThat(now(fixture).get(Metric.PENDING)).isZero();
      fixture.assertBalance();
    }
  }

  @ParameterizedTest
  @EnumSource(Overflow.class)
  void aMessageToOneClientIsInTheBalance(Overflow policy) {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(small(policy)).plug();
      long before = now(fixture).get(Metric.DIRECT);
      int taken = 0;
      for (int i = 0; i < 10; i++) {
        taken += stream.client().send(SseMessage.of("m" + i)) ? 1 : 0;
      }
      assertThat(now(fixture).get(Metric.DIRECT)).isEqualTo(before + taken);
    }
  }

  @Test
  void whatAClientGetsOfThePastIsNotInTheBalance() {
    try (EngineFixture fixture = new EngineFixture()) {
      for (int i = 0; i < 200; i++) {
        fixture.publish("a", i);
      }
      fixture.connect(Subscription.to("a").resumeFrom(Subscription.EARLIEST)).awaitIdle();
      assertThat(now(fixture).get(Metric.REPLAYED)).isPositive();
      assertThat(now(fixture).get(Metric.MATCHED)).isZero();
      assertThat(now(fixture).get(Metric.MISSED)).isZero();
      fixture.assertBalance();
    }
  }

  @Test
  void aWriteThatFailsLosesWhatItHad() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream broken = fixture.connect(Subscription.to("a")).awaitIdle();
      broken.writer().fail(new IOException("broken pipe"));
      fixture.publish("a", "lost");
      broken.awaitClosed();
      assertThat(now(fixture).get(Metric.DISCARDED)).isEqualTo(1);
      Stream worse = fixture.connect(Subscription.to("a")).awaitIdle();
      worse.writer().fail(new StackOverflowError("expected by the test"));
      fixture.publish("a", "lost");
      worse.awaitClosed();
      assertThat(now(fixture).get(Metric.DISCARDED)).isEqualTo(2);
    }
  }

  @Test
  void tellsWhoCouldResume() {
    try (EngineFixture fixture = new EngineFixture("log.events", "16")) {
      String first = fixture.publish("a", 0).id();
      fixture.connect(Subscription.to("a").resumeFrom(first)).awaitIdle();
      assertThat(now(fixture).get(Metric.RESUMED)).isEqualTo(1);
      for (int i = 0; i < 40; i++) {
        fixture.publish("a", i);
      }
      fixture.connect(Subscription.to("a").resumeFrom(first)).awaitIdle();
      fixture.connect(Subscription.to("a").resumeFrom("other-1")).awaitIdle();
      fixture.connect(Subscription.to("a").resumeFrom(Subscription.EARLIEST)).awaitIdle();
      fixture.connect(Subscription.to("a").history(5)).awaitIdle();
      assertThat(now(fixture).get(Metric.RESUMED)).isEqualTo(1);
      assertThat(now(fixture).get(Metric.NOT_RESUMED)).isEqualTo(2);
    }
  }

  @Test
  void measuresEachWriteFromThePublicationToItsFlush() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.to("a")).awaitIdle();
      assertThat(now(fixture).latency().count()).as("comments are no events").isZero();
      fixture.publish("a", "1");
      until(() -> now(fixture).latency().count() == 1);
      stream.plug();
      long start = System.nanoTime();
      fixture.publish("a", "2");
      until(() -> System.nanoTime() - start > 20_000_000);
      assertThat(now(fixture).latency().count()).isEqualTo(1);
      stream.unplug();
      until(() -> now(fixture).latency().count() == 2);
      assertThat(now(fixture).latency().percentile(1).toMillis()).isGreaterThanOrEqualTo(20);
    }
  }

  @Test
  void tellsHowOftenTheSubscribersOfATopicWereRemembered() {
    try (EngineFixture fixture = new EngineFixture()) {
      for (int i = 0; i < 10; i++) {
        fixture.publish("a", i);
      }
      assertThat(now(fixture).get(Metric.TOPIC_MISSES)).isEqualTo(2);
      assertThat(now(fixture).get(Metric.TOPIC_HITS)).isEqualTo(8);
    }
  }

  /** Everything at once: all policies, a log that is too small, clients that come, stall and go. */
  @ParameterizedTest
  @ValueSource(strings = {"0", "16", "5000"})
  void itAddsUpAfterAStorm(String logEvents) throws Exception {
    long seed = Long.getLong("starcast.stress.seed", new Random().nextLong());
    Random random = new Random(seed);
    ExecutorService threads = Executors.newCachedThreadPool();
    try (EngineFixture fixture =
        new EngineFixture("log.events", logEvents, "drain-threads", "2", "batch-bytes", "1024")) {
      AtomicInteger publishing = new AtomicInteger(3);
      List<Future<?>> publishers = new ArrayList<>();
      for (int p = 0; p < 3; p++) {
        Random choice = new Random(random.nextLong());
        publishers.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 3000; i++) {
                    SseMessage.Builder message = SseMessage.builder().data("x".repeat(50) + i);
                    if (choice.nextInt(10) > 0) {
                      message.topic(choice.nextBoolean() ? "a" : "b." + choice.nextInt(3));
                    }
                    if (choice.nextInt(3) == 0) {
                      message.coalesce("k" + choice.nextInt(3));
                    }
                    fixture.publish(message);
                    if (i % 32 == 0) {
                      Thread.yield();
                    }
                  }
                  publishing.decrementAndGet();
                }));
      }
      List<Stream> open = new ArrayList<>();
      while (publishing.get() > 0 || open.size() < 10) {
        Overflow policy = Overflow.values()[random.nextInt(4)];
        Subscription subscription =
            Subscription.to("a", "b.*").overflow(policy).queue(2 + random.nextInt(30), 4096);
        if (random.nextInt(3) == 0) {
          subscription = subscription.resumeFrom(Subscription.EARLIEST);
        }
        try {
          open.add(fixture.connect(subscription, random.nextInt(20_000)));
        } catch (RefusedException e) {
          // its queue was full before it was open
          continue;
        }
        for (Stream stream : open) {
          switch (random.nextInt(8)) {
            case 0 -> stream.client().send(SseMessage.of("direct"));
            case 1 -> stream.client().sendWhenRoom(SseMessage.of("direct"));
            case 2 -> stream.client().mute("b.1");
            case 3 -> stream.client().unmute("b.1");
            case 4 -> stream.client().onTime(System.nanoTime());
            default -> stream.writer().grant(random.nextInt(2000));
          }
        }
        if (open.size() > 12) {
          Stream gone = open.remove(random.nextInt(open.size()));
          switch (random.nextInt(4)) {
            case 0 -> gone.client().failed(new IOException("reset"));
            case 1 -> gone.writer().fail(new IOException("broken pipe"));
            case 2 -> gone.client().leaveToLog();
            default -> {
              gone.client().close();
              gone.unplug();
            }
          }
        }
      }
      for (Future<?> publisher : publishers) {
        publisher.get();
      }
      // nothing moves any more once the windows are used up
      EngineFixture.settled(fixture);
      fixture.assertBalance();
      assertThat(now(fixture).get(Metric.PUBLISHED)).isEqualTo(9000);
      assertThat(now(fixture).get(Metric.DELIVERED)).isPositive();
    } catch (Exception | AssertionError e) {
      throw new AssertionError("seed " + seed + ": " + e, e);
    } finally {
      threads.shutdownNow();
    }
  }
}
