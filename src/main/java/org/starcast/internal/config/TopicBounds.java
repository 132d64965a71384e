package org.starcast.internal.config;

import org.starcast.internal.Arguments;

/**
 * How much of one topic's history is kept. The bounds of all histories together hold besides.
 *
 * @param events the most events; 0 for as many as the other bounds allow
 * @param bytes the most bytes of memory, roughly; 0 likewise
 * @param ageMillis how long an event is kept; 0 likewise
 */
public record TopicBounds(int events, long bytes, long ageMillis) {

  /** The latest event alone, however old. */
  public static final TopicBounds LATEST = new TopicBounds(1, 0, 0);

  /** Checks them. */
  public TopicBounds {
    Arguments.range("events", events, 0, Integer.MAX_VALUE);
    if (bytes < 0 || ageMillis < 0) {
      throw new IllegalArgumentException("bytes, ageMillis: must not be negative");
    }
  }

  /** Those of both, where each bound is given by one of them. */
  TopicBounds and(TopicBounds other) {
    return new TopicBounds(
        Math.max(events, other.events),
        Math.max(bytes, other.bytes),
        Math.max(ageMillis, other.ageMillis));
  }
}
