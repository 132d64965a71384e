package org.starcast.internal.cdi;

import org.jboss.weld.environment.se.Weld;
import org.jboss.weld.environment.se.WeldContainer;
import org.starcast.internal.engine.RecordingBroadcaster;

/** A container in Java SE with the CDI side of Starcast, a recording broadcaster and some beans. */
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
            TopicObserver.class,
            Payloads.class,
            Transactions.class,
            RecordingBroadcaster.class)
        .addBeanClasses(beans)
        .initialize();
  }

  static RecordingBroadcaster broadcaster(WeldContainer container) {
    return container.select(RecordingBroadcaster.class).get();
  }
}
