package org.starcast.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.spi.StoredEvent;

class LatestEventsTest {

  private static StoredEvent event(long sequence, String... topics) {
    return new StoredEvent(sequence, 0, List.of(topics), null, List.of(), new byte[] {1}, 1);
  }

  private static LatestEvents<StoredEvent> latest(int maxTopics, String... patterns) {
    return latest(maxTopics, Long.MAX_VALUE, patterns);
  }

  private static LatestEvents<StoredEvent> latest(
      int maxTopics, long maxBytes, String... patterns) {
    return new LatestEvents<>(
        List.of(patterns).stream().map(CompiledPattern::of).toList(), maxTopics, maxBytes);
  }

  private static List<Long> sequences(LatestEvents<StoredEvent> latest) {
    return latest.snapshot().stream().map(StoredEvent::sequence).toList();
  }

  @Test
  void eachTopicKeepsItsLatestInTheOrderOfEvents() {
    LatestEvents<StoredEvent> latest = latest(10, "price.*");
    latest.append(event(1, "price.a"));
    latest.append(event(2, "price.b"));
    latest.append(event(3, "other"));
    latest.append(event(4, "price.a"));

    assertThat(sequences(latest)).containsExactly(2L, 4L);
  }

  @Test
  void anEventOfSeveralTopicsIsThereOnce() {
    LatestEvents<StoredEvent> latest = latest(10, "price.*", "stock.+");
    latest.append(event(1, "price.a", "stock.a"));
    latest.append(event(2, "stock.a", "other"));

    assertThat(sequences(latest)).containsExactly(1L, 2L);

    latest.append(event(3, "price.a", "stock.a"));

    assertThat(sequences(latest)).containsExactly(3L);
  }

  @Test
  void whatComesLateTakesItsPlaceAndReplacesNothingNewer() {
    LatestEvents<StoredEvent> latest = latest(10, "*");
    latest.append(event(5, "a"));
    latest.append(event(3, "b"));
    latest.append(event(4, "a"));

    assertThat(sequences(latest)).containsExactly(3L, 5L);
  }

  @Test
  void whatIsReplacedTakesNoMemoryAnyMore() {
    LatestEvents<StoredEvent> latest = latest(10, 3 * event(1, "a").weight(), "*");
    latest.append(event(1, "b"));
    for (int i = 2; i <= 100; i++) {
      latest.append(event(i, "a"));
    }
    assertThat(sequences(latest)).containsExactly(1L, 100L);

    latest.append(event(101, "c"));
    assertThat(sequences(latest)).as("just as many as fit").containsExactly(1L, 100L, 101L);

    latest.append(event(102, "d"));
    assertThat(sequences(latest)).containsExactly(100L, 101L, 102L);
  }

  @Test
  void theTopicPublishedToLongestAgoIsForgotten() {
    LatestEvents<StoredEvent> latest = latest(2, "*");
    latest.append(event(1, "a"));
    latest.append(event(2, "b"));
    latest.append(event(3, "a"));
    latest.append(event(4, "c"));

    assertThat(sequences(latest)).containsExactly(3L, 4L);
  }

  @Test
  void itsBytesAreBoundedButTheNewestEventStays() {
    LatestEvents<StoredEvent> latest = latest(1_000, 1_000_000, "*");
    for (int i = 1; i <= 200; i++) {
      byte[] bytes = new byte[100_000];
      latest.append(
          new StoredEvent(i, 0, List.of("a." + i % 100), null, List.of(), bytes, bytes.length));
      assertThat(latest.snapshot().stream().mapToLong(StoredEvent::weight).sum())
          .isLessThanOrEqualTo(1_000_000);
    }
    assertThat(sequences(latest))
        .containsExactly(192L, 193L, 194L, 195L, 196L, 197L, 198L, 199L, 200L);

    byte[] bytes = new byte[2_000_000];
    latest.append(new StoredEvent(201, 0, List.of("a"), null, List.of(), bytes, bytes.length));

    assertThat(sequences(latest)).containsExactly(201L);
  }
}
