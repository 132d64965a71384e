package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.ResponseRuntime;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;

/** Clients whose wildcards match many topics that have a history of their own. */
@ExtendWith(ResponseRuntime.class)
class WildcardReplayTest {

  private static final int TOPICS = 1_000;
  private static final int EVENTS = 3 * TOPICS;
  private static final int CLIENTS = 10;

  private static String[] numbers(IntStream numbers) {
    return numbers.mapToObj(Integer::toString).toArray(String[]::new);
  }

  @Test
  void allOfThemGetAllInOrderThoughOneReadsAfterTheOther() {
    try (EngineFixture fixture =
        new EngineFixture("log.events", "16", "log.topics.\"chat.*\".events", "10")) {
      String first = fixture.publish("chat.0", "0").id();
      for (int i = 1; i < EVENTS; i++) {
        fixture.publish("chat." + i % TOPICS, Integer.toString(i));
      }
      List<Stream> all = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        all.add(fixture.connect(Subscription.to("chat.*").resumeFrom(first)));
      }
      Stream one = fixture.connect(Subscription.to("chat.7").resumeFrom(first));
      Stream last = fixture.connect(Subscription.to("chat.*").history(EVENTS));
      fixture.publish("chat.7", Integer.toString(EVENTS));

      one.awaitData("7", "1007", "2007", Integer.toString(EVENTS));
      all.forEach(stream -> stream.awaitData(numbers(IntStream.rangeClosed(1, EVENTS))));
      last.awaitData(numbers(IntStream.rangeClosed(0, EVENTS)));
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.GAPS)).isZero();
    }
  }
}
