package org.starcast.internal.engine;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.starcast.internal.log.EventLog;

/**
 * Which event of the log is the latest of each coalescing key, so that a client that was away for
 * long need not be sent those before it. One thread at a time appends; any number reads meanwhile.
 */
final class LatestOfKeys {

  private static final int MIN_SWEEP = 1024;

  private final EventLog<Frame> log;
  private final Map<String, Long> sequences = new ConcurrentHashMap<>();

  /** With so many keys, those of events that the log has evicted are looked for. */
  private int sweepAt = MIN_SWEEP;

  LatestOfKeys(EventLog<Frame> log) {
    this.log = log;
  }

  /** An event has been appended to the log. */
  void append(Frame event) {
    if (event.coalesceKey == null) {
      return;
    }
    sequences.put(event.coalesceKey, event.sequence());
    if (sequences.size() >= sweepAt) {
      long evicted = log.evicted();
      sequences.values().removeIf(sequence -> sequence <= evicted);
      sweepAt = Math.max(MIN_SWEEP, 2 * sequences.size());
    }
  }

  /** The latest event of the log that has the key of this one; null if there is none after it. */
  Frame after(Frame event) {
    Long latest = event.coalesceKey == null ? null : sequences.get(event.coalesceKey);
    if (latest == null || latest <= event.sequence()) {
      return null;
    }
    Frame found = log.at(log.positionAfter(latest - 1));
    return found != null && found.sequence() == latest ? found : null;
  }
}
