package org.starcast;

/** What happens when a message does not fit into a client's queue. */
public enum OverflowPolicy {
  /** The client is closed; it reconnects and resumes where it was. The default. */
  DISCONNECT,
  /**
   * The oldest queued messages make room; one {@code starcast-gap} event in their place tells the
   * client that it missed some, and how many.
   */
  DROP_OLDEST,
  /**
   * A message replaces the queued one with the same {@linkplain SseMessage#coalesceKey() key}, at
   * any fill level: for messages that carry a whole state, only the latest of which matters. When
   * that makes no room, the client is closed as by {@link #DISCONNECT}.
   */
  COALESCE
}
