package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starcast.internal.engine.EngineFixture.until;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.starcast.FakeSink;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;

/**
 * What a client does when it is asked by the clock: with the clock's time made up where the test is
 * about when, with the real one where it is about being asked at all.
 */
class TimeTest {

  private static long in(Duration time) {
    return System.nanoTime() + time.toNanos();
  }

  @Test
  void aHeartbeatComesAfterSilenceOnly() {
    try (EngineFixture fixture = new EngineFixture("heartbeat", "PT30M", "log.events", "0")) {
      Stream stream = fixture.connect(Subscription.all()).awaitIdle();
      assertThat(stream.text()).isEqualTo("retry: 2000\n\n");
      long left = stream.client().onTime(in(Duration.ofMinutes(10)));
      assertThat(left)
          .isPositive()
          .isLessThanOrEqualTo(Duration.ofMinutes(20).plusSeconds(1).toNanos());
      until(
          () -> {
            // it is silent only when the drain thread has left the client
            stream.client().onTime(in(Duration.ofMinutes(31)));
            return fixture.engine().statisticsSnapshot().get(Metric.HEARTBEATS) > 0;
          });
      until(() -> stream.text().equals("retry: 2000\n\n:\n"));
      // it was written just now: silence begins anew
      stream.awaitIdle().client().onTime(in(Duration.ofMinutes(20)));
      fixture.publish("a", "m");
      stream.awaitIdle().client().onTime(in(Duration.ofMinutes(20)));
      fixture.publish("a", "end");
      stream.awaitData("m", "end");
      assertThat(stream.text()).containsOnlyOnce("\n:\n");
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.HEARTBEATS)).isEqualTo(1);
    }
  }

  @Test
  void aStalledClientGetsNoHeartbeats() {
    try (EngineFixture fixture = new EngineFixture("heartbeat", "PT10M")) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      for (int i = 0; i < 3; i++) {
        stream.client().onTime(in(Duration.ofMinutes(20)));
      }
      assertThat(stream.client().queued()).isZero();
      stream.unplug().awaitData("plug");
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.HEARTBEATS)).isZero();
    }
  }

  @Test
  void withoutHeartbeatsThereAreNone() {
    try (EngineFixture fixture = new EngineFixture("heartbeat", "PT0S")) {
      Stream stream = fixture.connect(Subscription.all()).awaitIdle();
      stream.client().onTime(in(Duration.ofDays(1)));
      fixture.publish("a", "m");
      stream.awaitData("m");
      assertThat(stream.text()).doesNotContain("\n:\n");
    }
  }

  @Test
  void aWriteOfWhichSomeHasLeftGetsMoreTime() {
    try (EngineFixture fixture = new EngineFixture("send-timeout", "PT10M")) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      Client client = stream.client();
      stream.writer().progress();
      client.onTime(in(Duration.ofMinutes(11)));
      client.onTime(in(Duration.ofMinutes(20)));
      assertThat(client.state()).isEqualTo(SseClient.State.OPEN);
      client.onTime(in(Duration.ofMinutes(22)));
      stream.awaitClosed();
      assertThat(client.closeReason()).contains(CloseReason.TIMEOUT);
    }
  }

  @Test
  void whoTakesItsTimeIsAskedAgainWhenItsAgeEndsIt() {
    try (EngineFixture fixture =
        new EngineFixture("send-timeout", "PT10M", "max-connection-age", "PT12M")) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      stream.writer().progress();
      long left = stream.client().onTime(in(Duration.ofMinutes(11)));
      assertThat(left).isLessThanOrEqualTo(Duration.ofMinutes(2).toNanos());
    }
  }

  @Test
  void aWriteThatDoesNotCompleteInTimeClosesTheClient() {
    try (EngineFixture fixture = new EngineFixture("send-timeout", "PT10M")) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      fixture.publish("a", "waits");
      stream.client().onTime(in(Duration.ofMinutes(5)));
      assertThat(stream.client().state()).isEqualTo(SseClient.State.OPEN);
      stream.client().onTime(in(Duration.ofMinutes(11)));
      stream.awaitClosed();
      assertThat(stream.client().closeReason()).contains(CloseReason.TIMEOUT);
      assertThat(stream.writer().aborted()).isTrue();
      assertThat(fixture.closed(1)).containsExactly(stream.client().id() + " TIMEOUT");
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.DISCARDED)).isEqualTo(1);
    }
  }

  @Test
  void aClientThatTakesALittleNowAndThenButNotAllInTimeIsClosedToo() {
    try (EngineFixture fixture = new EngineFixture("send-timeout", "PT10M")) {
      Stream stream = fixture.connect(Subscription.all()).awaitIdle();
      stream.writer().stall();
      fixture.publish("a", "x".repeat(1_000));
      until(stream.writer()::blocked);
      for (int i = 1; i <= 10; i++) {
        int size = stream.writer().size();
        stream.writer().grant(10);
        until(() -> stream.writer().blocked() && stream.writer().size() == size + 10);
      }
      stream.client().onTime(in(Duration.ofMinutes(11)));
      stream.awaitClosed();
      assertThat(stream.client().closeReason()).contains(CloseReason.TIMEOUT);
    }
  }

  @Test
  void anIdleClientIsNotTimedOut() {
    try (EngineFixture fixture = new EngineFixture("send-timeout", "PT10M")) {
      Stream stream = fixture.connect(Subscription.all()).plug().unplug().awaitIdle();
      stream.client().onTime(in(Duration.ofDays(1)));
      fixture.publish("a", "m");
      stream.awaitData("plug", "m");
    }
  }

  @Test
  void aResponseThatNeverOpensIsGivenUp() {
    try (EngineFixture fixture = new EngineFixture("send-timeout", "PT10M")) {
      Stream stream = fixture.connecting(Subscription.all(), MemoryWriter.OPEN);
      stream.client().onTime(in(Duration.ofMinutes(5)));
      assertThat(stream.client().state()).isEqualTo(SseClient.State.CONNECTING);
      stream.client().onTime(in(Duration.ofMinutes(11)));
      stream.awaitClosed();
      assertThat(stream.client().closeReason()).contains(CloseReason.TIMEOUT);
      assertThat(fixture.closed(0)).isEmpty();
    }
  }

  @Test
  void aConnectionEndsBetweenFourFifthsAndAllOfItsAge() {
    try (EngineFixture fixture = new EngineFixture("max-connection-age", "PT100M")) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      fixture.publish("a", "last");
      long left = stream.client().onTime(in(Duration.ofMinutes(50)));
      assertThat(left).isPositive();
      assertThat(stream.client().state()).isEqualTo(SseClient.State.OPEN);
      stream.client().onTime(in(Duration.ofMinutes(79)));
      // the write that does not complete is not what ends it here
      assertThat(stream.client().closeReason()).isNotEqualTo(CloseReason.MAX_AGE);
      stream.unplug();
    }
    try (EngineFixture fixture = new EngineFixture("max-connection-age", "PT100M")) {
      Stream stream = fixture.connect(Subscription.all()).awaitIdle();
      stream.client().onTime(in(Duration.ofMinutes(79)));
      assertThat(stream.client().state()).isEqualTo(SseClient.State.OPEN);
      stream.client().onTime(in(Duration.ofMinutes(101)));
      stream.awaitClosed();
      assertThat(stream.client().closeReason()).contains(CloseReason.MAX_AGE);
      assertThat(stream.writer().aborted()).isFalse();
      assertThat(fixture.closed(1)).containsExactly(stream.client().id() + " MAX_AGE");
    }
  }

  @Test
  void theTimerAsksForHeartbeats() {
    try (EngineFixture fixture = new EngineFixture("heartbeat", "PT0.1S", "log.events", "0")) {
      Stream stream = fixture.connect(Subscription.none());
      until(() -> stream.text().startsWith("retry: 2000\n\n" + ":\n".repeat(3)));
    }
  }

  @Test
  void theTimerFindsStalledClients() throws IOException {
    try (EngineFixture fixture = new EngineFixture("send-timeout", "PT0.1S")) {
      // its sink never answers, so that no pause of the test's own thread makes a difference
      SseClient stalled = fixture.engine().register(FakeSink.manual(), Subscription.all(), null);
      until(() -> stalled.state() == SseClient.State.CLOSED);
      assertThat(stalled.closeReason()).contains(CloseReason.TIMEOUT);
    }
  }

  @Test
  void theTimerFindsOldConnectionsWhateverTheHeartbeat() {
    try (EngineFixture fixture = new EngineFixture("max-connection-age", "PT1S")) {
      Stream stream = fixture.connect(Subscription.all(), MemoryWriter.OPEN);
      stream.awaitClosed();
      assertThat(stream.client().closeReason()).contains(CloseReason.MAX_AGE);
    }
  }
}
