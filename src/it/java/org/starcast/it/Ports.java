package org.starcast.it;

import org.jboss.arquillian.core.spi.LoadableExtension;
import org.starcast.internal.backplane.NatsServer;

/**
 * Free ports for the server of this process, as the system properties that {@code arquillian.xml}
 * and some tests read; Arquillian finds it by {@code META-INF/services}.
 */
public final class Ports implements LoadableExtension {

  @Override
  public void register(ExtensionBuilder builder) {
    for (String port : new String[] {"http.port", "https.port", "management.port"}) {
      System.setProperty(port, Integer.toString(NatsServer.freePort()));
    }
  }
}
