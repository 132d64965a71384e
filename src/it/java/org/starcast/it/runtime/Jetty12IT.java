package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class Jetty12IT extends RuntimeContract {
  Jetty12IT() {
    super(new JettyTarget(10));
  }
}
