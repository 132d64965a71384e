package org.starcast.it.runtime;

import java.nio.file.Path;

/** See {@link RuntimeContract}. */
class WildFly39IT extends RuntimeContract {
  WildFly39IT() {
    super(new WildFlyTarget("WildFly", "wildfly", Path.of(System.getProperty("wildfly.home"))));
  }
}
