package org.starcast.internal.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;

/** The metrics, and what their tags can be. */
@ExtendWith(ResponseRuntime.class)
class MetricReaderTest {

  @Test
  void theTableInTheReadmeIsTheEnumeration() throws Exception {
    List<String> documented =
        Files.readAllLines(Path.of("README.md")).stream()
            .filter(line -> line.matches("\\| `starcast\\.[a-z.]+` \\| (counter|gauge) .*"))
            .toList();
    assertThat(documented).isEqualTo(table());
  }

  /** Paste it into the README when a metric has changed. */
  private static List<String> table() {
    return Stream.of(Metric.values())
        .collect(Collectors.groupingBy(Metric::id, LinkedHashMap::new, Collectors.toList()))
        .values()
        .stream()
        .map(MetricReaderTest::row)
        .toList();
  }

  private static String row(List<Metric> metrics) {
    Metric metric = metrics.get(0);
    String values =
        metric.isTable()
            ? metric.tagValues()
            : metrics.stream()
                .map(each -> "`" + each.tagValues() + "`")
                .collect(Collectors.joining(", "));
    return "| `%s` | %s %s | %s| %s |"
        .formatted(
            metric.id(),
            metric.kind().name().toLowerCase(Locale.ROOT),
            metric.unit(),
            metric.tag() == null ? "" : "`" + metric.tag() + "`: " + values + " ",
            metric.text());
  }

  @Test
  void valuesOfOneTagAreOfOneMetric() {
    Map<String, List<Metric>> byId =
        Stream.of(Metric.values()).collect(Collectors.groupingBy(Metric::id));
    assertThat(byId.values())
        .allSatisfy(
            metrics -> {
              assertThat(metrics.stream().map(Metric::tagValues)).doesNotHaveDuplicates();
              assertThat(metrics.stream().map(Metric::tag).distinct()).hasSize(1);
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
