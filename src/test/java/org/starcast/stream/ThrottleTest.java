package org.starcast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** Throttles, told the time. */
class ThrottleTest {

  private static final Duration INTERVAL = Duration.ofNanos(10);

  /** Offers 1 to count at time 0, then looks at every nanosecond up to 100. */
  private static List<String> burst(Throttle<Object> throttle, int count) {
    RateWindow<Integer> window = new RateWindow<>(throttle);
    List<String> given = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      window.offer(i);
      look(window, 0, given);
    }
    for (long now = 0; now < 100; now++) {
      look(window, now, given);
    }
    assertThat(given.size() + window.dropped()).isEqualTo(count);
    return given;
  }

  private static void look(RateWindow<Integer> window, long now, List<String> given) {
    for (Integer item = window.poll(now); item != null; item = window.poll(now)) {
      given.add(item + "@" + now);
    }
  }

  @Test
  void theLatestIsKept() {
    assertThat(burst(Throttle.latest(INTERVAL), 5)).containsExactly("1@0", "5@10");
  }

  @Test
  void theFirstIsKept() {
    assertThat(burst(Throttle.first(INTERVAL), 5)).containsExactly("1@0", "2@10");
  }

  @Test
  void aBufferKeepsTheLatestFewAndPacesThem() {
    assertThat(burst(Throttle.buffer(INTERVAL, 3), 6))
        .containsExactly("1@0", "4@10", "5@20", "6@30");
  }

  @Test
  void conflationKeepsTheLatestOfEachKeyInTheOrderInWhichTheyCame() {
    RateWindow<String> window =
        new RateWindow<>(Throttle.<String>conflate(Duration.ZERO, item -> item.charAt(0), 2));
    List.of("a1", "b1", "a2", "c1", "c2").forEach(window::offer);

    assertThat(window.poll(0)).isEqualTo("a2");
    assertThat(window.poll(0)).isEqualTo("c2");
    assertThat(window.poll(0)).isNull();
    assertThat(window.dropped()).isEqualTo(3);
  }

  @Test
  void nothingIsReorderedWhateverComesWhen() {
    Random random = new Random(42);
    for (Throttle<Object> throttle :
        List.of(
            Throttle.latest(INTERVAL),
            Throttle.first(INTERVAL),
            Throttle.buffer(INTERVAL, 4),
            Throttle.conflate(INTERVAL, item -> (Integer) item % 3, 5))) {
      RateWindow<Integer> window = new RateWindow<>(throttle);
      List<Integer> given = new ArrayList<>();
      long last = Long.MIN_VALUE;
      long now = 0;
      for (int i = 0; i < 10_000; i++) {
        window.offer(i);
        now += random.nextInt(8);
        Integer item = window.poll(now);
        if (item != null) {
          assertThat(now).isGreaterThanOrEqualTo(last + INTERVAL.toNanos());
          last = now;
          given.add(item);
        }
      }
      window.hurry();
      while (!window.isEmpty()) {
        given.add(window.poll(now));
      }
      assertThat(given).isSorted().doesNotHaveDuplicates();
      assertThat(given.size() + window.dropped()).isEqualTo(10_000);
    }
  }

  @Test
  void badBoundsAreNamed() {
    assertThatThrownBy(() -> Throttle.latest(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("interval: ");
    assertThatThrownBy(() -> Throttle.buffer(INTERVAL, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("capacity: must be 1 to 1000000, is 0");
  }

  // ---- as a processor

  private static class Recorder implements Flow.Subscriber<Integer> {
    final List<Object> seen = new ArrayList<>();
    Flow.Subscription subscription;

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
    }

    @Override
    public void onNext(Integer item) {
      seen.add(item);
    }

    @Override
    public void onError(Throwable cause) {
      seen.add(cause.getMessage());
    }

    @Override
    public void onComplete() {
      seen.add("complete");
    }
  }

  private static final class Upstream implements Flow.Subscription {
    long requested;
    int cancels;

    @Override
    public void request(long n) {
      requested += n;
    }

    @Override
    public void cancel() {
      cancels++;
    }
  }

  private final ManualTimer timer = new ManualTimer();
  private final ThrottleProcessor<Integer> processor =
      new ThrottleProcessor<>(Throttle.latest(INTERVAL), Runnable::run, timer);
  private final Recorder recorder = new Recorder();
  private final Upstream upstream = new Upstream();

  private void connect() {
    processor.subscribe(recorder);
    processor.onSubscribe(upstream);
  }

  @Test
  void aProcessorGivesTheTrailingItemByTheTimerAndThenCompletes() {
    connect();
    recorder.subscription.request(Long.MAX_VALUE);
    for (int i = 1; i <= 5; i++) {
      processor.onNext(i);
    }
    processor.onComplete();
    assertThat(recorder.seen).containsExactly(1);

    timer.advance(INTERVAL);

    assertThat(recorder.seen).containsExactly(1, 5, "complete");
    assertThat(upstream.requested).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aProcessorGivesNoMoreThanIsRequested() {
    connect();
    processor.onNext(1);
    assertThat(recorder.seen).isEmpty();

    processor.onNext(2);
    recorder.subscription.request(1);
    assertThat(recorder.seen).containsExactly(2);

    processor.onNext(3);
    timer.advance(INTERVAL);
    assertThat(recorder.seen).containsExactly(2);
    recorder.subscription.request(1);
    assertThat(recorder.seen).containsExactly(2, 3);
  }

  @Test
  void aCancelledProcessorCancelsItsPublisherOnce() {
    connect();
    recorder.subscription.request(10);

    recorder.subscription.cancel();
    recorder.subscription.cancel();
    processor.onNext(1);

    assertThat(upstream.cancels).isEqualTo(1);
    assertThat(recorder.seen).isEmpty();
  }

  @Test
  void aProcessorHasOneSubscriberAndRefusesANegativeRequest() {
    connect();
    Recorder second = new Recorder();
    processor.subscribe(second);
    assertThat(second.seen).containsExactly("subscriber: there is one already");

    recorder.subscription.request(-1);
    assertThat(recorder.seen).containsExactly("items: must be positive, is -1");
  }

  @Test
  void aKeyThatFailsEndsAProcessorWithThatFailure() {
    Throttle<Integer> throttle =
        Throttle.conflate(
            INTERVAL,
            item -> {
              throw new AssertionError("no key");
            },
            5);
    ThrottleProcessor<Integer> failing = new ThrottleProcessor<>(throttle, Runnable::run, timer);
    failing.subscribe(recorder);
    failing.onSubscribe(upstream);
    recorder.subscription.request(10);

    failing.onNext(1);
    failing.onNext(2);
    failing.onComplete();

    assertThat(recorder.seen).containsExactly("no key");
    assertThat(upstream.cancels).isEqualTo(1);
  }

  @Test
  void aSubscriberThatFailsWithAnErrorIsDoneAndItsPublisherCancelled() {
    Recorder broken =
        new Recorder() {
          @Override
          public void onNext(Integer item) {
            throw new AssertionError("broken");
          }
        };
    processor.subscribe(broken);
    processor.onSubscribe(upstream);
    broken.subscription.request(10);

    processor.onNext(1);
    processor.onNext(2);
    timer.advance(INTERVAL);

    assertThat(broken.seen).containsExactly("broken");
    assertThat(upstream.cancels).isEqualTo(1);
  }

  @Test
  void anExecutorThatTakesNoMoreEndsAProcessorWithThatFailure() {
    ThrottleProcessor<Integer> stopped =
        new ThrottleProcessor<>(
            Throttle.latest(INTERVAL),
            task -> {
              throw new RejectedExecutionException("stopped");
            },
            timer);
    stopped.subscribe(recorder);
    stopped.onSubscribe(upstream);
    recorder.subscription.request(10);
    stopped.onNext(1);
    stopped.onNext(2);

    timer.advance(INTERVAL);

    assertThat(recorder.seen).containsExactly(1, "stopped");
    assertThat(upstream.cancels).isEqualTo(1);
  }
}
