package org.starcast.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.internal.http.RecentRefusals.Refusal;

/** The list of what was refused last. */
@ExtendWith(ResponseRuntime.class)
class RecentRefusalsTest {

  private final RecentRefusals refusals = new RecentRefusals();

  @Test
  void saysWhenWhatAndWhy() {
    Instant before = Instant.now();
    refusals.add(
        RefusedException.forbidden(true, "topic: subscribe is not permitted to this caller"),
        null,
        List.of("orders.*"));
    refusals.add(new IllegalStateException("sink: is closed already"), null, List.of());

    assertThat(refusals.latest()).hasSize(2);
    assertThat(refusals.latest().get(0))
        .extracting(Refusal::status, Refusal::reason, Refusal::asked)
        .containsExactly(500, "sink: is closed already", List.of());
    Refusal first = refusals.latest().get(1);
    assertThat(first.at()).isBetween(before, Instant.now());
    assertThat(first)
        .extracting(Refusal::status, Refusal::reason, Refusal::asked)
        .containsExactly(
            403, "topic: subscribe is not permitted to this caller", List.of("orders.*"));
  }

  @Test
  void whoeverTriesAgainIsThereOnce() {
    refusals.add(new IllegalStateException("a"), null, List.of("x"));
    Instant first = refusals.latest().get(0).at();
    refusals.add(new IllegalStateException("b"), null, List.of("x"));
    for (int i = 0; i < 50; i++) {
      refusals.add(new IllegalStateException("a"), null, List.of("x"));
    }

    assertThat(refusals.latest()).extracting(Refusal::reason).containsExactly("a", "b");
    assertThat(refusals.latest().get(0).at()).isAfterOrEqualTo(first);
  }

  @Test
  void keepsTheLatestAndOfEachTextTheBeginning() {
    IntStream.range(0, 3 * RecentRefusals.KEPT)
        .forEach(
            i ->
                refusals.add(
                    new IllegalArgumentException(i + "x".repeat(5_000)),
                    null,
                    Collections.nCopies(100, "y".repeat(5_000))));

    assertThat(refusals.latest()).hasSize(RecentRefusals.KEPT);
    assertThat(refusals.latest().get(0).reason()).startsWith("59x");
    assertThat(refusals.latest())
        .allSatisfy(
            refusal -> {
              assertThat(refusal.reason()).hasSize(RecentRefusals.MAX_TEXT + 1).endsWith("…");
              assertThat(refusal.asked())
                  .hasSize(RecentRefusals.MAX_TOPICS)
                  .allMatch(text -> text.length() == RecentRefusals.MAX_TEXT + 1);
            });
  }
}
