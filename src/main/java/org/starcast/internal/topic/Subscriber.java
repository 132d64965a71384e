package org.starcast.internal.topic;

import java.util.IdentityHashMap;
import java.util.Map;

/** Stands for a subscriber in the index; but for its value, guarded by the index's lock. */
final class Subscriber<S> {

  /** Null once removed, which a match that is under way sees. */
  volatile S value;

  /** What it subscribes to, and what it mutes. */
  final Map<Members<S>, Members.Place> places = new IdentityHashMap<>(2);

  /** The last match that has come by. */
  long seen;

  Subscriber(S value) {
    this.value = value;
  }
}
