package org.starcast.delivery;

import jakarta.servlet.http.HttpServletRequest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.starcast.RefusedException;
import org.starcast.SseMessage;
import org.starcast.StarcastConfig;
import org.starcast.Subscription;
import org.starcast.log.EventId;
import org.starcast.log.EventLog;
import org.starcast.log.EventStore;
import org.starcast.log.LatestEvents;
import org.starcast.log.LoggedEvent;
import org.starcast.topic.TopicPattern;
import org.starcast.web.QueryParameter;
import org.starcast.wire.SseFormat;

/** What clients that are new, come back, or fall behind get of what was published before. */
final class History {

  private final String epoch;
  private final EventLog<Frame> log;
  private final LatestEvents<Frame> states;

  /** Null where nothing outlives the process. */
  private final EventStore store;

  /** The sequence of the last event that all clients have been offered. */
  private volatile long announced;

  /**
   * With what the store has, if there is one.
   *
   * @throws IllegalArgumentException if the store cannot be opened; the message begins with the key
   */
  History(StarcastConfig config) {
    this.states =
        new LatestEvents<>(
            config.logRetain().stream().map(TopicPattern::of).toList(), config.logRetainTopics());
    EventStore.Contents kept;
    if (config.logStore().equals("file")) {
      this.store = EventStore.file(config, History::newEpoch, states::snapshot);
      kept = store.contents();
    } else {
      this.store = null;
      kept = new EventStore.Contents(newEpoch(), 0, List.of(), List.of());
    }
    this.epoch = kept.epoch();
    this.log =
        new EventLog<>(
            kept.before(), config.logEvents(), config.logBytes(), config.logAge().toMillis());
    List<Frame> events = kept.events().stream().map(Frame::kept).toList();
    Stream.concat(kept.states().stream().map(Frame::kept), events.stream())
        .sorted(Comparator.comparingLong(Frame::sequence))
        .forEach(states::append);
    events.forEach(log::append);
    expire();
    announce();
  }

  /** Milliseconds of the start and 30 random bits: never the same again, and short. */
  static String newEpoch() {
    return Long.toString(System.currentTimeMillis(), 36)
        + Integer.toString(new SecureRandom().nextInt(1 << 30), 36);
  }

  String epoch() {
    return epoch;
  }

  /** The sequence of the last event, of this run of the process or the one before. */
  long last() {
    return log.last();
  }

  /**
   * Checks that this sequence may be given out.
   *
   * @throws IllegalStateException if a crash could make it be given out again
   */
  void checkFree(long sequence) {
    if (store != null && sequence > store.limit()) {
      throw new IllegalStateException(
          "starcast.log.directory: the disk has failed for too long, no event can get an id");
    }
  }

  /** Keeps an event; by one thread at a time. */
  void append(Frame event) {
    log.append(event);
    states.append(event);
    if (store != null) {
      store.append(event);
    }
  }

  /** What one thread has to do as long as the application lives, until {@link #close}; or null. */
  Runnable storeWork() {
    return store == null ? null : store::run;
  }

  /** Events that are not in the store, as the disk could not follow. */
  long unstored() {
    return store == null ? 0 : store.unstored();
  }

  /** Nothing is published any more: waits a while for the disk. */
  void close() {
    if (store != null) {
      store.close(log.last());
    }
  }

  /** The position that the next event will have. */
  long end() {
    return log.head();
  }

  /** All clients have been offered the last event. */
  void announce() {
    announced = log.last();
  }

  long announced() {
    return announced;
  }

  /** Lets go of what is too old; never while {@link #append} runs. */
  void expire() {
    log.expire(System.currentTimeMillis());
  }

  long bytes() {
    return log.bytes();
  }

  int size() {
    return (int) (log.head() - log.tail());
  }

  /**
   * Where a client begins: the replay, and the id that its stream begins with.
   *
   * @param lastEventId the id that it has by then; null if something comes first: a gap, states
   * @param asked whether it asked for an id
   * @param found whether the log has all that came after that id
   */
  record Start(Replay replay, EventId lastEventId, boolean asked, boolean found) {}

  /**
   * Where a client begins that asks for what it asks for.
   *
   * @throws RefusedException if that is malformed
   */
  Start start(Subscription subscription, HttpServletRequest request, SubscriptionFilter filter) {
    String asked = subscription.resumeFrom().orElseGet(() -> asked(request));
    if (asked.isEmpty()) {
      long head = log.head();
      long position =
          subscription.history() == 0 ? head : log.positionOfLast(subscription.history(), filter);
      return begin(position, false, false, filter);
    }
    if (asked.equals(Subscription.EARLIEST)) {
      return begin(log.tail(), false, false, filter);
    }
    EventId id;
    try {
      id = EventId.parse(asked);
    } catch (IllegalArgumentException e) {
      throw new RefusedException(e.getMessage());
    }
    if (!id.epoch().equals(epoch) || id.sequence() > log.last()) {
      return begin(log.tail(), true, true, filter);
    }
    return id.sequence() < log.evicted()
        ? begin(log.tail(), true, true, filter)
        : new Start(from(id.sequence() + 1), id, true, true);
  }

  /** A client that does not go on: the states first, then the events from a position on. */
  private Start begin(long position, boolean gap, boolean asked, SubscriptionFilter filter) {
    List<Frame> before = statesBefore(position, filter);
    EventId id = before(position);
    return before.isEmpty()
        ? new Start(new Replay(log, position, gap), gap ? null : id, asked, false)
        : new Start(new Replay(log, before, id, position, gap), null, asked, false);
  }

  /** The id of the event before a position: what a client knows that goes on from there. */
  private EventId before(long position) {
    Frame event = position == 0 ? null : log.at(position - 1);
    // when the one before is gone, so is all up to what the log says
    return new EventId(epoch, event == null ? log.evicted() : event.sequence());
  }

  private List<Frame> statesBefore(long position, SubscriptionFilter filter) {
    List<Frame> kept = states.snapshot();
    if (kept.isEmpty()) {
      return kept;
    }
    Frame first = log.at(position);
    long end = first == null ? log.last() + 1 : first.sequence();
    return kept.stream().filter(state -> state.sequence() < end && filter.test(state)).toList();
  }

  /** The replay from this sequence on, of a client that has all before it. */
  Replay from(long sequence) {
    long position = log.positionAfter(sequence - 1);
    return new Replay(log, position, sequence - 1 < log.evicted());
  }

  /**
   * The rest of the log; null if it has a hole, which is for the replay to tell. All of it only
   * while publishers wait.
   */
  List<Frame> rest(Replay replay) {
    List<Frame> rest = new ArrayList<>();
    for (long position = replay.position(); position < log.head(); position++) {
      Frame event = log.at(position);
      if (event == null || event.isHole()) {
        return null;
      }
      rest.add(event);
    }
    return rest;
  }

  /** What the request asks for: its header first, then its query; or the empty text. */
  private static String asked(HttpServletRequest request) {
    if (request == null) {
      return "";
    }
    String header = request.getHeader("Last-Event-ID");
    if (header != null && !header.isEmpty()) {
      return header;
    }
    return QueryParameter.first(request, "lastEventId").orElse("");
  }

  /** The latest events that match, oldest first. */
  List<SseMessage> latest(Predicate<LoggedEvent> matches, int limit) {
    List<SseMessage> found = new ArrayList<>();
    for (long position = log.head() - 1; position >= 0 && found.size() < limit; position--) {
      Frame event = log.at(position);
      if (event == null) {
        break;
      }
      if (!event.isHole() && matches.test(event)) {
        found.add(message(event));
      }
    }
    Collections.reverse(found);
    return found;
  }

  private SseMessage message(Frame event) {
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
