package org.starcast.internal.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.BeforeShutdown;
import jakarta.enterprise.inject.spi.Extension;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;
import org.junit.jupiter.api.Test;
import org.starcast.FakeSink;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.internal.backplane.BackplaneProducer;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.engine.Broadcaster;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.internal.presence.ClusterMembership;
import org.starcast.internal.presence.PresenceTracker;
import org.starcast.internal.security.AccessControl;
import org.starcast.presence.Cluster;
import org.starcast.presence.Presence;
import org.starcast.stream.SseStreams;
import org.starcast.stream.StreamsBeanClass;

/** Nothing that ends with the application brings another bean back to life. */
class EndTest {

  /** What still calls the beans when they have been destroyed. */
  static class Late implements Extension {

    private final Map<String, Runnable> calls = new LinkedHashMap<>();
    private final List<String> refused = new ArrayList<>();

    void ended(@Observes BeforeShutdown event) {
      calls.forEach(
          (name, call) -> {
            try {
              call.run();
            } catch (RuntimeException e) {
              refused.add(name + ": " + root(e).getMessage());
            }
          });
    }
  }

  private static Throwable root(Throwable failure) {
    return failure.getCause() == null ? failure : root(failure.getCause());
  }

  /** Of all tests in this process: those of others may still be ending. */
  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("starcast"))
        .collect(Collectors.toSet());
  }

  @Test
  void whatIsCalledAfterTheEndIsNotMadeAgain() {
    Set<Thread> before = threads();
    Late late = new Late();
    try (WeldContainer container =
        new Weld()
            .disableDiscovery()
            .addExtensions(new StarcastExtension(), new Lifespan(), late)
            .addBeanClasses(
                ClusterMembership.class,
                ClusterBus.class,
                ConfigProducer.class,
                ContainerExecutors.class,
                Payloads.class,
                PresenceTracker.class,
                BackplaneProducer.class,
                Broadcaster.class,
                StreamsBeanClass.NAMED,
                StreamsBeanClass.VALUE,
                AccessControl.class,
                RecentRefusals.class,
                TopicObserver.class)
            .initialize()) {
      SseBroadcaster broadcaster = container.select(SseBroadcaster.class).get();
      SseStreams streams = container.select(SseStreams.class).get();
      Presence presence = container.select(Presence.class).get();
      Cluster cluster = container.select(Cluster.class).get();
      Event<String> events = container.event().select(String.class, Topic.Literal.of("a"));
      late.calls.put("publish", () -> broadcaster.publish("a", "late"));
      late.calls.put("fire", () -> events.fire("late"));
      late.calls.put("who is there", () -> presence.on("a"));
      late.calls.put("nodes", cluster::nodes);
      late.calls.put("streams", streams::toString);
      broadcaster.register(FakeSink.instant(), Subscription.to("a"));
      late.calls.forEach((name, call) -> call.run());
      assertThat(threads()).hasSizeGreaterThan(before.size());
    }

    assertThat(late.refused)
        .hasSameSizeAs(late.calls.keySet())
        .allMatch(why -> why.endsWith(": the application has ended"));
    await().untilAsserted(() -> assertThat(threads()).isSubsetOf(before));
  }
}
