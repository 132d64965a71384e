package org.starcast.topic;

import java.util.Set;

/**
 * The subscribers of one pattern, or those who mute it, as an immutable set. Changes cost
 * logarithmic time; the arrays to walk are made when they are first asked for, so that many changes
 * in a row do not pay for them.
 */
final class Interests<S> {

  /** One subscriber of the pattern, and the senders it wants (empty means any). */
  private static final class Interest<S> implements PersistentSet.Keyed {
    final Subscriber<S> subscriber;
    final Set<String> senders;

    Interest(Subscriber<S> subscriber, Set<String> senders) {
      this.subscriber = subscriber;
      this.senders = senders;
    }

    @Override
    public Object key() {
      return subscriber;
    }

    @Override
    public int hash() {
      return subscriber.hash();
    }

    @Override
    public int compareKey(Object key) {
      return subscriber.compareId((Subscriber<?>) key);
    }
  }

  private final PersistentSet<Interest<S>> set;

  /** Made on demand; a race makes it twice, which does no harm as it is immutable. */
  private Flat<S> flat;

  private Interests(PersistentSet<Interest<S>> set) {
    this.set = set;
  }

  /** Adds to the interests, which may be null when there are none yet. */
  static <S> Interests<S> with(
      Interests<S> interests, Subscriber<S> subscriber, Set<String> senders) {
    PersistentSet<Interest<S>> set = interests == null ? PersistentSet.empty() : interests.set;
    return new Interests<>(set.with(new Interest<>(subscriber, senders)));
  }

  /** Removes from the interests; null when none are left. */
  static <S> Interests<S> without(Interests<S> interests, Subscriber<S> subscriber) {
    if (interests == null) {
      return null;
    }
    PersistentSet<Interest<S>> left = interests.set.without(subscriber.hash(), subscriber);
    if (left == interests.set) {
      return interests;
    }
    return left.isEmpty() ? null : new Interests<>(left);
  }

  int size() {
    return set.size();
  }

  boolean contains(Subscriber<S> subscriber) {
    return senders(subscriber) != null;
  }

  /** The senders that the subscriber wants (empty means any), or null if it is not in here. */
  Set<String> senders(Subscriber<S> subscriber) {
    Interest<S> interest = set.get(subscriber.hash(), subscriber);
    return interest == null ? null : interest.senders;
  }

  /** The same as arrays. */
  Flat<S> flat() {
    Flat<S> made = flat;
    if (made == null) {
      Flat.Builder<S> builder = new Flat.Builder<>(set.size());
      set.forEach(interest -> builder.add(interest.subscriber, interest.senders));
      made = builder.build();
      flat = made;
    }
    return made;
  }
}
