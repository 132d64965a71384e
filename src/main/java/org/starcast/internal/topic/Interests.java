package org.starcast.internal.topic;

import java.util.Arrays;
import java.util.Set;

/**
 * The subscribers of one pattern, or those who mute it; compared by identity. Changes cost constant
 * time; the array to walk is made when it is first asked for, so that many changes in a row do not
 * pay for it. Guarded by the index's lock; those who hold it for reading may ask for the array.
 */
final class Interests<S> {

  /** One subscriber of the pattern, and the senders it wants (empty means any). */
  static final class Interest<S> {
    private final Subscriber<S> subscriber;
    private Set<String> senders;
    private int position;

    Interest(Subscriber<S> subscriber, Set<String> senders) {
      this.subscriber = subscriber;
      this.senders = senders;
    }

    Set<String> senders() {
      return senders;
    }
  }

  /** Where the pattern ends. */
  final TopicNode<S> node;

  private Interest<S>[] members = newMembers(1);
  private int size;

  /** The members, or null if they have changed; a race makes it twice, which does no harm. */
  private SubscriberArray<S> array;

  Interests(TopicNode<S> node) {
    this.node = node;
  }

  int size() {
    return size;
  }

  /** Returns the bytes of the array that is out of date now. */
  int add(Interest<S> interest) {
    if (size == members.length) {
      members = Arrays.copyOf(members, size + (size >> 1) + 1);
    }
    interest.position = size;
    members[size++] = interest;
    return changed();
  }

  /** As {@link #add}, of one that is in it. */
  int remove(Interest<S> interest) {
    Interest<S> last = members[--size];
    members[interest.position] = last;
    last.position = interest.position;
    members[size] = null;
    if (size < members.length / 4) {
      members = Arrays.copyOf(members, members.length / 2);
    }
    return changed();
  }

  /** As {@link #add}: gives one that is in it other senders. */
  int change(Interest<S> interest, Set<String> senders) {
    interest.senders = senders;
    return changed();
  }

  private int changed() {
    int weight = array == null ? 0 : array.weight();
    array = null;
    return weight;
  }

  /** Whether this is the array of those who are in it now. */
  boolean isNow(SubscriberArray<S> other) {
    return array == other;
  }

  /** Those who are in it now. */
  SubscriberArray<S> array() {
    SubscriberArray<S> made = array;
    if (made == null) {
      SubscriberArray.Builder<S> builder = new SubscriberArray.Builder<>(size);
      for (int i = 0; i < size; i++) {
        builder.add(members[i].subscriber, members[i].senders);
      }
      made = builder.build();
      array = made;
    }
    return made;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array cannot be made otherwise
  private static <S> Interest<S>[] newMembers(int length) {
    return new Interest[length];
  }
}
