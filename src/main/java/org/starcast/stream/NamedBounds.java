package org.starcast.stream;

import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.log.TopicLogs;

/**
 * How much of a named stream is kept, and what becomes of its source beyond that. The same on all
 * nodes, as the start says it.
 *
 * @param items the most items
 * @param bytes the most bytes of memory that they take, roughly
 * @param keepMillis how long they are kept after the end
 * @param drops whether the oldest items go before anybody has read them; else the source waits
 */
record NamedBounds(int items, long bytes, long keepMillis, boolean drops) {

  /** The events of a stream that are no items: its start, its end, and what comes right before. */
  private static final int OTHERS = 4;

  /** How many parts {@link #toString} has. */
  static final int PARTS = 4;

  NamedBounds {
    if (items < 1 || bytes < 1 || keepMillis < 1) {
      throw new IllegalArgumentException("bounds: must be positive");
    }
  }

  /** Those of the configuration. */
  static NamedBounds of(StarcastConfig.Streams config) {
    return new NamedBounds(config.items(), config.bytes(), config.keep().toMillis(), false);
  }

  /** Those of the options, and of the configuration for what they leave open. */
  static NamedBounds of(StreamOptions<?> options, StarcastConfig.Streams config) {
    return new NamedBounds(
        options.keepItems() == 0 ? config.items() : options.keepItems(),
        options.keepBytes() == 0 ? config.bytes() : options.keepBytes(),
        (options.keep().isZero() ? config.keep() : options.keep()).toMillis(),
        options.drops());
  }

  /**
   * What holds for the history: somewhat more, so that nothing goes that has room.
   *
   * @param messageBytes the size of the largest message
   */
  TopicBounds ofHistory(int messageBytes) {
    int events = (int) Math.min(Integer.MAX_VALUE, (long) items + OTHERS);
    return new TopicBounds(events, bytes + OTHERS * (long) messageBytes, 0);
  }

  /**
   * Whether a history that has this room would let go of something for another item, or is to have
   * no more.
   *
   * @param unstored how many it is about to get
   * @param bytes what the item takes, roughly
   */
  static boolean isFull(TopicLogs.Room room, int unstored, int messageBytes, long bytes) {
    if (!room.byName()) {
      return room.events() <= unstored || room.bytes() < bytes;
    }
    return room.crowded()
        || room.events() - unstored < OTHERS
        || room.bytes() <= OTHERS * (long) messageBytes;
  }

  /** Reads {@link #toString}. */
  static NamedBounds parse(String items, String bytes, String keep, String full) {
    return new NamedBounds(
        Integer.parseInt(items), Long.parseLong(bytes), Long.parseLong(keep), full.equals("drop"));
  }

  @Override
  public String toString() {
    return items + "." + bytes + "." + keepMillis + "." + (drops ? "drop" : "wait");
  }
}
