package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;

/** Its limits, to the byte; what it does in a running engine is in {@link BudgetTest}. */
class MemoryGovernorTest {

  private static final long LIMIT = 1_000;

  private final List<Client> clients = new ArrayList<>();

  /** How much is released before the clients that are to be closed are looked at. */
  private long released;

  private int asked;

  private final MemoryGovernor governor = new MemoryGovernor(LIMIT, this::clients);

  private Collection<Client> clients() {
    if (++asked == 2) {
      governor.subtract(released);
    }
    return clients;
  }

  @Test
  void memoryIsShortFromHalfOfTheBoundOn() {
    assertThat(governor.isShort()).isFalse();
    governor.add(LIMIT / 2);
    assertThat(governor.used()).isEqualTo(LIMIT / 2);
    assertThat(governor.isShort()).isFalse();
    governor.add(1);
    assertThat(governor.isShort()).isTrue();
    governor.subtract(1);
    assertThat(governor.isShort()).isFalse();
  }

  @Test
  void nothingIsDoneUnlessThereIsMoreThanTheBound() {
    governor.add(LIMIT);
    governor.relieve();
    assertThat(asked).isZero();
    governor.add(1);
    governor.relieve();
    assertThat(asked).as("who can leave to the log, then who is to be closed").isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"901, CLOSED", "900, OPEN"})
  void whoHoldsSomethingLeavesItToTheLogAndIsClosedUnlessThatIsEnough(
      long left, SseClient.State becomes) {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream idle = fixture.connect(Subscription.to("a")).awaitIdle();
      Stream stalled = fixture.connect(Subscription.to("b")).plug();
      fixture.publish("b", "waits");
      assertThat(stalled.client().queued()).isEqualTo(1);
      clients.add(idle.client());
      clients.add(stalled.client());
      governor.add(LIMIT + 1);
      released = LIMIT + 1 - left;

      governor.relieve();

      assertThat(stalled.client().queued()).as("queued").isZero();
      if (becomes == SseClient.State.CLOSED) {
        stalled.awaitClosed();
        assertThat(stalled.client().closeReason()).contains(CloseReason.OVERFLOW);
      } else {
        assertThat(stalled.client().state()).isEqualTo(becomes);
        stalled.unplug().awaitData("plug", "waits");
      }
      assertThat(idle.client().state()).isEqualTo(SseClient.State.OPEN);
    }
  }
}
