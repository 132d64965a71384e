package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class Payara7IT extends RuntimeContract {
  Payara7IT() {
    super(new PayaraTarget(7, 21, Target.unpacked("payara-micro-7.jar")));
  }
}
