package org.starcast.delivery;

import java.util.List;
import org.starcast.log.EventId;
import org.starcast.log.EventLog;
import org.starcast.wire.SseFormat;

/**
 * How a client that is not level with the others reads the log: the states kept of its topics
 * first, then event after event, a slice each turn, so that it takes no memory however far behind
 * it is. Used by the client's drain thread only.
 */
final class Replay {

  /** The most events looked at in one turn, so that those nobody wants hold up nobody. */
  private static final int SLICE = 1024;

  private final EventLog<Frame> log;
  private final List<Frame> states;
  private EventId afterStates;
  private int nextState;
  private long position;
  private boolean gap;
  private int replayed;
  private int offered;

  /** From this position on; with a gap if the client missed what was before. */
  Replay(EventLog<Frame> log, long position, boolean gap) {
    this(log, List.of(), null, position, gap);
  }

  /**
   * From this position on, after the states of topics.
   *
   * @param states what comes first; without ids, which would lead back
   * @param afterStates the id that the client has once it has all of them, so that one that is cut
   *     off before gets them again; null if there are none
   * @param gap whether the client missed what was before
   */
  Replay(EventLog<Frame> log, List<Frame> states, EventId afterStates, long position, boolean gap) {
    this.log = log;
    this.states = states;
    this.afterStates = afterStates;
    this.position = position;
    this.gap = gap;
  }

  /** Adds a slice to the turn, of events before the position {@code until}. */
  void collect(
      Drainer drainer,
      long until,
      SubscriptionFilter filter,
      DeliveryEngine engine,
      Client client) {
    replayed = 0;
    offered = 0;
    if (gap && !addGap(drainer, engine, client)) {
      return;
    }
    for (; nextState < states.size(); nextState++) {
      if (!drainer.add(states.get(nextState).withoutId(), client.gzip())) {
        return;
      }
      replayed++;
    }
    if (afterStates != null) {
      byte[] id = SseFormat.encode(null, afterStates.toString(), null, null, "");
      if (!drainer.add(Frame.permanent(id), client.gzip())) {
        return;
      }
      afterStates = null;
    }
    long end = end(until);
    while (position < end) {
      Frame event = log.at(position);
      if (event == null || event.isHole()) {
        gap = true;
        position = event == null ? log.tail() : position + 1;
        if (!addGap(drainer, engine, client)) {
          return;
        }
        end = end(until);
        continue;
      }
      if (filter.test(event)) {
        if (!drainer.add(event, client.gzip())) {
          return;
        }
        replayed++;
        offered += event.sequence() >= client.firstOffered() ? 1 : 0;
      }
      position++;
    }
  }

  private long end(long until) {
    return Math.min(Math.min(log.head(), until), position + SLICE);
  }

  /** The gap event comes before what follows it, so it may have to wait for room. */
  private boolean addGap(Drainer drainer, DeliveryEngine engine, Client client) {
    Frame next = log.at(position);
    while (next == null && position < log.head()) {
      position = log.tail();
      next = log.at(position);
    }
    long first = next == null ? 0 : next.sequence();
    // until the states are there, no id says that the client is past the gap
    Frame told = engine.gapFrame(client, first, 0);
    if (!drainer.add(afterStates == null ? told : told.withoutId(), client.gzip())) {
      return false;
    }
    gap = false;
    engine.statistics().gaps.increment();
    return true;
  }

  /** How many events of the log the last slice has. */
  int replayed() {
    return replayed;
  }

  /** How many of them could be offered to the client, having been published since it came. */
  int offered() {
    return offered;
  }

  /** Whether few enough events are left to be queued while publishers wait. */
  boolean nearEnd(int few) {
    return !gap
        && nextState == states.size()
        && afterStates == null
        && log.head() - position <= few;
  }

  /** Where it stands. */
  long position() {
    return position;
  }
}
