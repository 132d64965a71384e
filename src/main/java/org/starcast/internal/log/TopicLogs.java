package org.starcast.internal.log;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.log.TopicRules.Selection;
import org.starcast.spi.StoredEvent;

/**
 * The histories of topics: of each topic that a {@link TopicRules rule} is for its latest events,
 * which no event of another topic evicts. Topics without a rule share one, so that those which have
 * one do not evict theirs; and so do events without a topic, which are for everybody. A topic whose
 * latest event is to be kept, and no more, has that besides.
 *
 * <p><b>Completeness.</b> Each history knows the sequence up to which its events are gone; where a
 * whole history had to go, its rule does. So it can be told for any set of topics from which
 * sequence on all of their events are there ({@link #completeSince}), and a reader that asks once
 * more when it has read knows that it missed nothing.
 *
 * <p><b>Memory.</b> All histories together are bounded in bytes and topics. Beyond that the rule
 * with the most loses the oldest of its topic that was published to longest ago. So no rule evicts
 * another's while that one has less than its even share.
 *
 * <p>One thread at a time changes it, under its monitor; any number reads meanwhile, without a
 * lock.
 *
 * <p>Over 500 lines, as what the one monitor guards is here: what is evicted, forgotten and
 * complete is decided in one place.
 *
 * @param <E> the kind of event
 */
public final class TopicLogs<E extends StoredEvent> {

  /** What a topic costs beside its events, roughly. */
  private static final int TOPIC_BYTES = 256;

  /** In place of a topic: the events of topics that no rule is for, and those for everybody. */
  private static final String REST = "*";

  private static final String EVERYBODY = "";

  /** The history of one topic. */
  private static final class History<E extends StoredEvent> {
    final String topic;
    final Group<E> group;
    final EventLog<E> log;
    final boolean isState;
    long forgetAt = Long.MAX_VALUE;

    History(String topic, Group<E> group, EventLog<E> log, boolean isState) {
      this.topic = topic;
      this.group = group;
      this.log = log;
      this.isState = isState;
    }
  }

  /** The histories of one rule. */
  private static final class Group<E extends StoredEvent> {
    final TopicBounds bounds;

    /** The one that was published to longest ago first. */
    final Map<String, History<E>> byUse = new LinkedHashMap<>(16, 0.75f, true);

    long bytes;

    /** Of topics whose history is gone wholly, the last event was not after this sequence. */
    volatile long floor;

    Group(TopicBounds bounds) {
      this.bounds = bounds;
    }

    History<E> eldest() {
      return byUse.values().iterator().next();
    }
  }

  private final TopicRules rules;
  private final int maxTopics;
  private final long maxBytes;
  private final TopicBounds shared;

  /** One for each rule. */
  private final List<Group<E>> groups = new ArrayList<>();

  /** Topics without a rule whose latest event is kept; the others of it are among the rest. */
  private final Group<E> latest = new Group<>(TopicBounds.LATEST);

  /** Topics that are {@linkplain #keep kept by name}. */
  private final Group<E> named = new Group<>(null);

  /** Topics that were: for as long as others have events of that time. They keep nothing. */
  private final Group<E> forgotten = new Group<>(null);

  private final Map<String, History<E>> histories = new ConcurrentHashMap<>();

  /** Null while no topic has more than its latest event kept. */
  private volatile History<E> rest;

  private volatile History<E> everybody;

  /** Events up to this sequence may be missing, of any topic. */
  private volatile long missing;

  private volatile long bytes;
  private volatile long dropped;

  /**
   * No events yet.
   *
   * @param sequence the place before the first one
   */
  public TopicLogs(TopicRules rules, long sequence, StarcastConfig config) {
    this.rules = rules;
    this.maxTopics = config.log().retainTopics();
    this.maxBytes = config.log().retainBytes();
    this.shared =
        new TopicBounds(config.log().events(), config.log().bytes(), config.log().age().toMillis());
    this.missing = sequence;
    rules.all().forEach(rule -> groups.add(new Group<>(rule.bounds())));
    rest = groups.isEmpty() ? null : common(REST, 0);
    everybody = groups.isEmpty() && rules.retained().isEmpty() ? null : common(EVERYBODY, 0);
  }

  private History<E> common(String name, long sequence) {
    return new History<>(name, null, new EventLog<>(sequence, shared), false);
  }

  // ---- writing

  /** Whether any topic has a history of its own. */
  public boolean isActive() {
    return everybody != null;
  }

  /** Keeps an event behind all others, once; not a hole. */
  public void append(E event) {
    if (!isActive()) {
      return;
    }
    synchronized (this) {
      boolean others = false;
      for (String topic : event.topics()) {
        History<E> history = history(topic);
        others |= isOther(history);
        if (history != null && history.group != forgotten) {
          append(history, event);
        }
      }
      if (event.topics().isEmpty()) {
        add(everybody, event);
      } else if (others && rest != null) {
        add(rest, event);
      }
      shrink();
    }
  }

  /** Whether the events of a topic are among the rest, in its own history or not. */
  private boolean isOther(History<E> history) {
    return history == null || history.group == latest || history.group == forgotten;
  }

  /** The history of a topic, marked as used; null if none is kept. */
  private History<E> history(String topic) {
    History<E> known = histories.get(topic);
    if (known != null) {
      known.group.byUse.put(topic, known);
      return known;
    }
    int rule = rules.find(topic);
    if (rule < 0 && !rules.isRetained(topic)) {
      return null;
    }
    Group<E> group = rule < 0 ? latest : groups.get(rule);
    return put(topic, group, new EventLog<>(group.floor, group.bounds));
  }

  private History<E> put(String topic, Group<E> group, EventLog<E> log) {
    History<E> history = new History<>(topic, group, log, rules.isRetained(topic));
    group.byUse.put(topic, history);
    group.bytes += TOPIC_BYTES;
    bytes += TOPIC_BYTES;
    histories.put(topic, history);
    return history;
  }

  private void append(History<E> history, E event) {
    long before = history.log.bytes();
    add(history, event);
    count(history, before);
  }

  private void add(History<E> history, E event) {
    // those of before the start may come twice
    if (event.sequence() > history.log.last()) {
      history.log.append(event);
    }
  }

  private void count(History<E> history, long before) {
    long more = history.log.bytes() - before;
    history.group.bytes += more;
    bytes += more;
  }

  private void shrink() {
    int evicted = 0;
    while (bytes > maxBytes && evictOldest()) {
      evicted++;
    }
    dropped += evicted;
    while (histories.size() > maxTopics) {
      Group<E> most = largest(Comparator.comparingInt(group -> group.byUse.size()));
      remove(most.eldest());
    }
  }

  /** Makes room; false if there is nothing but what came last. */
  private boolean evictOldest() {
    Group<E> most = largest(Comparator.comparingLong(group -> group.bytes));
    History<E> eldest = most.eldest();
    long before = eldest.log.bytes();
    if (histories.size() == 1 && eldest.log.head() - eldest.log.tail() <= 1) {
      return false;
    }
    if (!eldest.log.isEmpty()) {
      eldest.log.evictOldest();
      count(eldest, before);
    }
    if (eldest.log.isEmpty()) {
      remove(eldest);
    }
    return true;
  }

  private Group<E> largest(Comparator<Group<E>> order) {
    Group<E> most = latest;
    for (Group<E> group : List.of(named, forgotten)) {
      most = order.compare(group, most) > 0 ? group : most;
    }
    for (Group<E> group : groups) {
      most = order.compare(group, most) > 0 ? group : most;
    }
    return most;
  }

  /** Lets go of a topic; its rule knows from when on all is there. */
  private void remove(History<E> history) {
    Group<E> group = history.group;
    // in this order: who does not find it sees the floor
    group.floor = Math.max(group.floor, history.log.last());
    histories.remove(history.topic);
    group.byUse.remove(history.topic);
    group.bytes -= history.log.bytes() + TOPIC_BYTES;
    bytes -= history.log.bytes() + TOPIC_BYTES;
  }

  /**
   * Keeps what was kept before the start, of which nobody knows what is missing between: so nothing
   * of that time is said to be complete.
   */
  public void restore(List<E> events) {
    events.forEach(this::append);
    for (E event : events) {
      missing = Math.max(missing, event.sequence());
    }
  }

  /** All events up to this sequence that did not come are lost. */
  public void missed(long upTo) {
    missing = Math.max(missing, upTo);
  }

  /** Lets go of what is too old. */
  public synchronized void expire(long now) {
    if (!isActive()) {
      return;
    }
    everybody.log.expire(now);
    if (rest != null) {
      rest.log.expire(now);
    }
    for (History<E> history : List.copyOf(histories.values())) {
      long before = history.log.bytes();
      history.log.expire(now);
      count(history, before);
      if (history.forgetAt <= now) {
        forget(history);
      } else if (history.group == forgotten && rest.log.evicted() >= history.log.last()) {
        // nobody can ask for what was there any more
        histories.remove(history.topic);
        forgotten.byUse.remove(history.topic);
        forgotten.bytes -= TOPIC_BYTES;
        bytes -= TOPIC_BYTES;
      }
    }
  }

  // ---- topics that are kept by name

  /**
   * Keeps the events of a topic by bounds of its own from now on, whatever the rules say; what is
   * kept of it already stays within them.
   *
   * @param last the sequence of the last event of all
   */
  public synchronized void keep(String topic, TopicBounds bounds, long last) {
    if (rest == null) {
      rest = common(REST, last);
    }
    if (!isActive()) {
      everybody = common(EVERYBODY, last);
    }
    History<E> before = histories.get(topic);
    boolean unkept = before == null || before.group == forgotten;
    EventLog<E> log = new EventLog<>(unkept ? last : before.log.evicted(), bounds);
    if (before != null) {
      for (long position = before.log.tail(); position < before.log.head(); position++) {
        log.append(before.log.at(position));
      }
      drop(before);
    }
    put(topic, named, log);
    count(histories.get(topic), 0);
    shrink();
  }

  /** Takes a topic out of the accounts, in whose place another comes. */
  private void drop(History<E> history) {
    history.group.byUse.remove(history.topic);
    history.group.bytes -= history.log.bytes() + TOPIC_BYTES;
    bytes -= history.log.bytes() + TOPIC_BYTES;
  }

  /**
   * Lets go of a topic that is kept by name, at once or later; then the rules hold for it again.
   * Does nothing for any other topic.
   *
   * @param atMillis when, in milliseconds since 1970, or somewhat later
   */
  public synchronized void forget(String topic, long atMillis) {
    History<E> history = histories.get(topic);
    if (history == null || history.group != named) {
      return;
    }
    history.forgetAt = atMillis;
    if (atMillis <= System.currentTimeMillis()) {
      forget(history);
    }
  }

  private void forget(History<E> history) {
    int rule = rules.find(history.topic);
    Group<E> next = rule < 0 ? forgotten : groups.get(rule);
    TopicBounds bounds = rule < 0 ? TopicBounds.LATEST : next.bounds;
    drop(history);
    // those that it had are gone, and nobody else has them
    put(history.topic, next, new EventLog<>(history.log.last(), bounds));
  }

  // ---- reading

  /** The sequence after which all events of these topics are here. */
  public long completeSince(Selection topics) {
    return completeSince(topics, matched(topics));
  }

  /** The histories that wildcards match: each topic is looked at once for what is read. */
  private List<History<E>> matched(Selection topics) {
    if (!topics.hasWildcards() || !isActive()) {
      return List.of();
    }
    List<History<E>> matched = new ArrayList<>();
    for (History<E> history : histories.values()) {
      if (topics.wildcardMatches(history.topic)) {
        matched.add(history);
      }
    }
    return matched;
  }

  private long completeSince(Selection topics, List<History<E>> matched) {
    if (!isActive()) {
      return Long.MAX_VALUE;
    }
    boolean others = topics.isBeyondRules();
    long since = everybody.log.evicted();
    // in this order: of what goes meanwhile the floor is seen
    for (String topic : topics.topics) {
      History<E> history = histories.get(topic);
      int rule = history == null ? rules.find(topic) : -1;
      since = Math.max(since, gone(history));
      if (rule >= 0) {
        since = Math.max(since, groups.get(rule).floor);
      } else {
        others |= isOther(history);
      }
    }
    for (History<E> history : matched) {
      since = Math.max(since, gone(history));
    }
    if (topics.hasWildcards()) {
      for (int i = 0; i < groups.size(); i++) {
        since = topics.overlapping.get(i) ? Math.max(since, groups.get(i).floor) : since;
      }
    }
    since = Math.max(since, Math.max(named.floor, forgotten.floor));
    if (others) {
      History<E> rest = this.rest;
      since = rest == null ? Long.MAX_VALUE : Math.max(since, rest.log.evicted());
    }
    return Math.max(since, missing);
  }

  /** The sequence up to which events of a topic are gone that are not among the rest. */
  private long gone(History<E> history) {
    return history == null || history.group == latest ? 0 : history.log.evicted();
  }

  private List<EventLog<E>> logs(Selection topics, List<History<E>> matched) {
    List<EventLog<E>> logs = new ArrayList<>();
    boolean others = topics.isBeyondRules();
    for (String topic : topics.topics) {
      History<E> history = histories.get(topic);
      if (history != null) {
        logs.add(history.log);
      }
      others |= history == null ? rules.find(topic) < 0 : isOther(history);
    }
    for (History<E> history : matched) {
      logs.add(history.log);
    }
    History<E> rest = this.rest;
    if (others && rest != null) {
      logs.add(rest.log);
    }
    logs.add(everybody.log);
    return logs;
  }

  /**
   * Events of these topics, and some of others, by rising sequence.
   *
   * @param from the first sequence
   * @param to the last, of an event that has been appended
   * @param most how many at most
   * @return null if some of those after {@code from} may be missing
   */
  public List<E> read(Selection topics, long from, long to, int most) {
    List<History<E>> matched = matched(topics);
    if (completeSince(topics, matched) >= from) {
      return null;
    }
    List<E> events = Merge.forward(logs(topics, matched), from, to, most);
    // what was evicted meanwhile is seen to be
    return completeSince(topics, matched) < from ? events : null;
  }

  /**
   * The latest events of these topics that match, the oldest first, as far back as all are here.
   *
   * @param limit how many, from 0
   */
  public List<E> latest(Selection topics, Predicate<? super E> matches, int limit) {
    List<History<E>> matched = matched(topics);
    return isActive()
        ? Merge.backward(logs(topics, matched), completeSince(topics, matched), matches, limit)
        : List.of();
  }

  /** The latest event of each topic that new clients begin with, in their order, each once. */
  public List<E> states() {
    List<E> states = new ArrayList<>();
    for (History<E> history : histories.values()) {
      E latest = history.isState ? history.log.newest() : null;
      if (latest != null) {
        states.add(latest);
      }
    }
    return Merge.inOrder(states);
  }

  /** All events that are here, in their order, each once. */
  public List<E> snapshot() {
    List<E> events = new ArrayList<>();
    for (History<E> history : histories.values()) {
      EventLog<E> log = history.log;
      for (long position = log.tail(); position < log.head(); position++) {
        E event = log.at(position);
        if (event != null) {
          events.add(event);
        }
      }
    }
    return Merge.inOrder(events);
  }

  // ---- accounts

  /** The memory that they take, roughly: of an event that several topics keep, for each of them. */
  public long bytes() {
    return bytes;
  }

  /** How many events they have: one of several topics, for each of them. */
  public long events() {
    long events = 0;
    for (History<E> history : histories.values()) {
      events += history.log.head() - history.log.tail();
    }
    return events;
  }

  /** How many topics have a history. */
  public int topics() {
    return histories.size();
  }

  /** How many events were evicted for lack of memory, which their own bounds would have kept. */
  public long dropped() {
    return dropped;
  }
}
