package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class OpenLibertyIT extends RuntimeContract {
  OpenLibertyIT() {
    super(new LibertyTarget());
  }
}
