package org.starcast.topic;

import java.util.Set;

/** Subscribers to be walked, side by side with the senders they want. Immutable. */
final class Flat<S> {

  final Subscriber<S>[] subscribers;

  /** The senders (null for any) at the subscriber's index; null if all want any. */
  final Set<String>[] senders;

  private Flat(Subscriber<S>[] subscribers, Set<String>[] senders) {
    this.subscribers = subscribers;
    this.senders = senders;
  }

  /** Without some, of which this number is in it. */
  Flat<S> without(SubscriberSet<S> some, int count) {
    Builder<S> builder = new Builder<>(subscribers.length - count);
    for (int i = 0; i < subscribers.length; i++) {
      if (!some.contains(subscribers[i])) {
        builder.add(subscribers[i], senders == null || senders[i] == null ? Set.of() : senders[i]);
      }
    }
    return builder.build();
  }

  /** Fills the arrays; knows their length beforehand. */
  static final class Builder<S> {

    private final Subscriber<S>[] subscribers;
    private Set<String>[] senders;
    private int size;

    @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array cannot be made otherwise
    Builder(int size) {
      subscribers = new Subscriber[size];
    }

    /** Adds a subscriber with the senders it wants; empty means any. */
    @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array cannot be made otherwise
    void add(Subscriber<S> subscriber, Set<String> wanted) {
      if (!wanted.isEmpty()) {
        if (senders == null) {
          senders = new Set[subscribers.length];
        }
        senders[size] = wanted;
      }
      subscribers[size++] = subscriber;
    }

    Flat<S> build() {
      return new Flat<>(subscribers, senders);
    }
  }
}
