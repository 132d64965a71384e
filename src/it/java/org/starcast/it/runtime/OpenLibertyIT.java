package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class OpenLibertyIT extends RuntimeContract {
  OpenLibertyIT() {
    super(new LibertyTarget());
    matrix.doesNotHold(
        "manyStreamsShareOneConnectionOfHttp2",
        "all streams get each event, but one that takes nothing is not closed, as its write blocks");
  }
}
