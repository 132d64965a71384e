package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.Subscription;
import org.starcast.internal.cdi.LogCapture;

/** The busiest topics. */
class TopicTrafficTest {

  @Test
  void countsEventsAndBytesMostFirst() {
    try (EngineFixture fixture = new EngineFixture()) {
      int length = 0;
      for (int i = 0; i < 3; i++) {
        length = "data: x\nid: \n\n".length() + fixture.publish("busy", "x").id().length();
      }
      fixture.publish(SseMessage.builder().topic("quiet", "busy").data("x"));
      fixture.connect(Subscription.to("*"));
      fixture.connect(Subscription.to("busy", "b*"));
      assertThat(fixture.engine().busiestTopics(10))
          .containsExactly(
              new TopicCount("busy", 4, 4 * length, 2), new TopicCount("quiet", 1, length, 1));
      assertThat(fixture.engine().busiestTopics(1)).hasSize(1);
      assertThat(fixture.engine().busiestTopics(0)).isEmpty();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.engine().busiestTopics(-1))
          .withMessage("limit: must not be negative, is -1");
    }
  }

  @Test
  void aTopicThatNobodyIsSubscribedToIsLoggedOnce() {
    Logger logger = Logger.getLogger(TopicTraffic.class.getName());
    logger.setLevel(Level.FINE);
    try (EngineFixture fixture = new EngineFixture();
        LogCapture log = new LogCapture(TopicTraffic.class)) {
      fixture.connect(Subscription.to("order.*"));
      fixture.publish("order.created", "x");
      fixture.publish("orders.created", "x");
      fixture.publish("orders.created", "x");
      assertThat(log.records())
          .singleElement()
          .satisfies(
              record -> {
                assertThat(record.getLevel()).isEqualTo(Level.FINE);
                assertThat(record.getMessage())
                    .contains("nobody is subscribed to [orders.created]");
              });
    } finally {
      logger.setLevel(null);
    }
  }

  @Test
  void topicsThatComeOnceDoNotDisplaceThoseThatComeOften() {
    TopicTraffic traffic = new TopicTraffic();
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      boolean hot = random.nextBoolean();
      traffic.count(List.of(hot ? "hot." + random.nextInt(20) : "once." + i), 100);
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
        traffic.count(List.of("old." + t), 1);
      }
    }
    // as many to each as there are places for them
    for (int i = 0; i < 1500; i++) {
      for (int t = 0; t < 3000; t++) {
        traffic.count(List.of("new." + t), 1);
      }
    }
    assertThat(traffic.snapshot()).noneMatch(count -> count.topic().startsWith("old."));
  }
}
