package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.internal.security.Grant;
import org.starcast.spi.StoredEvent;

/** Each event is judged by the subscription that held when it was published. */
class SubscriptionTimelineTest {

  private static StoredEvent event(long sequence, String topic) {
    return new StoredEvent(sequence, 0, List.of(topic), null, List.of(), new byte[0], 0);
  }

  @Test
  void judgesByTheSequence() {
    SubscriptionTimeline timeline = new SubscriptionTimeline(Subscription.to("a"));
    SubscriptionTimeline.Reader reader = timeline.reader("id", Grant.ALL);
    timeline.change(10, Subscription.to("b"));
    timeline.change(10, Subscription.to("c"));
    timeline.change(20, Subscription.to("d"));
    assertThat(timeline.current().topics()).containsOnlyKeys("d");
    assertThat(reader.test(event(9, "a"))).isTrue();
    assertThat(reader.test(event(10, "a"))).isFalse();
    assertThat(reader.test(event(10, "b"))).isFalse();
    assertThat(reader.test(event(19, "c"))).isTrue();
    assertThat(reader.test(event(20, "d"))).isTrue();
    assertThat(reader.test(event(3, "a"))).as("who looked ahead may look back").isTrue();
    reader.forget(15);
    assertThat(reader.test(event(15, "c"))).isTrue();
    assertThat(timeline.reader("id", Grant.ALL).test(event(1, "a"))).isTrue();
    timeline.forget(20);
    assertThat(timeline.reader("id", Grant.ALL).test(event(20, "d"))).isTrue();
  }

  @Test
  void isFullWhenTooManyChangesAreStillNeeded() {
    SubscriptionTimeline timeline = new SubscriptionTimeline(Subscription.to("a"));
    for (int i = 1; i <= SubscriptionTimeline.MAX_CHANGES; i++) {
      timeline.change(i, Subscription.to("b"));
    }
    assertThat(timeline.isFull()).isFalse();
    timeline.change(5_000, Subscription.to("c"));
    assertThat(timeline.isFull()).isTrue();
    timeline.forget(3);
    assertThat(timeline.isFull()).isFalse();
  }

  @Test
  void whatWasQueuedBeforeAChangeIsNotJudgedByTheLaterSubscription() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.to("a").queue(6, 1 << 20)).plug();
      for (int i = 1; i <= 3; i++) {
        fixture.publish("a", "a" + i);
      }
      fixture.publish("b", "before the subscription");
      stream.client().unsubscribe("a");
      stream.client().subscribe("b");
      List<String> expected = new ArrayList<>(List.of("plug", "a1", "a2", "a3"));
      for (int i = 1; i <= 10; i++) {
        expected.add("b" + i);
        fixture.publish("b", "b" + i);
      }
      stream.unplug().awaitData(expected.toArray(String[]::new));
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.MISSED)).isZero();
    }
  }

  @Test
  void whoChangesOnAndOnAndTakesNothingIsClosedAndNotServedWrongly() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.to("a").queue(1, 1 << 20)).plug();
      fixture.publish("a", "1");
      fixture.publish("a", "2");
      for (int i = 0; i <= SubscriptionTimeline.MAX_CHANGES / 2; i++) {
        stream.client().mute("b");
        stream.client().unmute("b");
      }
      stream.awaitClosed();
      assertThat(stream.client().closeReason()).contains(CloseReason.OVERFLOW);
    }
  }

  @Test
  void whoIsLiveMayChangeAsOftenAsItLikes() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.to("a")).awaitIdle();
      for (int i = 0; i < 3 * SubscriptionTimeline.MAX_CHANGES; i++) {
        stream.client().mute("b");
        stream.client().unmute("b");
      }
      fixture.publish("a", "1");
      stream.awaitData("1");
    }
  }
}
