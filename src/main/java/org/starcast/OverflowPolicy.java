package org.starcast;

/**
 * What happens when a message does not fit into a client's queue. Where a log is kept, a client
 * that has just begun, or resumed, reads events from there until what is left fits into its queue;
 * until then only messages to it alone are queued.
 */
public enum OverflowPolicy {
  /**
   * The queue is given up, and the client reads on from the log, at its own pace, until it is live
   * again; {@code starcast.send-timeout} still ends one that takes nothing. When the log has moved
   * on before, a {@code starcast-gap} event tells the client. Messages sent to the client alone
   * stay queued; where they fill the queue, or nothing is logged, this is {@link #DISCONNECT}. The
   * default.
   */
  CATCH_UP,
  /** The client is closed; it reconnects and resumes where it was. */
  DISCONNECT,
  /**
   * The oldest queued messages make room; one {@code starcast-gap} event in their place tells the
   * client that it missed some, and how many.
   */
  DROP_OLDEST,
  /**
   * A message replaces the queued one with the same {@linkplain SseMessage#coalesceKey() key}, at
   * any fill level: for messages that carry a whole state, only the latest of which matters. When
   * that makes no room, the client is closed as by {@link #DISCONNECT}. What a client reads in the
   * log comes as it was published.
   */
  COALESCE
}
