package org.starcast;

import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.inject.Singleton;
import jakarta.servlet.http.HttpServletRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;
import org.starcast.internal.backplane.BackplaneProducer;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.cdi.Lifespan;
import org.starcast.internal.cdi.Payloads;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.durable.DurableStreams;
import org.starcast.internal.engine.Broadcaster;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.internal.presence.ClusterMembership;
import org.starcast.internal.presence.PresenceTracker;
import org.starcast.internal.security.AccessControl;
import org.starcast.presence.Cluster;
import org.starcast.presence.Presence;
import org.starcast.presence.PresenceEvent;
import org.starcast.security.TopicAccess;
import org.starcast.spi.Backplane;
import org.starcast.stream.StreamsBeanClass;

/** The real broadcaster in a container in Java SE, with clients that are {@link FakeSink}s. */
public final class RunningBroadcaster implements AutoCloseable {

  private final StarcastConfig config;
  private final WeldContainer container;

  /** With the defaults, but for these keys and values, less the {@code starcast.} of the key. */
  public RunningBroadcaster(String... settings) {
    this(null, null, List.of(), settings);
  }

  /** With these beans of an application, too. */
  public static RunningBroadcaster with(List<Class<?>> beans, String... settings) {
    return new RunningBroadcaster(null, null, beans, settings);
  }

  /** For this request, which all clients come with. */
  public RunningBroadcaster(HttpServletRequest request, String... settings) {
    this(request, null, List.of(), settings);
  }

  /** A node of this backplane, which is a bean of the application. */
  public RunningBroadcaster(Backplane backplane, String... settings) {
    this(null, backplane, List.of(), settings);
  }

  private RunningBroadcaster(
      HttpServletRequest request, Backplane backplane, List<Class<?>> beans, String... settings) {
    Map<String, String> values = new HashMap<>();
    values.put("starcast.drain-window", "PT0S");
    for (int i = 0; i < settings.length; i += 2) {
      values.put("starcast." + settings[i], settings[i + 1]);
    }
    config = StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
    container =
        new Weld()
            .disableDiscovery()
            .addExtension(new ConfigExtension(config, request, backplane))
            .addExtension(new Lifespan())
            .addBeanClasses(
                ContainerExecutors.class,
                BackplaneProducer.class,
                Broadcaster.class,
                Payloads.class,
                PresenceTracker.class,
                ClusterBus.class,
                ClusterMembership.class,
                AccessControl.class,
                RecentRefusals.class,
                DurableStreams.class,
                StreamsBeanClass.VALUE,
                StreamsBeanClass.NAMED,
                Witness.class)
            .addBeanClasses(beans.toArray(Class<?>[]::new))
            .initialize();
  }

  /** Makes the configuration a bean, and the request and the backplane if there is one. */
  private record ConfigExtension(
      StarcastConfig config, HttpServletRequest request, Backplane backplane) implements Extension {

    void add(@Observes AfterBeanDiscovery event) {
      event
          .<StarcastConfig>addBean()
          .types(StarcastConfig.class)
          .scope(Singleton.class)
          .createWith(context -> config);
      if (request != null) {
        event
            .<HttpServletRequest>addBean()
            .types(HttpServletRequest.class)
            .scope(Singleton.class)
            .createWith(context -> request);
      }
      if (backplane != null) {
        event
            .<Backplane>addBean()
            .types(Backplane.class)
            .scope(Singleton.class)
            .createWith(context -> backplane);
      }
    }
  }

  /** Sees what becomes of clients; fails after that, which must disturb nobody. */
  @Singleton
  static class Witness {
    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private final Queue<PresenceEvent> moves = new ConcurrentLinkedQueue<>();
    private final Queue<PublishResult.Failure> failures = new ConcurrentLinkedQueue<>();

    void opened(@Observes @ClientEvent.Opened ClientEvent event) {
      note("opened", event);
    }

    void closed(@Observes @ClientEvent.Closed ClientEvent event) {
      note("closed", event);
    }

    void openedAsync(@ObservesAsync @ClientEvent.Opened ClientEvent event) {
      note("async opened", event);
    }

    void closedAsync(@ObservesAsync @ClientEvent.Closed ClientEvent event) {
      note("async closed", event);
    }

    void failed(@Observes PublishResult.Failure event) {
      failures.add(event);
    }

    void moved(@Observes PresenceEvent event) {
      moves.add(event);
      throw new IllegalStateException("expected by the test");
    }

    private void note(String what, ClientEvent event) {
      seen.add(what + " " + event.client().id() + event.reason().map(r -> " " + r).orElse(""));
      throw new IllegalStateException("expected by the test");
    }
  }

  /** The broadcaster. */
  public SseBroadcaster broadcaster() {
    return container.select(SseBroadcaster.class).get();
  }

  /** A bean. */
  public <T> T bean(Class<T> type) {
    return container.select(type).get();
  }

  /** Fires as the application does. */
  public Event<Object> event() {
    return container.event();
  }

  /** Who may do what. */
  public TopicAccess access() {
    return container.select(TopicAccess.class).get();
  }

  /** What was refused last. */
  public RecentRefusals refusals() {
    return container.select(RecentRefusals.class).get();
  }

  /** Who is on which topic. */
  public Presence presence() {
    return container.select(Presence.class).get();
  }

  /** The nodes that share the backplane. */
  public Cluster cluster() {
    return container.select(Cluster.class).get();
  }

  /** The joins and leaves that observers have seen. */
  public List<PresenceEvent> moves() {
    return List.copyOf(container.select(Witness.class).get().moves);
  }

  /** The failures that observers have seen. */
  public List<PublishResult.Failure> failures() {
    return List.copyOf(container.select(Witness.class).get().failures);
  }

  /** The configuration in force. */
  public StarcastConfig config() {
    return config;
  }

  /** The lifecycle events that observers have seen. */
  public List<String> seen() {
    return List.copyOf(container.select(Witness.class).get().seen);
  }

  @Override
  public void close() {
    container.close();
  }
}
