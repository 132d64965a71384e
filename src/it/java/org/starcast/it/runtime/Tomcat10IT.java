package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class Tomcat10IT extends RuntimeContract {
  Tomcat10IT() {
    super(new TomcatTarget(10, 10, 11));
  }
}
