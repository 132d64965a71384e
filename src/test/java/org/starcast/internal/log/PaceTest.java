package org.starcast.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {

  @Test
  void workIsDoneAgainAfterNineTimesAsLongAsItTook() {
    Pace pace = new Pace(100);
    assertThat(pace.pause(100)).isZero();
    assertThat(pace.pause(150)).isNegative();

    pace.took(200, 210);

    assertThat(pace.pause(210)).isEqualTo(90);
    assertThat(pace.pause(250)).isEqualTo(50);
    assertThat(pace.pause(300)).isZero();
  }

  @Test
  void andAfterASecondAtTheLatest() {
    Pace pace = new Pace(Long.MAX_VALUE - 10);

    pace.took(Long.MAX_VALUE - 10, Long.MAX_VALUE - 10 + 1_000_000_000);

    // past the end of the numbers, as nanoTime may go
    assertThat(pace.pause(Long.MAX_VALUE - 10 + 1_000_000_000)).isEqualTo(1_000_000_000);
  }
}
