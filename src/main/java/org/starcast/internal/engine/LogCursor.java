package org.starcast.internal.engine;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.starcast.SseStatistics.Metric;
import org.starcast.internal.log.EventLog;
import org.starcast.internal.log.TopicRules.Selection;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.StoredEvent;

/**
 * Where a client that is not live reads in the log: event after event, a slice each cycle, so that
 * it takes no memory however far behind it is. Events that the log has evicted come from the
 * histories of their topics, if these have all that the client missed; so do those that the log
 * lacks, as its file does, and those that it has, if each topic has its own, so that nothing of
 * others is looked at. Else they come from the backplane, in pages, for which the client waits
 * without a thread. Used by the client's drain thread only.
 *
 * <pre>
 *   VERIFYING, SEEKING ───► ( where is the next event? ) ◄──── PREAMBLE ◄──── begins with states
 *       │                     ▲    │    │    │    │               ▲
 *       │ unknown     evicted │    ▼    ▼    ▼    │ nowhere       │ composed
 *       │             reached │  RING TOPICS PAGES│               │
 *       │                     └────┴────┴────┤    ▼               │
 *       └────────────────────────────────────┼──► GAP ────────────┘
 *                              cannot be read ▼
 *                                          FAILED
 * </pre>
 *
 * <p>A gap is told before what follows it, and behind it the client begins as a new one does, with
 * the states of its retained topics. No id says that it is past the gap before it has all of that.
 *
 * <p>Over 500 lines, as each phase is here with what leads to the next.
 */
final class LogCursor {

  private enum Phase {
    /** Learns whether anybody knows the event before {@link #next}. */
    VERIFYING,
    /** Learns where {@link #next} is. */
    SEEKING,
    /** Events before {@link #next} are lost to the client, which is not told yet. */
    GAP,
    /** What comes before the events is being written. */
    PREAMBLE,
    /** Reads what the log has evicted, and the histories of topics still have. */
    TOPICS,
    /** Reads what the log has evicted from the backplane. */
    PAGES,
    /** Reads the log. */
    RING,
    /** A page could not be read. */
    FAILED
  }

  /** The most events looked at in one cycle, so that those nobody wants hold up nobody. */
  private static final int SLICE = 1024;

  /** The most events that are merged at once of the histories of few topics. */
  private static final int FEW = 256;

  private final History history;
  private final History.Order order;
  private final EventLog<Frame> log;

  private Phase phase;

  /** The sequence that the client needs next: those before it has, or has missed. */
  private long next;

  /** Where that is in the log, in the phase {@code RING}. */
  private long position;

  /** The last hole of the log in whose place it reads the histories; 0 for none. */
  private long hole;

  /** What is written before events are, in the phase {@code PREAMBLE}. */
  private final ArrayDeque<Frame> preamble = new ArrayDeque<>(0);

  private long pageFrom;
  private ReplayCache.Page page;
  private int inPage;
  private CompletableFuture<ReplayCache.Page> reading;
  private boolean waitsForRecovery;

  /** Others have just read many topics at once, as this is about to. */
  private boolean waitsForTurn;

  /** Whether it will be woken for that. */
  private volatile boolean hasAlarm;

  /** Whether the gap that is being told began to be made good before all of it was missed. */
  private boolean gapAgain;

  /** The first sequence of the page of which the client is told when it is there; -1 for none. */
  private volatile long awaited = -1;

  // of the present cycle
  private int looked;
  private int replayed;
  private int offered;
  private int coalesced;

  private LogCursor(History history, History.Order order, Phase phase, long next, long position) {
    this.history = history;
    this.order = order;
    this.log = order.log();
    this.phase = phase;
    this.next = next;
    this.position = position;
  }

  /** From a position of the log on, which has what comes after what the client has. */
  static LogCursor at(History history, History.Order order, long position, long next) {
    return new LogCursor(history, order, Phase.RING, next, position);
  }

  /** From a sequence on that the log has evicted, and the histories of its topics have. */
  static LogCursor ofTopics(History history, History.Order order, long next) {
    return new LogCursor(history, order, Phase.TOPICS, next, 0);
  }

  /** From a sequence on that the log has evicted, and the backplane has. */
  static LogCursor paged(History history, History.Order order, long next) {
    LogCursor cursor = new LogCursor(history, order, Phase.PAGES, next, 0);
    cursor.pageFrom = ReplayCache.begin(next);
    return cursor;
  }

  /** From a sequence on that the log has evicted, if anybody has it, else with a gap. */
  static LogCursor seeking(History history, History.Order order, long next) {
    return new LogCursor(history, order, Phase.SEEKING, next, 0);
  }

  /**
   * As {@link #at}, after the states of topics.
   *
   * @param states what comes first; without ids, which would lead back
   */
  LogCursor after(List<Frame> states) {
    if (!states.isEmpty()) {
      compose(null, states);
    }
    return this;
  }

  /** Of a client that missed events, and goes on with what there is from this sequence on. */
  static LogCursor gap(History history, History.Order order, long next) {
    return new LogCursor(history, order, Phase.GAP, next, 0);
  }

  /**
   * Behind an event that this node has not received: another one was ahead of it, or the event was
   * lost.
   */
  static LogCursor behind(History history, History.Order order, EventId id) {
    return new LogCursor(history, order, Phase.VERIFYING, id.sequence() + 1, 0);
  }

  /** Adds a slice to the batch: what there is before the sequence {@code until}. */
  void collect(
      WriteBatch batch,
      long until,
      SubscriptionTimeline.Reader filter,
      DeliveryEngine engine,
      Client client) {
    looked = 0;
    replayed = 0;
    offered = 0;
    coalesced = 0;
    waitsForRecovery = false;
    waitsForTurn = false;
    boolean more = true;
    while (more) {
      more =
          switch (phase) {
            case VERIFYING -> verify(filter, engine, client);
            case SEEKING -> readOn(filter);
            case GAP -> composeGap(filter, engine, client);
            case PREAMBLE -> writePreamble(batch, filter, client);
            case TOPICS -> readTopics(batch, until, filter, engine, client);
            case PAGES -> readPages(batch, until, filter, client);
            case RING -> readRing(batch, until, filter, client);
            case FAILED -> false;
          };
    }
  }

  // each of these says whether there is more to do in this cycle, in another phase

  private boolean verify(SubscriptionTimeline.Reader filter, DeliveryEngine engine, Client client) {
    if (!readPage(next - 1, next - 1, client)) {
      return false;
    }
    // what the stream has dropped, the node will miss
    boolean dropped = next - 1 < page.oldest();
    boolean unknown = page.events().isEmpty() && !dropped && next - 1 > log.last();
    page = null;
    if (unknown) {
      // what it had is not what there is
      engine.order().offerFromNowOn(client);
      next = log.evicted() + 1;
      phase = Phase.GAP;
    } else {
      readOn(filter);
    }
    return true;
  }

  /** Reads from {@link #next} on, wherever that is. */
  private boolean readOn(SubscriptionTimeline.Reader filter) {
    // in this order: what is evicted meanwhile is seen to be
    position = log.positionAfter(next - 1);
    if (next > log.evicted()) {
      phase = isBetterByTopics(filter) ? Phase.TOPICS : Phase.RING;
    } else if (next > completeSince(filter)) {
      phase = Phase.TOPICS;
    } else if (history.canRead(log, next)) {
      phase = Phase.PAGES;
      pageFrom = ReplayCache.begin(next);
      page = null;
    } else {
      phase = Phase.GAP;
    }
    return true;
  }

  /** Whether the log has much to look at that the histories of the client's topics have not. */
  private boolean isBetterByTopics(SubscriptionTimeline.Reader filter) {
    return log.last() - next >= FEW
        && order.topics().hasOwn(filter.at(next).selection(history))
        && next > completeSince(filter);
  }

  /** The sequence after which the histories of the client's topics have all. */
  private long completeSince(SubscriptionTimeline.Reader filter) {
    return order.topics().isActive()
        ? order.topics().completeSince(filter.at(next).selection(history))
        : Long.MAX_VALUE;
  }

  private boolean composeGap(
      SubscriptionTimeline.Reader filter, DeliveryEngine engine, Client client) {
    Recovery recovery = client.recovery();
    byte[] behind = recovery.poll(client::wakeUp, engine.order().nextSequence());
    if (behind == null) {
      waitsForRecovery = true;
      return false;
    }
    long first = firstAfterGap(filter);
    // what was evicted since that began to be made is another gap
    gapAgain = next > recovery.covers();
    List<Frame> states = gapAgain ? List.of() : history.statesBefore(next, filter.at(next));
    compose(engine.frames().gap(order.epoch(), first, gapAgain ? -1 : next - 1, 0, behind), states);
    engine.statistics().increment(Metric.GAPS);
    return true;
  }

  /** Moves {@link #next} to what comes after the gap; its sequence if that is known, else 0. */
  private long firstAfterGap(SubscriptionTimeline.Reader filter) {
    while (true) {
      position = log.positionAfter(next - 1);
      if (next <= log.evicted()) {
        long since = completeSince(filter);
        if (next > since || history.canRead(log, next)) {
          return next;
        }
        next = Math.min(since, log.evicted()) + 1;
        continue;
      }
      Frame following = log.at(position);
      if (following == null && position < log.head()) {
        continue;
      }
      if (following == null) {
        next = Math.max(next, log.last() + 1);
        return 0;
      }
      next = following.isHole() ? following.sequence() + 1 : following.sequence();
      if (!following.isHole()) {
        return next;
      }
    }
  }

  /** What comes before the event of {@link #next}; the id before that one comes last. */
  private void compose(Frame gap, List<Frame> states) {
    phase = Phase.PREAMBLE;
    if (gap != null) {
      preamble.add(states.isEmpty() ? gap : gap.withoutId());
    }
    states.forEach(state -> preamble.add(state.withoutId()));
    if (!states.isEmpty()) {
      String id = new EventId(order.epoch(), next - 1).toString();
      preamble.add(Frame.permanent(SseFormat.encode(null, id, null, null, "")));
    }
  }

  private boolean writePreamble(
      WriteBatch batch, SubscriptionTimeline.Reader filter, Client client) {
    for (Frame frame = preamble.peek(); frame != null; frame = preamble.peek()) {
      if (!batch.add(frame, client.gzip())) {
        return false;
      }
      preamble.remove();
    }
    if (gapAgain) {
      gapAgain = false;
      phase = Phase.GAP;
    } else {
      readOn(filter);
    }
    return true;
  }

  private boolean readTopics(
      WriteBatch batch,
      long until,
      SubscriptionTimeline.Reader filter,
      DeliveryEngine engine,
      Client client) {
    while (looked < SLICE) {
      long lacking = Math.max(hole, log.evicted());
      if (next > lacking && !isBetterByTopics(filter)) {
        return readOn(filter);
      }
      Selection topics = filter.at(next).selection(history);
      long end = order.topics().hasOwn(topics) ? log.last() : lacking;
      long to = Math.min(Math.min(end, filter.sameUpTo(next)), until - 1);
      if (next > to) {
        return false;
      }
      boolean costs = order.topics().isCostly(topics);
      if (costs && isTooEarly(engine, client)) {
        return false;
      }
      int most = costs ? SLICE : FEW;
      List<Frame> events = order.topics().read(topics, next, to, most);
      if (events == null) {
        return readOn(filter);
      }
      for (Frame event : events) {
        if (!add(event, batch, until, filter, client)) {
          return false;
        }
        looked++;
      }
      next = events.size() == most ? next : to + 1;
    }
    return false;
  }

  /** Whether others have just read many topics at once; then this is woken later. */
  private boolean isTooEarly(DeliveryEngine engine, Client client) {
    long pause = order.topics().pause();
    waitsForTurn = pause > 0;
    if (waitsForTurn && !hasAlarm) {
      hasAlarm = true;
      engine.wheel().schedule(new Alarm(client), pause);
    }
    return waitsForTurn;
  }

  /** Wakes the client, once. */
  private final class Alarm extends TimingWheel.Entry {
    private final Client client;

    Alarm(Client client) {
      this.client = client;
    }

    @Override
    long onTime(long now) {
      hasAlarm = false;
      client.wakeUp();
      return -1;
    }
  }

  private boolean readPages(
      WriteBatch batch, long until, SubscriptionTimeline.Reader filter, Client client) {
    while (true) {
      // in this order: what is evicted meanwhile is seen to be
      position = log.positionAfter(next - 1);
      if (next > log.evicted()) {
        page = null;
        phase = Phase.RING;
        return true;
      }
      if (page == null && !readPage(pageFrom, log.evicted(), client)) {
        return false;
      }
      if (next < page.oldest()) {
        // while it read, what comes next was dropped
        next = Math.min(page.oldest(), log.evicted() + 1);
        page = null;
        phase = Phase.GAP;
        return true;
      }
      for (; inPage < page.events().size(); inPage++) {
        Frame event = page.events().get(inPage);
        if (event.sequence() >= until
            || ++looked > SLICE
            || !add(event, batch, until, filter, client)) {
          return false;
        }
      }
      next = Math.max(next, page.upTo() + 1);
      pageFrom = page.upTo() + 1;
      page = null;
    }
  }

  private boolean readRing(
      WriteBatch batch, long until, SubscriptionTimeline.Reader filter, Client client) {
    if (isBetterByTopics(filter)) {
      phase = Phase.TOPICS;
      return true;
    }
    while (true) {
      if (position >= log.head() || looked == SLICE) {
        return false;
      }
      Frame event = log.at(position);
      if (event == null) {
        return readOn(filter);
      }
      if (event.sequence() >= until) {
        return false;
      }
      if (event.isHole() && !has(event)) {
        if (next > completeSince(filter)) {
          // what the file lacks they may have, as they are stored beside it
          hole = event.sequence();
          phase = Phase.TOPICS;
        } else {
          next = event.sequence() + 1;
          phase = Phase.GAP;
        }
        return true;
      }
      if (!add(event, batch, until, filter, client)) {
        return false;
      }
      looked++;
      position++;
    }
  }

  /** Adds an event to the batch if the client is to have it; false if there is no room. */
  private boolean add(
      Frame event,
      WriteBatch batch,
      long until,
      SubscriptionTimeline.Reader filter,
      Client client) {
    if (has(event)) {
      return true;
    }
    if (filter.test(event)) {
      Frame later = client.coalesces() ? order.latest().after(event) : null;
      if (later != null && later.sequence() < until && filter.test(later)) {
        // as it would have been in its queue
        coalesced += event.sequence() >= client.firstOffered() ? 1 : 0;
        next = event.sequence() + 1;
        return true;
      }
      if (!batch.add(event, client.gzip())) {
        return false;
      }
      replayed++;
      offered += event.sequence() >= client.firstOffered() ? 1 : 0;
    }
    next = event.sequence() + 1;
    return true;
  }

  /** Has a page read; false while it is, or if that failed. */
  private boolean readPage(long from, long most, Client client) {
    if (reading == null) {
      reading = history.page(from, most);
      if (!reading.isDone() && awaited != from) {
        awaited = from;
        reading.whenComplete(
            (read, failure) -> {
              awaited = -1;
              client.wakeUp();
            });
      }
    }
    if (!reading.isDone()) {
      return false;
    }
    CompletableFuture<ReplayCache.Page> read = reading;
    reading = null;
    if (read.isCompletedExceptionally()) {
      phase = Phase.FAILED;
      return false;
    }
    page = read.join();
    inPage = 0;
    return true;
  }

  /** The client takes nothing for now: what was read for it is not to be held meanwhile. */
  void release() {
    page = null;
    reading = null;
  }

  /** Whether it waits for a page, or for what the client gets behind a gap. */
  boolean waits() {
    return waitsForRecovery || waitsForTurn || reading != null && !reading.isDone();
  }

  /** Whether a page could not be read. */
  boolean failed() {
    return phase == Phase.FAILED;
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

  /** How many that could be offered were left out for later ones of the same key. */
  int coalesced() {
    return coalesced;
  }

  /** The sequence that the client needs next. */
  long next() {
    return next;
  }

  /** Whether the client has all there is before this sequence. */
  boolean isPast(long sequence) {
    return (phase == Phase.RING || phase == Phase.TOPICS || phase == Phase.PAGES)
        && next >= sequence;
  }

  /** Whether few enough events are left to be queued while publishers wait. */
  boolean nearEnd(int few) {
    return phase == Phase.RING && log.head() - position <= few;
  }

  /** Where it stands in the log, {@linkplain #nearEnd near its end}. */
  long position() {
    return position;
  }

  /** Whether the client has this event already, from another node. */
  boolean has(StoredEvent event) {
    return event.sequence() < next;
  }
}
