package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.starcast.SseStatistics.LatencyHistogram;

/** The histogram of latencies. */
class LatenciesTest {

  @Test
  void everyTimeLiesInItsBucketAndBucketsAreNoWiderThanAQuarter() {
    for (long micros = 1; micros < 1L << 40; micros += 1 + micros / 37) {
      int bucket = Latencies.bucket(micros);
      assertThat(micros).isLessThanOrEqualTo(Latencies.bound(bucket));
      if (bucket > 0) {
        long below = Latencies.bound(bucket - 1);
        assertThat(micros).isGreaterThan(below);
        assertThat(Latencies.bound(bucket)).isLessThanOrEqualTo(Math.max(below + 1, below * 5 / 4));
      }
    }
    assertThat(Latencies.bucket(0)).isZero();
    assertThat(Latencies.bucket(Long.MAX_VALUE)).isEqualTo(159);
  }

  @Test
  void percentilesAreThoseOfTheBuckets() {
    Latencies latencies = new Latencies();
    for (int i = 1; i <= 1000; i++) {
      latencies.record(i * 1_000_000L);
    }
    latencies.record(-5);
    LatencyHistogram histogram = latencies.snapshot();
    assertThat(histogram.count()).isEqualTo(1001);
    assertThat(histogram.sum()).isEqualTo(Duration.ofMillis(500_500));
    assertThat(histogram.percentile(0.5)).isBetween(Duration.ofMillis(500), Duration.ofMillis(625));
    assertThat(histogram.percentile(0.99))
        .isBetween(Duration.ofMillis(990), Duration.ofMillis(1240));
    assertThat(histogram.percentile(1)).isBetween(Duration.ofMillis(1000), Duration.ofMillis(1250));
    assertThat(histogram.percentile(0.000001)).isEqualTo(Duration.ofNanos(1000));
    assertThat(histogram.countUpTo(Duration.ofDays(1))).isEqualTo(1001);
    assertThat(histogram.countUpTo(Duration.ofMillis(250))).isBetween(200L, 251L);
    assertThatIllegalArgumentException().isThrownBy(() -> histogram.percentile(0));
    assertThatIllegalArgumentException().isThrownBy(() -> histogram.percentile(Double.NaN));
    assertThat(new Latencies().snapshot().percentile(0.5)).isZero();
  }
}
