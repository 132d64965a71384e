package org.starcast.internal.topic;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Stands for a subscriber in the index. Resolved topics that are out of date may keep it for a
 * while; they keep nothing else alive, as it releases the subscriber when it is removed.
 */
final class Subscriber<S> {

  private final int hash;

  /** Null once removed. */
  volatile S value;

  /** What it subscribes to; guarded by the index's lock. */
  final Map<Interests<S>, Interests.Interest<S>> held = new IdentityHashMap<>(2);

  /** What it mutes, or null; guarded by the index's lock. */
  Map<Interests<S>, Interests.Interest<S>> muted;

  Subscriber(long id, S value) {
    this.hash = TopicIndex.spread(Long.hashCode(id));
    this.value = value;
  }

  int hash() {
    return hash;
  }

  /** Whether it mutes any of these. */
  boolean mutesAny(Iterable<Interests<S>> muting) {
    if (muted != null) {
      for (Interests<S> interests : muting) {
        if (muted.containsKey(interests)) {
          return true;
        }
      }
    }
    return false;
  }

  /** No longer subscribes to these, or mutes them; null if it did neither. */
  Interests.Interest<S> remove(Interests<S> interests) {
    Interests.Interest<S> interest = held.remove(interests);
    return interest == null && muted != null ? muted.remove(interests) : interest;
  }

  /** Whether it neither subscribes to anything nor mutes anything. */
  boolean isIdle() {
    return held.isEmpty() && (muted == null || muted.isEmpty());
  }
}
