package org.starcast.internal.topic;

import java.util.ArrayList;
import java.util.Set;

/**
 * Those who subscribe to one pattern, or who mute it; in no order. Changes take constant time.
 * Guarded by the index's lock.
 */
final class Members<S> {

  /** Where one of them is in the list, and the senders it wants (empty means any). */
  static final class Place {
    private int index;
    private Set<String> senders;

    private Place(int index) {
      this.index = index;
      this.senders = Set.of();
    }
  }

  /** Where the pattern ends. */
  final TopicNode<S> node;

  final CompiledPattern pattern;

  /** Not to be changed by others. */
  final ArrayList<Subscriber<S>> list = new ArrayList<>(1);

  /** How many want certain senders only. */
  private int choosy;

  /** The most there were since the list was cut to its size. */
  private int most;

  Members(TopicNode<S> node, CompiledPattern pattern) {
    this.node = node;
    this.pattern = pattern;
  }

  /** Adds one, or gives it other senders; returns whether it is new. */
  boolean put(Subscriber<S> subscriber, Set<String> senders) {
    Place place = subscriber.places.get(this);
    boolean isNew = place == null;
    if (isNew) {
      place = new Place(list.size());
      subscriber.places.put(this, place);
      list.add(subscriber);
    }
    choosy += (senders.isEmpty() ? 0 : 1) - (place.senders.isEmpty() ? 0 : 1);
    place.senders = senders;
    return isNew;
  }

  /** Removes one; returns whether it was in. */
  boolean remove(Subscriber<S> subscriber) {
    Place place = subscriber.places.remove(this);
    if (place == null) {
      return false;
    }
    choosy -= place.senders.isEmpty() ? 0 : 1;
    Subscriber<S> last = list.remove(list.size() - 1);
    if (last != subscriber) {
      list.set(place.index, last);
      last.places.get(this).index = place.index;
    }
    most = Math.max(most, list.size() + 1);
    if (list.size() < most / 2) {
      // now and then, else a pattern takes for good what it once had the most of
      list.trimToSize();
      most = list.size();
    }
    return true;
  }

  /** Whether all of them want any sender. */
  boolean wantAny() {
    return choosy == 0;
  }

  /** Whether one of them wants this sender, which may be null. */
  boolean wants(Subscriber<S> subscriber, String sender) {
    if (choosy == 0) {
      return true;
    }
    Set<String> senders = subscriber.places.get(this).senders;
    return senders.isEmpty() || sender != null && senders.contains(sender);
  }
}
