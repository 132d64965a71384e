package org.starcast.internal.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.LatencyHistogram;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.DocumentTable;

/** The metrics, and what their tags can be. */
@ExtendWith(ResponseRuntime.class)
class MetricReaderTest {

  @Test
  void theTableHasEachMetricAndNoOther() {
    Map<String, List<String>> rows = DocumentTable.rows("metrics.md");
    assertThat(Stream.of(Metric.values()).map(Metric::id).distinct())
        .containsExactlyElementsOf(rows.keySet());
    assertThat(rows.values())
        .allSatisfy(
            row -> {
              assertThat(row).hasSize(4);
              assertThat(row.get(1)).matches("(counter|gauge) (\\{[a-z]+}|By|s|1)");
              assertThat(row.get(2)).matches("|`[a-z]+`: .+");
              assertThat(row.get(3)).isNotBlank();
            });
  }

  @Test
  void valuesOfOneTagAreOfOneMetric() {
    SseStatistics none =
        new SseStatistics(
            Map.of(),
            0,
            Map.of(),
            Map.of(),
            Map.of(),
            Map.of(),
            new LatencyHistogram(List.of(), 0, Duration.ZERO),
            null);
    Stream.of(Metric.values())
        .filter(metric -> !metric.isTable())
        .collect(Collectors.groupingBy(Metric::id))
        .values()
        .forEach(
            metrics -> {
              List<String> values =
                  metrics.stream().flatMap(each -> each.read(none).keySet().stream()).toList();
              assertThat(values).doesNotHaveDuplicates();
              assertThat(values.equals(List.of(""))).isEqualTo(metrics.get(0).tag() == null);
            });
    assertThat(Stream.of(Metric.values()).map(Metric::key)).doesNotHaveDuplicates();
  }

  @Test
  void eachCanBeRead() {
    try (RunningBroadcaster running = new RunningBroadcaster()) {
      MetricReader reader = new MetricReader(running.broadcaster()::statistics);
      for (Metric metric : Metric.values()) {
        assertThat(reader.read(metric).values()).as(metric.id()).doesNotContainNull();
      }
      assertThat(reader.read(Metric.CLIENTS_BY_WRITER))
          .containsOnlyKeys("servlet", "portable", "none");
    }
  }

  @Test
  void typesBeyondTheFirstFiftyAreOther() {
    try (RunningBroadcaster running = new RunningBroadcaster()) {
      for (int i = 0; i < 60; i++) {
        running.broadcaster().register(FakeSink.instant(), Subscription.all().type("type " + i));
      }
      MetricReader reader = new MetricReader(running.broadcaster()::statistics);
      var counts = reader.read(Metric.CLIENTS_BY_TYPE);
      assertThat(counts).hasSize(51).containsEntry(MetricReader.OTHER, 10);
      assertThat(counts.values().stream().mapToInt(Number::intValue).sum()).isEqualTo(60);
      running.broadcaster().clients().forEach(client -> client.close());
      assertThat(reader.shown("one more")).isEqualTo(MetricReader.OTHER);
    }
  }
}
