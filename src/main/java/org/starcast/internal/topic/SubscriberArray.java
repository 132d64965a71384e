package org.starcast.internal.topic;

import java.util.Arrays;
import java.util.Set;

/** Subscribers to be walked, side by side with the senders they want. Immutable. */
final class SubscriberArray<S> {

  final Subscriber<S>[] subscribers;

  /** The senders (null for any) at the subscriber's index; null if all want any. */
  final Set<String>[] senders;

  private SubscriberArray(Subscriber<S>[] subscribers, Set<String>[] senders) {
    this.subscribers = subscribers;
    this.senders = senders;
  }

  int length() {
    return subscribers.length;
  }

  /** The bytes of memory that it takes, but for what it shares. */
  int weight() {
    return weight(subscribers.length) + (senders == null ? 0 : weight(senders.length));
  }

  private static int weight(int references) {
    return 16 + 4 * references;
  }

  /** Whether the subscriber at an index wants this sender. */
  boolean wants(int index, String sender) {
    return senders == null
        || senders[index] == null
        || sender != null && senders[index].contains(sender);
  }

  /** Fills the arrays. */
  static final class Builder<S> {

    private Subscriber<S>[] subscribers;
    private Set<String>[] senders;
    private int size;

    /**
     * Starts an array.
     *
     * @param most the most subscribers
     */
    @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array cannot be made otherwise
    Builder(int most) {
      subscribers = new Subscriber[most];
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

    /** The array; null if there is nobody in it. */
    SubscriberArray<S> build() {
      if (size == 0) {
        return null;
      }
      if (size < subscribers.length) {
        subscribers = Arrays.copyOf(subscribers, size);
        senders = senders == null ? null : Arrays.copyOf(senders, size);
      }
      return new SubscriberArray<>(subscribers, senders);
    }
  }
}
