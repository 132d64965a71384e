package org.starcast.internal.engine;

import java.util.function.Predicate;
import org.starcast.Subscription;
import org.starcast.internal.security.Grant;
import org.starcast.spi.StoredEvent;

/**
 * What one client was subscribed to when: each event that it reads in the log is judged by the
 * subscription that it had when the event was published, as the topic index did for those that were
 * live. Wherever the event comes from, its sequence says which that is.
 *
 * <p>A chain of changes by rising sequence, of which the oldest are let go of. Changes are appended
 * by one thread at a time, under the lock that orders events, so that an event is either before a
 * change or after it; a {@link Reader} follows on another thread without a lock.
 */
final class SubscriptionTimeline {

  /** The most changes that a client may make while it takes nothing. */
  static final int MAX_CHANGES = 1000;

  private static final class Change {
    private final long from;
    private final long number;
    private final Subscription subscription;
    private volatile Change next;

    Change(long from, long number, Subscription subscription) {
      this.from = from;
      this.number = number;
      this.subscription = subscription;
    }

    /** The change that holds for an event of this sequence, which is none of before this one. */
    Change at(long sequence) {
      Change found = this;
      for (Change later = next; later != null && later.from <= sequence; later = later.next) {
        found = later;
      }
      return found;
    }
  }

  /** The oldest change that an event may still be judged by, and the newest. */
  private Change oldest;

  private volatile Change newest;

  SubscriptionTimeline(Subscription subscription) {
    restart(subscription);
  }

  /** The subscription of now. */
  Subscription current() {
    return newest.subscription;
  }

  /** Another order of events begins, of which all are for the subscription of now. */
  void restart() {
    restart(current());
  }

  private void restart(Subscription subscription) {
    newest = new Change(0, 0, subscription);
    oldest = newest;
  }

  /** From this sequence on there is another subscription. */
  void change(long from, Subscription subscription) {
    Change change = new Change(from, newest.number + 1, subscription);
    newest.next = change;
    newest = change;
  }

  /** Whether there are too many changes to keep: the stream is to be ended, and resumes. */
  boolean isFull() {
    return newest.number - oldest.number > MAX_CHANGES;
  }

  /** No event of before this sequence will be judged any more. */
  void forget(long before) {
    oldest = oldest.at(before);
  }

  /** Judges events from the oldest change on, for the client of this id and grant. */
  Reader reader(String clientId, Grant grant) {
    return new Reader(oldest, clientId, grant);
  }

  /** Judges events; for one thread. */
  static final class Reader implements Predicate<StoredEvent> {
    private final String clientId;
    private final Grant grant;
    private Change base;
    private Change compiled;
    private SubscriptionFilter filter;

    private Reader(Change base, String clientId, Grant grant) {
      this.base = base;
      this.clientId = clientId;
      this.grant = grant;
    }

    /** No event of before this sequence will be judged any more. */
    void forget(long before) {
      base = base.at(before);
    }

    /** The filter for events of this sequence. */
    SubscriptionFilter at(long sequence) {
      Change change = base.at(sequence);
      if (change != compiled) {
        compiled = change;
        filter = new SubscriptionFilter(change.subscription, clientId, grant);
      }
      return filter;
    }

    /** The last sequence for which the filter is the same as for this one, as far as is known. */
    long sameUpTo(long sequence) {
      Change later = base.at(sequence).next;
      return later == null ? Long.MAX_VALUE : later.from - 1;
    }

    @Override
    public boolean test(StoredEvent event) {
      return at(event.sequence()).test(event);
    }

    boolean decides(StoredEvent event) {
      return at(event.sequence()).decides(event);
    }
  }
}
