package org.starcast.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {

  private static final long MILLIS = 1_000_000;

  @Test
  void smallPiecesNeedNotWaitUntilTheyAreATenthOfTheTime() {
    Pace pace = new Pace(0);
    assertThat(pace.pause(0)).isNotPositive();
    long now = 1_000 * MILLIS;
    int pieces = 0;
    while (pace.pause(now) <= 0) {
      pace.took(now, now += MILLIS / 10);
      pieces++;
    }
    // of a tenth of a millisecond each: 5 ms in 50, and what comes while they are done
    assertThat(pieces).isBetween(50, 60);
    long waits = pace.pause(now);
    assertThat(waits).isBetween(1L, MILLIS);
    assertThat(pace.pause(now + waits)).isNotPositive();
  }

  @Test
  void aLargePieceIsFollowedByNineTimesAsMuchRestButForTheCredit() {
    Pace pace = new Pace(0);
    pace.took(1_000 * MILLIS, 1_020 * MILLIS);
    assertThat(pace.pause(1_020 * MILLIS)).isEqualTo(150 * MILLIS);
  }

  @Test
  void andByASecondAtMost() {
    long now = Long.MAX_VALUE - 10;
    Pace pace = new Pace(now);
    pace.took(now, now + 1_000 * MILLIS);
    // past the end of the numbers, as nanoTime may go
    assertThat(pace.pause(now + 1_000 * MILLIS)).isEqualTo(950 * MILLIS);
  }
}
