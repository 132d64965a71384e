package org.starcast.internal.topic;

/**
 * A set of subscribers in one array (open addressing), so that adding many makes no objects. Safe
 * to read by many threads once it is no longer changed.
 */
final class SubscriberSet<S> {

  private Subscriber<S>[] table;
  private int size;

  SubscriberSet(int expected) {
    table = newTable(Integer.highestOneBit(Math.max(expected, 4)) * 4);
  }

  int size() {
    return size;
  }

  /** The bytes of memory that it takes. */
  int weight() {
    return 40 + 4 * table.length;
  }

  /** Returns whether it was not in yet. */
  boolean add(Subscriber<S> subscriber) {
    int at = find(subscriber);
    if (table[at] != null) {
      return false;
    }
    table[at] = subscriber;
    if (++size > table.length / 2) {
      Subscriber<S>[] old = table;
      table = newTable(old.length * 2);
      for (Subscriber<S> moved : old) {
        if (moved != null) {
          table[find(moved)] = moved;
        }
      }
    }
    return true;
  }

  boolean contains(Subscriber<S> subscriber) {
    return table[find(subscriber)] != null;
  }

  /** Where it is, or where it would have to be put. */
  private int find(Subscriber<S> subscriber) {
    int mask = table.length - 1;
    int at = subscriber.hash() & mask;
    while (table[at] != null && table[at] != subscriber) {
      at = at + 1 & mask;
    }
    return at;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array cannot be made otherwise
  private static <S> Subscriber<S>[] newTable(int length) {
    return new Subscriber[length];
  }
}
