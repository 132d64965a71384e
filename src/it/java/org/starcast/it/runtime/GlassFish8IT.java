package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class GlassFish8IT extends RuntimeContract {
  GlassFish8IT() {
    super(new GlassFishTarget(8, 21));
    matrix.doesNotHold("redeployingLeavesNothingBehind", GlassFishTarget.KEEPS_DEPLOYMENTS);
  }
}
