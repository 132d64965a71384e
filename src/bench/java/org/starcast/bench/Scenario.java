package org.starcast.bench;

import java.util.Locale;

/** A situation that a subject is put in. In the order in which they are run. */
enum Scenario {
  BURST,
  ONE_1000,
  ONE_5000,
  PACED,
  TOPICS,
  FRAMES,
  STORM,
  IDLE,
  PUBLISH,
  STALLED,
  REPLAY,
  RETURN,
  GONE,
  STREAMS,
  /** Only where it is asked for. */
  IDLE_100K;

  /** The name on the command line. */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
