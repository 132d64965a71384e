package org.starcast.spi;

import java.util.Collection;
import java.util.List;

/**
 * An event on its way to its position in the order: whom it is for, and its frame but for the id.
 * Encoded once, by the node that publishes it. Immutable but for {@link #at}.
 */
public interface OutgoingEvent {

  /**
   * An event of plain values, as other nodes stored it.
   *
   * @param sender or null
   * @param coalesceKey or null
   * @param key or null
   * @param body the frame in the event-stream format, less the id and the blank line: lines {@code
   *     event:}, {@code retry:}, {@code data:} and comments, as UTF-8, each ended by LF; not
   *     checked
   */
  static OutgoingEvent of(
      List<String> topics,
      String sender,
      Collection<String> except,
      String coalesceKey,
      String key,
      byte[] body) {
    return new PlainEvent(topics, sender, except, coalesceKey, key, body);
  }

  /** The topics; empty for every client. */
  List<String> topics();

  /** The sender, or null. */
  String sender();

  /** Ids of clients that it is not for. */
  Collection<String> except();

  /** Events with the same key replace each other where the overflow policy says so; or null. */
  String coalesceKey();

  /**
   * The idempotency key, 1 to 256 characters that are visible ASCII, the last no dot; or null. Of
   * all events with the same key, whichever node appended them, the first is stored, and the others
   * are not, as long as the backplane remembers the key: {@link Backplane#append}.
   */
  String key();

  /** The array that the frame's body lies in, from its begin; not to be changed. */
  byte[] bytes();

  /** The length of the frame's body, which is all but the id line and the blank line. */
  int bodyLength();

  /**
   * The event at its place. Once for each envelope, as this writes the id behind the body.
   *
   * @param time when it was stored, in milliseconds since 1970
   * @throws IllegalStateException if that was done before
   */
  StoredEvent at(String epoch, long sequence, long time);
}
