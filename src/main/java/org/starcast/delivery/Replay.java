package org.starcast.delivery;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.starcast.log.EventId;
import org.starcast.log.EventLog;
import org.starcast.wire.SseFormat;

/**
 * How a client that is not level with the others reads: the states kept of its topics first, then
 * event after event, a slice each turn, so that it takes no memory however far behind it is. Events
 * that the log has let go of come from the backplane, in pages, for which the client waits without
 * a thread. Used by the client's drain thread only.
 */
final class Replay {

  /** The most events looked at in one turn, so that those nobody wants hold up nobody. */
  private static final int SLICE = 1024;

  private final History history;
  private final EventLog<Frame> log;
  private final String epoch;
  private List<Frame> states = List.of();
  private EventId afterStates;
  private int nextState;

  /** The sequence that it needs next: those before it has, or has missed. */
  private long next;

  /** Where it is in the log, unless it reads pages. */
  private long position;

  private boolean gap;

  /** Whether it has to find out first that the event before {@link #next} is known to anybody. */
  private boolean unverified;

  /** Whether it reads pages. */
  private boolean paging;

  private long pageFrom;
  private Pages.Page page;
  private int inPage;
  private CompletableFuture<Pages.Page> reading;
  private boolean failed;

  private int replayed;
  private int offered;

  private Replay(History history, EventLog<Frame> log, String epoch, long next) {
    this.history = history;
    this.log = log;
    this.epoch = epoch;
    this.next = next;
  }

  /**
   * From a position of the log on.
   *
   * @param next the sequence that comes after what the client has
   * @param gap whether the client missed what was before
   */
  static Replay at(
      History history, EventLog<Frame> log, String epoch, long position, long next, boolean gap) {
    Replay replay = new Replay(history, log, epoch, next);
    replay.position = position;
    replay.gap = gap;
    return replay;
  }

  /**
   * After the states of topics.
   *
   * @param states what comes first; without ids, which would lead back
   * @param afterStates the id that the client has once it has all of them, so that one that is cut
   *     off before gets them again
   */
  Replay after(List<Frame> states, EventId afterStates) {
    if (!states.isEmpty()) {
      this.states = states;
      this.afterStates = afterStates;
    }
    return this;
  }

  /** From a sequence on that the log has let go of. */
  static Replay paged(History history, EventLog<Frame> log, String epoch, long next) {
    Replay replay = new Replay(history, log, epoch, next);
    replay.turnToPages();
    return replay;
  }

  /**
   * Behind an event that this node has not received: another one was ahead of it, or the event was
   * lost.
   */
  static Replay behind(History history, EventLog<Frame> log, EventId id) {
    Replay replay = new Replay(history, log, id.epoch(), id.sequence() + 1);
    replay.unverified = true;
    return replay;
  }

  private void turnToPages() {
    paging = true;
    pageFrom = Pages.begin(next);
    page = null;
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
    if (unverified && !verify(engine, client)) {
      return;
    }
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
    if (paging && !collectPages(drainer, filter, engine, client)) {
      return;
    }
    long end = end(until);
    while (position < end) {
      Frame event = log.at(position);
      if (event == null && history.canRead(log, next)) {
        turnToPages();
        return;
      }
      if (event == null || event.isHole()) {
        gap = true;
        position = event == null ? log.tail() : position + 1;
        if (!addGap(drainer, engine, client)) {
          return;
        }
        end = end(until);
        continue;
      }
      if (!add(event, drainer, filter, client)) {
        return;
      }
      position++;
    }
  }

  /** Adds an event to the turn, if the client is to have it; false if there is no room. */
  private boolean add(Frame event, Drainer drainer, SubscriptionFilter filter, Client client) {
    if (has(event)) {
      return true;
    }
    if (filter.test(event)) {
      if (!drainer.add(event, client.gzip())) {
        return false;
      }
      replayed++;
      offered += event.sequence() >= client.firstOffered() ? 1 : 0;
    }
    next = event.sequence() + 1;
    return true;
  }

  private long end(long until) {
    return Math.min(Math.min(log.head(), until), position + SLICE);
  }

  /** False if it is not known yet. */
  private boolean verify(DeliveryEngine engine, Client client) {
    if (!read(next - 1, next - 1, client)) {
      return false;
    }
    unverified = false;
    if (page.events().isEmpty() && next - 1 > log.last()) {
      // what it had is not what there is
      engine.offerFromNowOn(client);
      gap = true;
      next = log.evicted() + 1;
    }
    page = null;
    position = log.positionAfter(next - 1);
    if (next <= log.evicted()) {
      // it took long to find out
      turnToPages();
    }
    return true;
  }

  /** True when it has got to what the log has. */
  private boolean collectPages(
      Drainer drainer, SubscriptionFilter filter, DeliveryEngine engine, Client client) {
    int most = SLICE;
    while (true) {
      // in this order: what goes meanwhile is seen to be gone
      position = log.positionAfter(next - 1);
      if (next > log.evicted()) {
        paging = false;
        page = null;
        return true;
      }
      if (page == null && !read(pageFrom, log.evicted(), client)) {
        return false;
      }
      if (next < page.oldest()) {
        // while it read, what comes next was dropped
        next = Math.min(page.oldest(), log.evicted() + 1);
        gap = true;
      }
      if (gap && !addGap(drainer, engine, client)) {
        return false;
      }
      for (; inPage < page.events().size(); inPage++) {
        if (most-- == 0 || !add(page.events().get(inPage), drainer, filter, client)) {
          return false;
        }
      }
      next = Math.max(next, page.upTo() + 1);
      pageFrom = page.upTo() + 1;
      page = null;
    }
  }

  /** Has a page read; false while it is, or if that failed. */
  private boolean read(long from, long most, Client client) {
    if (reading == null) {
      reading = history.page(from, most);
      if (!reading.isDone()) {
        reading.whenComplete((read, failure) -> client.awake());
      }
    }
    if (!reading.isDone()) {
      return false;
    }
    CompletableFuture<Pages.Page> read = reading;
    reading = null;
    if (read.isCompletedExceptionally()) {
      failed = true;
      return false;
    }
    page = read.join();
    inPage = 0;
    return true;
  }

  /** The gap event comes before what follows it, so it may have to wait for room. */
  private boolean addGap(Drainer drainer, DeliveryEngine engine, Client client) {
    Frame following = paging ? null : log.at(position);
    while (!paging && following == null && position < log.head()) {
      position = log.tail();
      following = log.at(position);
    }
    long first = paging ? next : following == null ? 0 : following.sequence();
    // until the states are there, no id says that the client is past the gap
    Frame told = engine.gapFrame(client, epoch, first, 0);
    if (!drainer.add(afterStates == null ? told : told.withoutId(), client.gzip())) {
      return false;
    }
    gap = false;
    engine.statistics().gaps.increment();
    return true;
  }

  /** Whether it waits for a page. */
  boolean waits() {
    return reading != null && !reading.isDone();
  }

  /** Whether a page could not be read. */
  boolean failed() {
    return failed;
  }

  /** Whether it reads this log. */
  boolean reads(EventLog<Frame> other) {
    return log == other;
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
        && !paging
        && !unverified
        && nextState == states.size()
        && afterStates == null
        && log.head() - position <= few;
  }

  /** Where it stands in the log; before all of it while it reads pages. */
  long position() {
    return paging || unverified ? -1 : position;
  }

  /** Whether the client has this event already, from another node. */
  boolean has(Frame event) {
    return event.sequence() < next;
  }
}
