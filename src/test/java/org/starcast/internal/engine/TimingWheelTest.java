package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starcast.internal.engine.EngineFixture.until;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimingWheelTest {

  /** Short enough that the wheel turns full circle (1,024 ticks) several times in a test. */
  private static final long TICK = TimeUnit.MICROSECONDS.toNanos(100);

  private final TimingWheel wheel = new TimingWheel(TICK, System.getLogger("test.wheel"));
  private final Thread thread = new Thread(wheel::run, "test-wheel");
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();

  private record Call(Probe probe, long now, Thread thread) {}

  /** Notes its calls; its answers are given. */
  private final class Probe extends TimingWheel.Entry {
    private final long due;
    private final Queue<Long> answers;

    /** When it is due at the latest: the wheel looks at the clock a moment after the test. */
    private volatile long dueAtMost;

    Probe(long due, Long... answers) {
      this.due = due;
      this.answers = new ConcurrentLinkedQueue<>(List.of(answers));
    }

    @Override
    long onTime(long now) {
      calls.add(new Call(this, now, Thread.currentThread()));
      Long answer = answers.poll();
      return answer == null ? -1 : answer;
    }

    List<Call> calls() {
      return calls.stream().filter(call -> call.probe == this).toList();
    }
  }

  @AfterEach
  void stopLeavesNoThread() throws InterruptedException {
    wheel.stop();
    thread.join(60_000);
    assertThat(thread.isAlive()).isFalse();
  }

  private Probe schedule(long delay, Long... answers) {
    Probe probe = new Probe(System.nanoTime() + delay, answers);
    wheel.schedule(probe, delay);
    probe.dueAtMost = System.nanoTime() + delay;
    return probe;
  }

  /** Waits until an entry that is due after all that matters has had its turn. */
  private void pass(long delay) {
    Probe last = schedule(delay);
    until(() -> !last.calls().isEmpty());
  }

  @Test
  void asksNeverBeforeTheTime() {
    thread.start();
    Random random = new Random(1);
    int count = 20_000;
    for (int i = 0; i < count; i++) {
      schedule((long) (random.nextDouble() * 3_000 * TICK));
    }
    until(() -> calls.size() == count);
    assertThat(calls).allMatch(call -> call.now >= call.probe.due);
    assertThat(new HashSet<>(calls.stream().map(Call::probe).toList())).hasSize(count);
  }

  @Test
  void asksInTheOrderOfTheTimesToWithinATick() {
    Random random = new Random(2);
    int count = 20_000;
    for (int i = 0; i < count; i++) {
      schedule((long) (random.nextDouble() * 3_000 * TICK));
    }
    // all are in before the first is asked: a late one could rightly be overtaken
    thread.start();
    until(() -> calls.size() == count);
    long latest = Long.MIN_VALUE + TICK;
    for (Call call : calls) {
      assertThat(call.probe.dueAtMost).isGreaterThan(latest - TICK);
      latest = Math.max(latest, call.probe.due);
    }
  }

  @Test
  void asksAgainAfterTheAnswerAndNoMoreAfterANegativeOne() {
    thread.start();
    long delay = 30 * TICK;
    Probe probe = schedule(0, delay, 0L, delay, 2_000 * TICK);
    until(() -> probe.calls().size() == 5);
    pass(3_000 * TICK);
    List<Call> own = probe.calls();
    assertThat(own).hasSize(5);
    long[] least = {delay, TICK, delay, 2_000 * TICK};
    for (int i = 0; i < least.length; i++) {
      assertThat(own.get(i + 1).now - own.get(i).now).isGreaterThanOrEqualTo(least[i]);
    }
  }

  @Test
  void asksNoMoreAfterItWasCancelledAndAllOthersStill() {
    List<Probe> probes = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      probes.add(schedule(TimeUnit.MILLISECONDS.toNanos(300), -1L));
    }
    Random random = new Random(3);
    Set<Probe> cancelled = new HashSet<>();
    for (Probe probe : probes) {
      if (random.nextBoolean()) {
        wheel.cancel(probe);
        cancelled.add(probe);
      }
    }
    thread.start();
    probes.forEach(probe -> until(() -> cancelled.contains(probe) || !probe.calls().isEmpty()));
    // one that is done, and one that is in no list, are no matter
    wheel.cancel(probes.stream().filter(probe -> !cancelled.contains(probe)).findFirst().get());
    wheel.cancel(new Probe(0));
    pass(TimeUnit.MILLISECONDS.toNanos(1));
    assertThat(cancelled).allMatch(probe -> probe.calls().isEmpty());
  }

  @Test
  void isNotStuckWhileItTurns() {
    AtomicInteger turns = new AtomicInteger();
    wheel.schedule(
        new TimingWheel.Entry() {
          @Override
          long onTime(long now) {
            turns.incrementAndGet();
            return 0;
          }
        },
        0);
    thread.start();
    for (int hour = 1; hour <= 3; hour++) {
      int before = turns.get();
      until(() -> turns.get() > before + 1);
      assertThat(wheel.stuck(TimeUnit.HOURS.toNanos(hour), 1)).isFalse();
    }
  }

  @Test
  void waitsFullCirclesForDistantTimes() {
    thread.start();
    long now = System.nanoTime();
    Probe exactCircle = schedule(1_024 * TICK);
    Probe twoCircles = schedule(2_048 * TICK);
    until(() -> !twoCircles.calls().isEmpty());
    assertThat(exactCircle.calls()).hasSize(1);
    assertThat(exactCircle.calls().get(0).now - now).isGreaterThanOrEqualTo(1_024 * TICK);
    assertThat(twoCircles.calls().get(0).now - now).isGreaterThanOrEqualTo(2_048 * TICK);
  }

  @Test
  void wakesUpFromHavingNothingToDo() {
    thread.start();
    for (int i = 0; i < 200; i++) {
      until(() -> thread.getState() == Thread.State.WAITING);
      Probe probe = schedule(0);
      until(() -> !probe.calls().isEmpty());
    }
  }

  @Test
  void takesEntriesFromManyThreads() throws InterruptedException {
    thread.start();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Thread adder =
          new Thread(
              () -> {
                for (int i = 0; i < 5_000; i++) {
                  schedule(i % 50 * TICK, i % 2 == 0 ? new Long[] {TICK} : new Long[0]);
                }
              });
      threads.add(adder);
      adder.start();
    }
    for (Thread adder : threads) {
      adder.join();
    }
    until(() -> calls.size() == 4 * (2_500 * 2 + 2_500));
    pass(100 * TICK);
    assertThat(calls).hasSize(30_001);
    Set<Thread> callers = new HashSet<>(calls.stream().map(Call::thread).toList());
    assertThat(callers).containsExactly(thread);
  }

  @Test
  void anEntryThatFailsIsDroppedAndDisturbsNoOther() {
    thread.start();
    List<Throwable> thrown = new ArrayList<>();
    fail(thrown, new IllegalStateException("expected by the test"));
    fail(thrown, new AssertionError("expected by the test"));
    Probe other = schedule(0, TICK, TICK);
    until(() -> other.calls().size() == 3);
    pass(10 * TICK);
    assertThat(thrown).hasSize(2);
  }

  private void fail(List<Throwable> thrown, Throwable failure) {
    wheel.schedule(
        new TimingWheel.Entry() {
          @Override
          long onTime(long now) {
            thrown.add(failure);
            if (failure instanceof Error e) {
              throw e;
            }
            throw (RuntimeException) failure;
          }
        },
        0);
  }

  @Test
  void stopsWhileEntriesWait() throws InterruptedException {
    thread.start();
    schedule(TimeUnit.HOURS.toNanos(1));
    until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    wheel.stop();
    thread.join(60_000);
    assertThat(thread.isAlive()).isFalse();
    assertThat(calls).isEmpty();
  }
}
