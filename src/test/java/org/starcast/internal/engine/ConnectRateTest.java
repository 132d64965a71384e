package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.internal.cdi.LogCapture;

/** How often one may connect, and what is said of refusals. */
@ExtendWith(ResponseRuntime.class)
class ConnectRateTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** The clock may have any value, and turn from the largest to the smallest. */
  private static final long START = Long.MAX_VALUE - 5 * SECOND;

  @Test
  void asManyAtOnceAsAMinuteHasAndThenEvenly() {
    ConnectRate rate = new ConnectRate(6, 100);
    for (int i = 0; i < 6; i++) {
      assertThat(rate.take("a", START)).isZero();
    }
    assertThat(rate.take("a", START)).isEqualTo(10);
    assertThat(rate.take("b", START)).as("another one").isZero();
    assertThat(rate.take("a", START + 9 * SECOND)).isEqualTo(1);
    assertThat(rate.take("a", START + 10 * SECOND)).isZero();
    assertThat(rate.take("a", START + 10 * SECOND)).isPositive();
    int taken = 0;
    for (int s = 11; s <= 610; s++) {
      taken += rate.take("a", START + s * SECOND) == 0 ? 1 : 0;
    }
    assertThat(taken).isEqualTo(60);
    for (int i = 0; i < 6; i++) {
      assertThat(rate.take("a", START + 3600 * SECOND)).as("full again").isZero();
    }
    assertThat(rate.take("a", START + 3600 * SECOND)).isPositive();
  }

  @Test
  void withoutABoundOrANameNobodyIsCounted() {
    ConnectRate off = new ConnectRate(0, 100);
    ConnectRate on = new ConnectRate(1, 100);
    for (int i = 0; i < 1000; i++) {
      assertThat(off.take("a", START)).isZero();
      assertThat(on.take(null, START)).isZero();
    }
    assertThat(off.size() + on.size()).isZero();
  }

  @Test
  void thoseSeenLongestAgoAreForgottenFirst() {
    ConnectRate rate = new ConnectRate(1, 100);
    for (int i = 0; i < 100_000; i++) {
      assertThat(rate.take("a" + i, START)).isZero();
    }
    assertThat(rate.size()).isEqualTo(100);
    assertThat(rate.take("a99999", START)).isPositive();
    assertThat(rate.take("a99899", START)).isZero();
  }

  @Test
  void theEngineRefusesWith429AndSaysWhenToComeBack() {
    try (EngineFixture fixture =
        new EngineFixture("max-connects-per-address", "3", "max-connects-per-principal", "2")) {
      fixture.connectAs("ann", "192.0.2.1");
      fixture.connectAs("ann", "192.0.2.2");
      assertRefused(fixture, "ann", "192.0.2.3", "the user connected 2 times a minute, the most");
      fixture.connectAs(null, "192.0.2.1");
      fixture.connectAs("bob", "192.0.2.1");
      assertRefused(
          fixture, "eve", "192.0.2.1", "the address connected 3 times a minute, the most");
      var refused = fixture.engine().statisticsSnapshot().refused();
      assertThat(refused)
          .containsEntry(RefusedException.Reason.CONNECTS_PER_PRINCIPAL, 1L)
          .containsEntry(RefusedException.Reason.CONNECTS_PER_ADDRESS, 1L)
          .containsEntry(RefusedException.Reason.CLIENTS, 0L);
      assertThat(fixture.engine().count()).isEqualTo(4);
    }
  }

  private static void assertRefused(
      EngineFixture fixture, String principal, String address, String detail) {
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> fixture.connectAs(principal, address))
        .withMessage(detail)
        .satisfies(
            e -> {
              assertThat(e.getResponse().getStatus()).isEqualTo(429);
              int wait = (int) e.getResponse().getHeaders().getFirst("Retry-After");
              assertThat(wait).isBetween(1, 30);
            });
  }

  @Test
  void refusalsAreLoggedOnceInTenSecondsForEachReason() {
    try (LogCapture log = new LogCapture(ConnectRateTest.class)) {
      Statistics statistics = new Statistics();
      Refusals refusals =
          new Refusals(statistics, System.getLogger(ConnectRateTest.class.getName()));
      long now = System.nanoTime();
      for (int i = 0; i < 1000; i++) {
        refusals.count(RefusedException.Reason.CLIENTS, "the server is full", now);
        refusals.count(RefusedException.Reason.CONNECTS_PER_ADDRESS, "too often", now + 9 * SECOND);
      }
      assertThat(log.records()).hasSize(2);
      refusals.count(RefusedException.Reason.CLIENTS, "the server is full", now + 10 * SECOND);
      assertThat(log.records()).hasSize(3).allMatch(r -> r.getLevel() == Level.WARNING);
      assertThat(log.records().get(2).getMessage())
          .startsWith("STARCAST-1030: refused 1,000 clients")
          .endsWith("because of CLIENTS: the server is full");
      assertThat(statistics.refused().get(RefusedException.Reason.CLIENTS)).isEqualTo(1001);
    }
  }
}
