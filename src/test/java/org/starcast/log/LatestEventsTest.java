package org.starcast.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.starcast.topic.TopicPattern;

class LatestEventsTest {

  private static LoggedEvent event(long sequence, String... topics) {
    return new LoggedEvent(sequence, 0, List.of(topics), null, List.of(), new byte[] {1}, 1);
  }

  private static LatestEvents<LoggedEvent> latest(int maxTopics, String... patterns) {
    return new LatestEvents<>(List.of(patterns).stream().map(TopicPattern::of).toList(), maxTopics);
  }

  private static List<Long> sequences(LatestEvents<LoggedEvent> latest) {
    return latest.snapshot().stream().map(LoggedEvent::sequence).toList();
  }

  @Test
  void eachTopicKeepsItsLatestInTheOrderOfEvents() {
    LatestEvents<LoggedEvent> latest = latest(10, "price.*");
    latest.append(event(1, "price.a"));
    latest.append(event(2, "price.b"));
    latest.append(event(3, "other"));
    latest.append(event(4, "price.a"));

    assertThat(sequences(latest)).containsExactly(2L, 4L);
  }

  @Test
  void anEventOfSeveralTopicsIsThereOnce() {
    LatestEvents<LoggedEvent> latest = latest(10, "price.*", "stock.+");
    latest.append(event(1, "price.a", "stock.a"));
    latest.append(event(2, "stock.a", "other"));

    assertThat(sequences(latest)).containsExactly(1L, 2L);

    latest.append(event(3, "price.a", "stock.a"));

    assertThat(sequences(latest)).containsExactly(3L);
  }

  @Test
  void theTopicPublishedToLongestAgoIsForgotten() {
    LatestEvents<LoggedEvent> latest = latest(2, "*");
    latest.append(event(1, "a"));
    latest.append(event(2, "b"));
    latest.append(event(3, "a"));
    latest.append(event(4, "c"));

    assertThat(sequences(latest)).containsExactly(3L, 4L);
  }
}
