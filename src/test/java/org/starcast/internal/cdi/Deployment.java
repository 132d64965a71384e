package org.starcast.internal.cdi;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;
import org.starcast.SseBroadcaster;
import org.starcast.internal.backplane.BackplaneProducer;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.engine.Broadcaster;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.internal.presence.ClusterMembership;
import org.starcast.internal.presence.PresenceTracker;
import org.starcast.internal.security.AccessControl;
import org.starcast.stream.StreamsBeanClass;
import org.starcast.testing.PublishedEvents;

/** A container in Java SE with Starcast, but for its REST resources, and some beans. */
final class Deployment {

  private Deployment() {}

  /** Starts it; with discovery disabled, Weld asks for the extension by name. */
  static WeldContainer start(Class<?>... beans) {
    return new Weld()
        .disableDiscovery()
        .addExtension(new StarcastExtension())
        .addExtension(new Lifespan())
        .addBeanClasses(
            ContainerExecutors.class,
            ConfigProducer.class,
            TopicObserver.class,
            Payloads.class,
            BackplaneProducer.class,
            Broadcaster.class,
            StreamsBeanClass.NAMED,
            PresenceTracker.class,
            ClusterBus.class,
            ClusterMembership.class,
            AccessControl.class,
            RecentRefusals.class,
            FromTheStart.class)
        .addBeanClasses(beans)
        .initialize();
  }

  /** What has been published so far. */
  static PublishedEvents events(WeldContainer container) {
    return container.select(FromTheStart.class).get().events();
  }

  @ApplicationScoped
  static class FromTheStart {
    private PublishedEvents events;

    void start(
        @Observes @Initialized(ApplicationScoped.class) Object application,
        SseBroadcaster broadcaster) {
      events = PublishedEvents.of(broadcaster);
    }

    PublishedEvents events() {
      return events;
    }
  }
}
