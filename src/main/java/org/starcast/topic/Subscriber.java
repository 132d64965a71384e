package org.starcast.topic;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Stands for a subscriber in the index. Resolved topics that are out of date may keep it for a
 * while; they keep nothing else alive, as it lets the subscriber go when it is removed.
 */
final class Subscriber<S> {

  private final long id;
  private final int hash;

  /** Null once removed. */
  volatile S value;

  /** What it holds, with the senders (empty means any); guarded by the index's lock. */
  final Map<TopicPattern, Set<String>> patterns = new HashMap<>(2);

  /** What it mutes; guarded by the index's lock. */
  final Set<TopicPattern> mutes = new HashSet<>(2);

  Subscriber(long id, S value) {
    this.id = id;
    this.hash = PersistentSet.spread(Long.hashCode(id));
    this.value = value;
  }

  int hash() {
    return hash;
  }

  int compareId(Subscriber<?> other) {
    return Long.compare(id, other.id);
  }
}
