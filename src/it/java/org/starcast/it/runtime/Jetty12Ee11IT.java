package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class Jetty12Ee11IT extends RuntimeContract {
  Jetty12Ee11IT() {
    super(new JettyTarget(11));
  }
}
