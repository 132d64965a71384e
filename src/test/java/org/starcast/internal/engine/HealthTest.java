package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starcast.internal.engine.EngineFixture.until;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Test;
import org.starcast.internal.backplane.Answering;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.spi.Backplane;

/** Whether the engine knows that it cannot do its work. */
class HealthTest {

  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  @Test
  void isReadyAndLiveUntilItDrains() {
    try (EngineFixture fixture = new EngineFixture()) {
      assertThat(fixture.engine().health().ready()).isTrue();
      assertThat(fixture.engine().health().live()).isTrue();
      fixture.engine().drain(Duration.ZERO, null, Duration.ZERO);
      assertThat(fixture.engine().health().ready()).isFalse();
      assertThat(fixture.engine().health().live()).as("on its way out, but alive").isTrue();
    }
  }

  @Test
  void aThreadThatHasDiedIsNamed() {
    try (EngineFixture fixture = new EngineFixture("drain-threads", "2")) {
      fixture.endDrainThread();
      until(() -> !fixture.engine().health().live());
      assertThat(fixture.engine().health().stuck()).containsExactly("starcast-drain-1");
    }
  }

  @Test
  void aThreadOfTheBackplaneThatHasDoneItsWorkIsNoneThatHasDied() throws Exception {
    List<Thread> made = new ArrayList<>();
    Backplane backplane =
        new Answering(new MemoryStream().node()) {
          @Override
          public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
            made.add(threads.newThread(() -> {}));
            made.add(
                threads.newThread(
                    () -> {
                      throw new IllegalStateException("expected by the test");
                    }));
            return super.start(receiver, threads);
          }
        };
    try (EngineFixture fixture = new EngineFixture(backplane)) {
      made.get(0).start();
      made.get(0).join();
      until(() -> fixture.engine().health().stuck().isEmpty());
      made.get(1).start();
      made.get(1).join();
      assertThat(fixture.engine().health().stuck()).containsExactly(made.get(1).getName());
    }
  }

  @Test
  void aTimerThatIsHeldUpIsStuckUntilItGoesOn() throws Exception {
    TimingWheel wheel =
        new TimingWheel(1_000_000, System.getLogger("org.starcast.internal.engine"));
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch held = new CountDownLatch(1);
    Thread thread = new Thread(wheel::run);
    thread.start();
    wheel.schedule(
        new TimingWheel.Entry() {
          @Override
          long onTime(long now) {
            inside.countDown();
            try {
              held.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return -1;
          }
        },
        0);
    inside.await();
    assertThat(wheel.stuck(0, MINUTE)).isFalse();
    assertThat(wheel.stuck(MINUTE - 1, MINUTE)).isFalse();
    assertThat(wheel.stuck(MINUTE, MINUTE)).isTrue();
    held.countDown();
    until(() -> !wheel.stuck(MINUTE, MINUTE));
    until(() -> !wheel.stuck(10 * MINUTE, MINUTE));
    wheel.stop();
    thread.join();
  }

  @Test
  void workWithoutABeatIsStuckAndIdlenessIsNot() {
    StallDetector pulse = new StallDetector();
    assertThat(pulse.inside()).isFalse();
    assertThat(pulse.stuck(false, 0, MINUTE)).isFalse();
    assertThat(pulse.stuck(true, 5 * MINUTE, MINUTE)).as("it may have come just now").isFalse();
    assertThat(pulse.stuck(true, 6 * MINUTE, MINUTE)).isTrue();
    pulse.beat();
    assertThat(pulse.inside()).isTrue();
    assertThat(pulse.stuck(true, 7 * MINUTE, MINUTE)).isFalse();
    assertThat(pulse.stuck(true, 8 * MINUTE - 1, MINUTE)).isFalse();
    assertThat(pulse.stuck(true, 8 * MINUTE, MINUTE)).isTrue();
    pulse.beat();
    assertThat(pulse.inside()).isFalse();
    assertThat(pulse.stuck(false, 9 * MINUTE, MINUTE)).isFalse();
  }
}
