package org.starcast.it;

import org.jboss.arquillian.container.spi.event.StopContainer;
import org.jboss.arquillian.container.spi.event.container.AfterStart;
import org.jboss.arquillian.core.api.annotation.Observes;
import org.jboss.arquillian.core.spi.EventContext;
import org.jboss.arquillian.core.spi.LoadableExtension;
import org.starcast.internal.backplane.NatsServer;

/**
 * One server for all test classes of this process: booted for the first, and kept until the process
 * ends. Failsafe hands classes to its processes one by one, so to Arquillian each is a suite, at
 * whose end it would stop the server. Arquillian finds this by {@code META-INF/services}.
 */
public final class SharedServer implements LoadableExtension {

  private static final String RUNNING = "server.running";

  /**
   * Sets free ports, until there is a server, as the properties that {@code arquillian.xml} has.
   */
  @Override
  public void register(ExtensionBuilder builder) {
    builder.observer(Lifecycle.class);
    if (Boolean.getBoolean(RUNNING)) {
      return;
    }
    for (String port : new String[] {"http.port", "https.port", "management.port"}) {
      System.setProperty(port, Integer.toString(NatsServer.freePort()));
    }
    System.setProperty(RUNNING, "false");
  }

  /** Of one suite, which is one test class. */
  public static final class Lifecycle {

    private boolean booted;

    /** Those that come later connect to it. */
    void started(@Observes AfterStart event) {
      booted = !Boolean.getBoolean(RUNNING);
      System.setProperty(RUNNING, "true");
    }

    /** To who only connected, stopping is to let go of the connection. */
    void stop(@Observes EventContext<StopContainer> stop) {
      if (!booted) {
        stop.proceed();
      }
    }
  }
}
