package org.starcast.internal.engine;

import org.starcast.internal.wire.EventId;
import org.starcast.spi.StoredEvent;

/** Hears of the events of named and durable streams, in the order of events. */
public interface StreamListener {

  /**
   * An event whose sender is that of a named or a durable stream; also those that this node gets of
   * the time before it started. Called on a thread for which all events wait, before any client
   * gets the event: whoever has it finds what it changed.
   *
   * @return what is to be done once the clients have it, on the same thread; null for nothing
   */
  Runnable streamed(EventId at, StoredEvent event);

  /**
   * The order begins, which comes before all else, or events up to its {@linkplain
   * StreamHistories#last last} were lost to this node. Called on the same thread.
   *
   * @param order always the same
   */
  default void missed(StreamHistories order) {}
}
