package org.starcast.internal.engine;

import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.log.TopicLogs;
import org.starcast.internal.wire.EventId;

/**
 * The histories of named streams: topics whose events are kept by bounds of their own. Thread-safe;
 * not to be called under a lock that is taken while events are handed over, but for that of the
 * {@link StreamListener}.
 */
public interface StreamHistories {

  /**
   * Keeps the events of a topic by bounds of its own from now on, whatever else is published; or
   * changes the bounds. Does nothing where no log is kept, nor for a topic for which the
   * configuration has a history.
   *
   * @param after the sequence before the first event that is to be kept; 0 for what there is
   */
  void keep(String topic, TopicBounds bounds, long after);

  /**
   * Lets go of the history of a topic that is {@linkplain #keep kept}. Does nothing for one that is
   * not. If there are clients on it, others that were cut off may come back: then it is not the
   * first to go for lack of memory.
   *
   * @param atMillis when, in milliseconds since 1970, or somewhat later; 0 for now
   */
  void forget(String topic, long atMillis);

  /** How much more a history takes before it lets go of something; null if there is none. */
  TopicLogs.Room room(String topic);

  /**
   * The sequence up to which some client that is on the topic has been written all that it is to
   * have; 0 if there is none.
   */
  long readUpTo(String topic);

  /** The last event that this node has received, or knows to have missed. */
  EventId last();

  /** Counts items of a named stream that are gone, and nobody has read. */
  void dropped(long items);
}
