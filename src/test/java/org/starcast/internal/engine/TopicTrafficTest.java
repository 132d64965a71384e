package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.Subscription;

/** The busiest topics. */
class TopicTrafficTest {

  @Test
  void countsEventsAndBytesMostFirst() {
    try (EngineFixture fixture = new EngineFixture()) {
      int length = 0;
      Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      for (int i = 0; i < 3; i++) {
        length = "data: x\nid: \n\n".length() + fixture.publish("busy", "x").id().length();
      }
      fixture.publish(SseMessage.builder().topic("quiet", "busy").data("x"));
      fixture.connect(Subscription.to("*"));
      fixture.connect(Subscription.to("busy", "b*"));
      List<TopicCount> counts = fixture.engine().busiestTopics(10);
      Instant last = counts.get(1).last();
      assertThat(last).isBetween(before, Instant.now());
      assertThat(counts)
          .containsExactly(
              new TopicCount("busy", 4, 4 * length, 2, last),
              new TopicCount("quiet", 1, length, 1, last));
      assertThat(fixture.engine().busiestTopics(1)).hasSize(1);
      assertThat(fixture.engine().busiestTopics(0)).isEmpty();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.engine().busiestTopics(-1))
          .withMessage("limit: must not be negative, is -1");
    }
  }

  @Test
  void topicsThatComeOnceDoNotDisplaceThoseThatComeOften() {
    TopicTraffic traffic = new TopicTraffic();
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      boolean hot = random.nextBoolean();
      traffic.count(List.of(hot ? "hot." + random.nextInt(20) : "once." + i), 100, 0);
    }
    List<TopicCount> counts = traffic.snapshot();
    assertThat(counts).hasSizeLessThanOrEqualTo(512);
    List<TopicCount> hot = counts.stream().filter(c -> c.topic().startsWith("hot.")).toList();
    assertThat(hot).hasSize(20).allMatch(count -> count.events() > 4_000);
    assertThat(hot).allMatch(count -> count.bytes() == 100 * count.events());
    assertThat(counts)
        .filteredOn(c -> c.topic().startsWith("once."))
        .allMatch(count -> count.events() == 1);
  }

  @Test
  void aTopicThatFellSilentGivesWay() {
    TopicTraffic traffic = new TopicTraffic();
    for (int i = 0; i < 100_000; i++) {
      for (int t = 0; t < 8; t++) {
        traffic.count(List.of("old." + t), 1, 0);
      }
    }
    // as many to each as there are places for them
    for (int i = 0; i < 1500; i++) {
      for (int t = 0; t < 3000; t++) {
        traffic.count(List.of("new." + t), 1, 0);
      }
    }
    assertThat(traffic.snapshot()).noneMatch(count -> count.topic().startsWith("old."));
  }
}
