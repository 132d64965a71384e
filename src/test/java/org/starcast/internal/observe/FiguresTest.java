package org.starcast.internal.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.Subscription;

/** The metrics, and what their tags can be. */
@ExtendWith(ResponseRuntime.class)
class FiguresTest {

  @Test
  void theTableInTheReadmeHasAllOfThemAndNoOther() throws Exception {
    List<String> documented = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of("README.md"))) {
      if (line.startsWith("| `starcast.") && line.contains(" counter ")
          || line.startsWith("| `starcast.") && line.contains(" gauge ")) {
        documented.add(line.replaceAll("\\| `([a-z.]+)` \\|.*", "$1"));
      }
    }
    try (RunningBroadcaster running = new RunningBroadcaster()) {
      Figures figures = new Figures(running.broadcaster()::statistics);
      assertThat(documented)
          .containsExactlyElementsOf(figures.all().stream().map(Figure::name).toList());
      for (Figure figure : figures.all()) {
        assertThat(figure.values().apply(figures.latest())).as(figure.name()).isNotNull();
      }
    }
  }

  @Test
  void typesBeyondTheFirstFiftyAreOther() {
    try (RunningBroadcaster running = new RunningBroadcaster()) {
      for (int i = 0; i < 60; i++) {
        running.broadcaster().register(FakeSink.instant(), Subscription.all().type("type " + i));
      }
      Figures figures = new Figures(running.broadcaster()::statistics);
      var counts = figures.byType(figures.latest());
      assertThat(counts).hasSize(51).containsEntry(Figures.OTHER, 10);
      assertThat(counts.values().stream().mapToInt(Number::intValue).sum()).isEqualTo(60);
      running.broadcaster().clients().forEach(client -> client.close());
      assertThat(figures.shown("one more")).isEqualTo(Figures.OTHER);
    }
  }
}
