package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class Tomcat11IT extends RuntimeContract {
  Tomcat11IT() {
    super(new TomcatTarget(11, 10, 17));
  }
}
