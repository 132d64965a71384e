package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class Tomcat11Ee11IT extends RuntimeContract {
  Tomcat11Ee11IT() {
    super(new TomcatTarget(11, 11, 17));
  }
}
