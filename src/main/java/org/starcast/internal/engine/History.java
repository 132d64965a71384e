package org.starcast.internal.engine;

import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.http.FormData;
import org.starcast.internal.log.EventLog;
import org.starcast.internal.log.TopicLogs;
import org.starcast.internal.log.TopicRules;
import org.starcast.internal.log.TopicRules.Selection;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.Backplane;
import org.starcast.spi.StoredEvent;

/** What clients that are new, come back, or fall behind get of what was published before. */
final class History {

  /**
   * The order that is followed.
   *
   * @param epoch null before the first one begins
   * @param log the latest events of all topics
   * @param topics those of topics that have a history of their own, however many the others have
   * @param latest which of the log is the latest of its key
   */
  record Order(String epoch, EventLog<Frame> log, TopicLogs<Frame> topics, LatestOfKeys latest) {}

  private final StarcastConfig config;
  private final TopicRules rules;
  private final Backplane backplane;
  private final ReplayCache pages;
  private volatile Order order;

  /** The sequence of the last event that all clients have been offered. */
  private volatile long announced;

  /** Of an order that has not begun. */
  History(StarcastConfig config, Backplane backplane) {
    this.config = config;
    this.rules = new TopicRules(config);
    this.backplane = backplane;
    this.pages = new ReplayCache(backplane, config.backplane().replayCacheBytes());
    begin(null, 0, List.of());
  }

  /** Forgets all; never while {@link #append} runs. */
  void begin(String epoch, long after, List<? extends StoredEvent> states) {
    EventLog<Frame> log =
        new EventLog<>(
            after, config.log().events(), config.log().bytes(), config.log().age().toMillis());
    TopicLogs<Frame> topics = new TopicLogs<>(rules, after, config);
    topics.restore(
        states, states.stream().filter(event -> event.sequence() > 0).map(Frame::kept).toList());
    pages.clear();
    order = new Order(epoch, log, topics, new LatestOfKeys(log));
    announce();
  }

  /** The sequence of the last event, of this run of the process or the one before. */
  long last() {
    return order.log.last();
  }

  /** Keeps an event; by one thread at a time. */
  void append(Frame event) {
    Order now = order;
    // in this order: what the log has evicted is there
    if (event.isHole()) {
      now.topics.missed(event.sequence());
    } else {
      now.topics.append(event);
    }
    now.log.append(event);
    now.latest.append(event);
  }

  /** The latest event of each topic that new clients begin with. */
  List<Frame> states() {
    return order.topics.states();
  }

  /** All that the histories of topics have, to be stored and {@linkplain #begin begun} with. */
  List<StoredEvent> contents() {
    return order.topics.contents();
  }

  /** See {@link StreamHistories#keep}; never while {@link #append} runs. */
  void keep(String topic, TopicBounds bounds, long after) {
    Order now = order;
    now.topics.keep(topic, bounds, after, now.log);
  }

  /** Lets go of the history of a topic that is kept, now or later; likewise. */
  void forget(String topic, long atMillis, boolean watched) {
    order.topics.forget(topic, atMillis, watched);
  }

  /** The topics that a subscription with these patterns is about. */
  Selection select(Collection<String> patterns) {
    return rules.select(patterns);
  }

  /** All clients have been offered the last event. */
  void announce() {
    announced = order.log.last();
  }

  long announced() {
    return announced;
  }

  /** Lets go of what is too old; never while {@link #append} runs. */
  void expire() {
    Order now = order;
    long time = System.currentTimeMillis();
    now.log.expire(time);
    now.topics.expire(time);
  }

  long bytes() {
    return order.log.bytes();
  }

  TopicLogs<Frame> topics() {
    return order.topics;
  }

  int size() {
    EventLog<Frame> log = order.log;
    return (int) (log.head() - log.tail());
  }

  /**
   * Where a client begins: the replay, and the id that its stream begins with.
   *
   * @param epoch the order that it follows
   * @param cursor how it reads
   * @param lastEventId the id that it has by then; null if something comes first: a gap, states
   * @param firstOffered the first event that can be offered to it: those before were published
   *     before it came, or it has them
   * @param asked whether it asked for an id
   * @param found whether the log has all that came after that id
   */
  record Start(
      String epoch,
      LogCursor cursor,
      EventId lastEventId,
      long firstOffered,
      boolean asked,
      boolean found) {}

  /** Where a client begins that asks for what it asks for. */
  Start start(Subscription subscription, HttpServletRequest request, SubscriptionFilter filter) {
    String asked = subscription.resumeFrom().orElseGet(() -> FormData.lastEventId(request));
    if (!asked.isEmpty() && backplane instanceof LocalBackplane local) {
      // who published knows the id before the event is here
      local.catchUp();
    }
    Order now = order;
    EventLog<Frame> log = now.log;
    // before its place in the log is found
    long next = log.last() + 1;
    if (asked.isEmpty()) {
      return subscription.history() == 0
          ? begin(now, log.head(), next, filter)
          : startWithLatest(now, subscription.history(), next, filter);
    }
    if (asked.equals(Subscription.EARLIEST)) {
      long stored = Math.max(backplane.oldest(), next - config.backplane().replayEvents());
      long since = completeSince(now, filter);
      if (Math.min(stored - 1, since) >= log.evicted()) {
        return begin(now, log.tail(), next, filter);
      }
      return stored <= since
          ? beginBefore(now, LogCursor.paged(this, now, stored), next, filter)
          : beginBefore(now, LogCursor.ofTopics(this, now, since + 1), next, filter);
    }
    // one that is not ours, as of the application or of what was there before, is of another epoch
    EventId id = EventId.isOne(asked) ? EventId.parse(asked) : new EventId("", 0);
    if (!id.epoch().equals(now.epoch) || id.sequence() > log.last() && !backplane.isShared()) {
      return new Start(now.epoch, gap(now, 0, filter), null, next, true, false);
    }
    if (id.sequence() > log.last()) {
      // another node was ahead of this one, or the id is of events that were lost
      LogCursor cursor = LogCursor.behind(this, now, id);
      return new Start(now.epoch, cursor, id, Math.max(next, id.sequence() + 1), true, true);
    }
    LogCursor cursor = from(now, id.sequence() + 1, filter);
    return cursor == null
        ? new Start(now.epoch, gap(now, id.sequence(), filter), null, next, true, false)
        : new Start(now.epoch, cursor, id, next, true, true);
  }

  /** A client that is new, and gets the latest events that it matches first. */
  private Start startWithLatest(Order now, int limit, long next, SubscriptionFilter filter) {
    EventLog<Frame> log = now.log;
    List<Frame> latest = latest(now, filter.selection(this), filter, limit);
    if (latest == null) {
      return begin(now, log.positionOfLast(limit, filter), next, filter);
    }
    if (latest.isEmpty()) {
      return begin(now, log.head(), next, filter);
    }
    long first = latest.get(0).sequence();
    return first <= log.evicted()
        ? beginBefore(now, LogCursor.ofTopics(this, now, first), next, filter)
        : begin(now, log.positionAfter(first - 1), next, filter);
  }

  /** The latest events of the histories; null if the log has more, or may have. */
  private static List<Frame> latest(
      Order now, Selection topics, Predicate<? super Frame> matches, int limit) {
    if (!now.topics.isActive()) {
      return null;
    }
    List<Frame> latest = now.topics.latest(topics, matches, limit);
    return latest.size() == limit || now.topics.completeSince(topics) <= now.log.evicted()
        ? latest
        : null;
  }

  /** The last event by now. */
  EventId position() {
    Order now = order;
    return new EventId(now.epoch, now.log.last());
  }

  /**
   * Where a client begins that has a state as of an event; null if what came after that is not all
   * in the log any more.
   *
   * @param asked whether it asked for an id
   */
  Start startAfter(EventId id, SubscriptionFilter filter, boolean asked) {
    Order now = order;
    // in this order: what goes meanwhile is seen to be gone
    long next = now.log.last() + 1;
    long position = now.log.positionAfter(id.sequence());
    if (!id.epoch().equals(now.epoch) || id.sequence() < now.log.evicted()) {
      return null;
    }
    List<Frame> states = statesBefore(now, id.sequence() + 1, filter);
    LogCursor cursor = LogCursor.at(this, now, position, id.sequence() + 1).after(states);
    return new Start(now.epoch, cursor, states.isEmpty() ? id : null, next, asked, false);
  }

  /** Where a client begins that is told of a gap first. */
  Start startBehindGap() {
    Order now = order;
    long next = now.log.last() + 1;
    return new Start(now.epoch, gap(now), null, next, true, false);
  }

  /** As {@link #begin}, with a cursor of events that the log has evicted. */
  private Start beginBefore(Order now, LogCursor cursor, long next, SubscriptionFilter filter) {
    List<Frame> states = statesBefore(now, cursor.next(), filter);
    EventId id = states.isEmpty() ? new EventId(now.epoch, cursor.next() - 1) : null;
    return new Start(now.epoch, cursor.after(states), id, next, false, false);
  }

  /** A client that is new: the states first, then the events from a position on. */
  private Start begin(Order now, long position, long next, SubscriptionFilter filter) {
    Frame first = now.log.at(position);
    long end = first == null ? now.log.last() + 1 : first.sequence();
    List<Frame> states = statesBefore(now, end, filter);
    EventId id = before(now, position);
    LogCursor cursor = LogCursor.at(this, now, position, id.sequence() + 1).after(states);
    return new Start(now.epoch, cursor, states.isEmpty() ? id : null, next, false, false);
  }

  /** The id of the event before a position: what a client knows that goes on from there. */
  private static EventId before(Order now, long position) {
    Frame event = position == 0 ? null : now.log.at(position - 1);
    // when the one before is gone, so is all up to what the log says
    return new EventId(now.epoch, event == null ? now.log.evicted() : event.sequence());
  }

  private static List<Frame> statesBefore(Order now, long end, SubscriptionFilter filter) {
    return now.topics.states().stream()
        .filter(state -> state.sequence() < end && filter.test(state))
        .toList();
  }

  /** The latest events of the topics to retain that were published before this sequence. */
  List<Frame> statesBefore(long end, SubscriptionFilter filter) {
    return statesBefore(order, end, filter);
  }

  /** For a client that has all before this sequence; with a gap if need be. */
  LogCursor from(long sequence) {
    Order now = order;
    // in this order: what goes meanwhile is seen to be gone
    long position = now.log.positionAfter(sequence - 1);
    if (sequence > now.log.evicted()) {
      return LogCursor.at(this, now, position, sequence);
    }
    return LogCursor.seeking(this, now, sequence);
  }

  /** For a client that missed something; which, nobody knows. */
  LogCursor gap() {
    return gap(order);
  }

  private LogCursor gap(Order now) {
    return LogCursor.gap(this, now, now.log.evicted() + 1);
  }

  /**
   * For a client that missed something.
   *
   * @param has the sequence up to which it missed nothing; 0 if nobody knows
   */
  private LogCursor gap(Order now, long has, SubscriptionFilter filter) {
    long since = Math.min(now.log.evicted(), completeSince(now, filter));
    return LogCursor.gap(this, now, Math.max(has, since) + 1);
  }

  /** Null if what comes first is not there any more. */
  private LogCursor from(Order now, long sequence, SubscriptionFilter filter) {
    // in this order: what goes meanwhile is seen to be gone
    long position = now.log.positionAfter(sequence - 1);
    if (sequence > now.log.evicted()) {
      return LogCursor.at(this, now, position, sequence);
    }
    if (sequence > completeSince(now, filter)) {
      return LogCursor.ofTopics(this, now, sequence);
    }
    return canRead(now.log, sequence) ? LogCursor.paged(this, now, sequence) : null;
  }

  /** The sequence after which the histories of these topics have all. */
  private long completeSince(Order now, SubscriptionFilter filter) {
    return now.topics.isActive()
        ? now.topics.completeSince(filter.selection(this))
        : Long.MAX_VALUE;
  }

  /** Whether the backplane has what comes from this sequence on, and it is not too much. */
  boolean canRead(EventLog<Frame> log, long sequence) {
    return log == order.log
        && sequence >= backplane.oldest()
        && log.last() - sequence < config.backplane().replayEvents();
  }

  /** A page of what the log has let go of. */
  CompletableFuture<ReplayCache.Page> page(long from, long most) {
    return pages.page(from, most);
  }

  /**
   * The rest of the log; null if it has a hole, which is for the cursor to tell. All of it only
   * while publishers wait.
   */
  List<Frame> rest(LogCursor cursor) {
    EventLog<Frame> log = order.log;
    if (!cursor.reads(log)) {
      return null;
    }
    List<Frame> rest = new ArrayList<>();
    for (long position = cursor.position(); position < log.head(); position++) {
      Frame event = log.at(position);
      if (event == null || event.isHole()) {
        return null;
      }
      if (!cursor.has(event)) {
        rest.add(event);
      }
    }
    return rest;
  }

  /** The latest events of these topics that match, oldest first. */
  List<SseMessage> latest(Collection<String> patterns, Predicate<StoredEvent> matches, int limit) {
    Order now = order;
    EventLog<Frame> log = now.log;
    List<Frame> latest = latest(now, select(patterns), matches, limit);
    if (latest != null) {
      return latest.stream()
          .filter(History::isForeign)
          .map(event -> message(now.epoch, event))
          .toList();
    }
    List<SseMessage> found = new ArrayList<>();
    for (long position = log.head() - 1; position >= 0 && found.size() < limit; position--) {
      Frame event = log.at(position);
      if (event == null) {
        break;
      }
      if (!event.isHole() && isForeign(event) && matches.test(event)) {
        found.add(message(now.epoch, event));
      }
    }
    Collections.reverse(found);
    return found;
  }

  /**
   * Whether an application can make such an event: what says how a named stream stands it cannot.
   */
  private static boolean isForeign(Frame event) {
    String sender = event.sender();
    return !LibraryEvents.isStreamSender(sender) || sender.startsWith(LibraryEvents.STREAM_ITEM);
  }

  private static SseMessage message(String epoch, Frame event) {
    SseFormat.Fields fields = SseFormat.decode(event.bytes(), event.length());
    SseMessage.Builder message = SseMessage.builder().topics(event.topics());
    message.id(new EventId(epoch, event.sequence()).toString());
    if (event.sender() != null) {
      message.sender(event.sender());
    }
    fields.event().ifPresent(message::event);
    fields.retry().ifPresent(message::retry);
    fields.data().ifPresent(message::data);
    fields.comment().ifPresent(message::comment);
    return message.build();
  }
}
