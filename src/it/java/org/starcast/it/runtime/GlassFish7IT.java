package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class GlassFish7IT extends RuntimeContract {
  GlassFish7IT() {
    super(new GlassFishTarget(7, 17));
    matrix.doesNotHold("redeployingLeavesNothingBehind", GlassFishTarget.KEEPS_DEPLOYMENTS);
  }
}
