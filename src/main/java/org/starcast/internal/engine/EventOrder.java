package org.starcast.internal.engine;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.log.TopicLogs;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * The order of events as this node sees it: what the backplane hands over is put into the history
 * and queued for every client that matches.
 *
 * <p>One lock orders events and what has to happen between two of them: a change of a subscription,
 * a client that goes live. Under it an event is appended to the queues of all clients that match,
 * so that every client sees all events in the same order; encoding happens before, writing after
 * it, on other threads. The clients' monitors are taken inside of it, never the other way round.
 */
final class EventOrder implements Backplane.Receiver, StreamHistories {

  private static final EventId NOT_BEGUN = new EventId("", 0);

  /** How many events are queued for a client that goes live, while publishers wait. */
  private static final int JOIN_EVENTS = 64;

  /** How long at most something is kept that is to be discarded. */
  private static final long MAX_EXPIRY_NANOS = 10_000_000_000L;

  private final ReentrantLock lock = new ReentrantLock();
  private final ClientRegistry clients;

  /** Null where nothing is kept. */
  private final History history;

  private final Statistics statistics;
  private final MemoryGovernor memory;
  private final WriterLoop[] loops;
  private final EngineListener listener;
  private final boolean isShared;
  private final boolean inCall;

  // written under the lock
  private final TopicTraffic traffic = new TopicTraffic();
  private volatile EventId last = NOT_BEGUN;
  private volatile boolean stopped;

  /** Whether this node has what was stored when it started. */
  private volatile boolean ready;

  /**
   * Has not begun.
   *
   * @param history what is kept; or null
   * @param listener gets the control messages
   * @param isShared whether other nodes share the backplane
   * @param inCall whether who publishes has the event handed over, before the call returns
   */
  EventOrder(
      ClientRegistry clients,
      History history,
      Statistics statistics,
      MemoryGovernor memory,
      WriterLoop[] loops,
      EngineListener listener,
      boolean isShared,
      boolean inCall) {
    this.isShared = isShared;
    this.inCall = inCall;
    this.clients = clients;
    this.history = history;
    this.statistics = statistics;
    this.memory = memory;
    this.loops = loops;
    this.listener = listener;
  }

  // ---- what the backplane hands over

  @Override
  public void began(String epoch, long after, List<? extends StoredEvent> states) {
    lock.lock();
    try {
      last = new EventId(epoch, after);
      if (history != null) {
        history.begin(epoch, after, states);
      }
      clients.forEach(this::restart);
    } finally {
      lock.unlock();
    }
    // what was there before it, is not; then what is kept of that
    listener.commandsMissed(this);
    if (!isShared) {
      // the events of before the log's first one, which are not received
      for (StoredEvent event : states) {
        if (event.sequence() <= after) {
          streamed(epoch, event);
        }
      }
    }
  }

  private void streamed(String epoch, StoredEvent event) {
    if (LibraryEvents.isStreamSender(event.sender())) {
      Runnable then = listener.streamed(new EventId(epoch, event.sequence()), event);
      if (then != null) {
        then.run();
      }
    }
  }

  @Override
  public void received(StoredEvent event, OutgoingEvent envelope) {
    Delivery delivery = null;
    boolean newTopic = false;
    Runnable then = null;
    if (!stopped && LibraryEvents.isStreamSender(event.sender())) {
      then = listener.streamed(new EventId(last.epoch(), event.sequence()), event);
    }
    lock.lock();
    try {
      if (stopped) {
        return;
      }
      last = new EventId(last.epoch(), event.sequence());
      if (ready) {
        delivery = envelope instanceof Delivery own ? own : arrived(event, envelope);
        newTopic = traffic.count(event.topics(), event.length(), event.time());
        deliver(event, delivery);
      } else if (history != null) {
        // of before this node was there, when it has no clients
        history.append(Frame.kept(event));
        history.announce();
      }
    } finally {
      lock.unlock();
      if (delivery != null) {
        delivery.wake();
      }
    }
    if (delivery != null) {
      statistics.increment(Metric.PUBLISHED);
      statistics.add(Metric.MATCHED, delivery.matched());
      delivery.finish(newTopic);
      if (delivery != envelope || !inCall) {
        settle(delivery);
      }
    }
    if (then != null) {
      then.run();
    }
    if (envelope != null && envelope.key() != null) {
      listener.stored(new EventId(last.epoch(), event.sequence()), envelope.key());
    }
  }

  private Delivery arrived(StoredEvent event, OutgoingEvent envelope) {
    return new Delivery(
        event.topics(),
        event.sender(),
        event.except(),
        envelope == null ? null : envelope.coalesceKey(),
        null,
        loops,
        System.nanoTime(),
        null);
  }

  private void deliver(StoredEvent event, Delivery delivery) {
    Frame frame = delivery.frame(event, memory);
    if (history != null) {
      history.append(frame);
    }
    if (event.topics().isEmpty()) {
      clients.forEach(delivery);
    } else {
      clients.forEachMatch(event.topics(), event.sender(), delivery);
    }
    delivery.flush();
    frame.audience(delivery.matched());
    if (history != null) {
      history.announce();
    }
  }

  /**
   * What no other publisher has to wait for. Who publishes does it where it has the event handed
   * over.
   */
  void settle(Delivery delivery) {
    memory.relieve();
    if (delivery.isUnheard()) {
      clients.reportUnheard(delivery.topics());
    }
  }

  @Override
  public void missed(long upTo) {
    Frame hole = Frame.hole(upTo, System.currentTimeMillis());
    lock.lock();
    try {
      last = new EventId(last.epoch(), upTo);
      if (history != null) {
        history.append(hole);
        clients.forEach(client -> client.miss(hole));
        // last: no heartbeat may have its id for a client that has not been told of it
        history.announce();
      }
    } finally {
      lock.unlock();
    }
    listener.commandsMissed(this);
  }

  @Override
  public void commanded(long sequence, String type, byte[] body) {
    listener.commanded(new EventId(last.epoch(), sequence), type, body);
  }

  @Override
  public List<? extends StoredEvent> states() {
    if (history == null) {
      return List.of();
    }
    // a shared backplane has the events, and needs no copies
    return isShared ? history.states() : history.contents();
  }

  // ---- the order itself

  /** What was stored when the node started has been received: what comes now is for clients. */
  void ready() {
    // between two events: what comes before is in the log for the first client
    lock.lock();
    ready = true;
    lock.unlock();
  }

  /** Whether clients can be taken. */
  boolean isReady() {
    return ready;
  }

  /** Nothing is delivered from now on. */
  void stop() {
    lock.lock();
    stopped = true;
    lock.unlock();
  }

  boolean isStopped() {
    return stopped;
  }

  /** The epoch of the last event; empty before the order has begun. */
  String epoch() {
    return last.epoch();
  }

  @Override
  public EventId last() {
    return last;
  }

  /** The sequence of the last event that was received. */
  long sequence() {
    return last.sequence();
  }

  /** The id of the last event, {@code <epoch>-<sequence>}; empty before the order has begun. */
  String lastEventId() {
    EventId now = last;
    return now == NOT_BEGUN ? "" : now.toString();
  }

  /** The sequence of the last event that all clients were offered; 0 where nothing is kept. */
  long announced() {
    return history == null ? 0 : history.announced();
  }

  /** The sequence behind that of the last event that was received; of the next one or less. */
  long nextSequence() {
    return history == null ? last.sequence() + 1 : history.last() + 1;
  }

  /** Does something while no event is published or received. */
  boolean betweenEvents(BooleanSupplier change) {
    lock.lock();
    try {
      return change.getAsBoolean();
    } finally {
      lock.unlock();
    }
  }

  // ---- clients that read the history

  /** Whether events are kept, to be read by clients that are behind. */
  boolean logs() {
    return history != null;
  }

  /** How a client reads from this sequence on. */
  LogCursor cursorFrom(long first) {
    return history.from(first);
  }

  /** Offers a client all that is published from now on. */
  void offerFromNowOn(Client client) {
    lock.lock();
    try {
      client.offerFrom(last.sequence() + 1);
    } finally {
      lock.unlock();
    }
  }

  /** Makes a client live when little is left for it to read. */
  void goLiveIfNearEnd(Client client, LogCursor cursor, SubscriptionTimeline.Reader judge) {
    if (!cursor.nearEnd(JOIN_EVENTS)) {
      return;
    }
    if (client.grant().asks()) {
      // what it may hear is decided while nobody waits
      List<Frame> soon = history.rest(cursor);
      if (soon != null) {
        soon.forEach(judge::test);
      }
    }
    lock.lock();
    try {
      List<Frame> rest = cursor.nearEnd(4 * JOIN_EVENTS) ? history.rest(cursor) : null;
      if (rest != null) {
        client.goLive(cursor, rest, judge);
      }
    } finally {
      lock.unlock();
    }
    memory.relieve();
  }

  /** Another order began before the client could be told, or is just beginning. */
  void restartIfLate(Client client) {
    if (history == null || client.follows(last.epoch())) {
      return;
    }
    lock.lock();
    try {
      restart(client);
    } finally {
      lock.unlock();
    }
  }

  private void restart(Client client) {
    if (history != null) {
      EventId now = last;
      client.restart(now.epoch(), history.gap(), now.sequence() + 1);
    }
  }

  // ---- what is known of the past

  /** Discards old events when nothing is published. */
  TimingWheel.Entry expiry(StarcastConfig config) {
    long interval =
        Stream.concat(
                Stream.of(config.log().age().toNanos() / 10),
                config.log().topics().values().stream()
                    .map(bounds -> bounds.ageMillis() * 1_000_000 / 10))
            .filter(nanos -> nanos > 0)
            .reduce(MAX_EXPIRY_NANOS, Math::min);
    return new TimingWheel.Entry() {
      @Override
      long onTime(long now) {
        lock.lock();
        try {
          history.expire();
        } finally {
          lock.unlock();
        }
        return interval;
      }
    };
  }

  /** The latest events of these topics that match, oldest first. */
  List<SseMessage> latest(Collection<String> patterns, Predicate<StoredEvent> matches, int limit) {
    return history == null ? List.of() : history.latest(patterns, matches, limit);
  }

  @Override
  public void keep(String topic, TopicBounds bounds, long after) {
    if (history != null) {
      betweenEvents(
          () -> {
            history.keep(topic, bounds, after);
            return true;
          });
    }
  }

  @Override
  public void forget(String topic, long atMillis) {
    if (history != null) {
      boolean watched = clients.countOn(topic) > 0;
      betweenEvents(
          () -> {
            history.forget(topic, atMillis, watched);
            return true;
          });
    }
  }

  @Override
  public TopicLogs.Room room(String topic) {
    return history == null ? null : history.topics().room(topic);
  }

  @Override
  public long readUpTo(String topic) {
    // before they are looked at: what comes meanwhile nobody need have
    long now = announced();
    long read = 0;
    for (SseClient client : clients.on(topic)) {
      read = Math.max(read, ((Client) client).readUpTo(now));
    }
    return read;
  }

  @Override
  public void dropped(long items) {
    statistics.add(Metric.STREAM_ITEMS_DROPPED, items);
  }

  /** How many events are kept. */
  int logged() {
    return history == null ? 0 : history.size();
  }

  /** How many bytes of events are kept. */
  long loggedBytes() {
    return history == null ? 0 : history.bytes();
  }

  /** The histories of topics; null where nothing is kept. */
  TopicLogs<Frame> topicLogs() {
    return history == null ? null : history.topics();
  }

  /** The topics that were published to, as far as is known. */
  List<TopicCount> topics() {
    lock.lock();
    try {
      return traffic.snapshot();
    } finally {
      lock.unlock();
    }
  }
}
