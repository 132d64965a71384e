package org.starcast.internal.engine;

import org.starcast.internal.wire.EventId;
import org.starcast.spi.StoredEvent;

/** Hears of the events of named streams, in the order of events. */
public interface StreamListener {

  /**
   * An event whose sender is that of a named stream; also those that this node gets of the time
   * before it started. Called on a thread for which all events wait.
   *
   * @param histories always the same
   */
  void streamed(EventId at, StoredEvent event, StreamHistories histories);
}
