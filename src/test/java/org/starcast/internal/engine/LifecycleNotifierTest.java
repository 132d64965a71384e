package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starcast.internal.engine.EngineFixture.until;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.ResponseRuntime;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;

/** The application is told on a thread of its own, and what waits for it is bounded. */
@ExtendWith(ResponseRuntime.class)
class LifecycleNotifierTest {

  private final LifecycleNotifier notifier =
      new LifecycleNotifier(Thread::new, 10, System.getLogger("test.notifier"));

  @AfterEach
  void stop() throws InterruptedException {
    notifier.stop();
    notifier.thread().join();
  }

  @Test
  void failuresAreToldUpToABoundAndEndsAlways() throws Exception {
    CountDownLatch observer = new CountDownLatch(1);
    AtomicInteger failures = new AtomicInteger();
    AtomicInteger ends = new AtomicInteger();
    notifier.tell(() -> await(observer));
    for (int i = 0; i < 2 * LifecycleNotifier.MAX_FAILURES; i++) {
      notifier.tellFailure(failures::incrementAndGet);
      notifier.tell(ends::incrementAndGet);
    }
    assertThat(notifier.isOverloaded()).isTrue();
    observer.countDown();
    assertThat(notifier.await(Duration.ofMinutes(1).toNanos())).isZero();
    assertThat(failures).hasValue(LifecycleNotifier.MAX_FAILURES);
    assertThat(ends).hasValue(2 * LifecycleNotifier.MAX_FAILURES);
    assertThat(notifier.isOverloaded()).isFalse();
    // and from then on again
    notifier.tellFailure(failures::incrementAndGet);
    assertThat(notifier.await(Duration.ofMinutes(1).toNanos())).isZero();
    assertThat(failures).hasValue(LifecycleNotifier.MAX_FAILURES + 1);
  }

  @Test
  void awaitSaysHowMuchHasNotRun() throws Exception {
    CountDownLatch observer = new CountDownLatch(1);
    notifier.tell(() -> await(observer));
    notifier.tell(() -> {});
    assertThat(notifier.await(1)).isEqualTo(2);
    observer.countDown();
  }

  /** An observer that publishes while somebody else does, where the executor takes nothing. */
  @Test
  void anObserverThatPublishesDoesNotDeadlock() {
    AtomicBoolean full = new AtomicBoolean();
    Executor executor =
        task -> {
          if (full.get()) {
            throw new RejectedExecutionException("full");
          }
        };
    try (EngineFixture fixture = new EngineFixture(executor)) {
      fixture.onOpened(
          client -> {
            Thread other = new Thread(() -> fixture.publish("a", "of another thread"));
            other.start();
            fixture.publish("a", "of the observer");
          });
      Stream stream = fixture.connecting(Subscription.to("a"), MemoryWriter.OPEN);
      full.set(true);
      stream.writer().start();
      SseClient client = stream.client();
      until(() -> fixture.engine().statisticsSnapshot().get(Metric.PUBLISHED) == 2);
      until(() -> client.queuedBytes() == 0);
      assertThat(client.send(SseMessage.of("goes on"))).isTrue();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
