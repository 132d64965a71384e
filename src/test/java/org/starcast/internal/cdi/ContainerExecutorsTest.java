package org.starcast.internal.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.starcast.FakeSink;
import org.starcast.RunningBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.presence.PresenceEvent;

class ContainerExecutorsTest {

  /** Where observers of the application run. */
  @Singleton
  static class Observer {
    private final Queue<String> threads = new ConcurrentLinkedQueue<>();

    // before one that fails
    void moved(@Observes @Priority(1) PresenceEvent event) {
      threads.add(Thread.currentThread().getName());
    }
  }

  @Test
  void theApplicationIsNotCalledOnTheSchedulersThread() {
    try (RunningBroadcaster node =
        RunningBroadcaster.with(List.of(Observer.class), "presence.grace", "PT0.05S")) {
      Observer observer = node.bean(Observer.class);
      node.presence();
      SseClient client = node.broadcaster().register(FakeSink.instant(), Subscription.to("a"));
      await().until(() -> observer.threads.size() == 1);

      client.close();

      // the leave, when the scheduler says that the grace is over
      await().until(() -> observer.threads.size() == 2);
      assertThat(observer.threads).doesNotContain("starcast-scheduler");
    }
  }

  @Test
  void whenTheApplicationEndsSoDoesTheScheduler() {
    ScheduledExecutorService scheduler;
    try (RunningBroadcaster node = new RunningBroadcaster()) {
      scheduler = node.bean(ContainerExecutors.class).scheduler();
      assertThat(node.bean(ContainerExecutors.class).scheduler()).isSameAs(scheduler);
    }

    await().until(scheduler::isTerminated);
    assertThatExceptionOfType(RejectedExecutionException.class)
        .isThrownBy(() -> scheduler.execute(() -> {}));
  }

  @Test
  void writesThatMayBlockHaveVirtualThreadsFromJava21On() throws Exception {
    try (RunningBroadcaster node = new RunningBroadcaster()) {
      CompletableFuture<Thread> thread =
          CompletableFuture.supplyAsync(
              Thread::currentThread, node.bean(ContainerExecutors.class).sends());

      assertThat(isVirtual(thread.get(30, TimeUnit.SECONDS)))
          .isEqualTo(Runtime.version().feature() >= 21);
    }
  }

  @Test
  void threadsHaveNothingOfWhoHasThemMade() throws Exception {
    InheritableThreadLocal<String> user = new InheritableThreadLocal<>();
    ClassLoader application = Thread.currentThread().getContextClassLoader();
    try (RunningBroadcaster node = new RunningBroadcaster()) {
      ContainerExecutors executors = node.bean(ContainerExecutors.class);
      executors.slices(); // made on a thread of the application's
      user.set("alice");
      Thread.currentThread().setContextClassLoader(new ClassLoader() {});
      List<String> seen =
          CompletableFuture.supplyAsync(
                  () ->
                      List.of(
                          String.valueOf(user.get()),
                          Boolean.toString(
                              Thread.currentThread().getContextClassLoader() == application)),
                  executors.slices())
              .get(30, TimeUnit.SECONDS);
      assertThat(seen).containsExactly("null", "true");
    } finally {
      Thread.currentThread().setContextClassLoader(application);
      user.remove();
    }
  }

  private static boolean isVirtual(Thread thread) throws ReflectiveOperationException {
    try {
      return (boolean) Thread.class.getMethod("isVirtual").invoke(thread);
    } catch (NoSuchMethodException e) {
      return false;
    }
  }
}
