package org.starcast.internal.log;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.log.HistoryMarks.Floor;
import org.starcast.internal.log.HistoryMarks.Kind;
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
 * <p><b>Memory.</b> All histories by rules together are bounded in bytes and topics. Beyond that
 * the rule with the most loses the oldest of its topic that was published to longest ago. So no
 * rule evicts another's while that one has less than its even share. Topics that are {@linkplain
 * #keep kept by name} have a bound of their own for all of them: beyond it first those go that have
 * ended, the longest ago first, but for those that {@linkplain #forget somebody may come back to};
 * then the oldest of those that have more than an even share.
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

  /** The bounds of all together hold. */
  private static final TopicBounds UNBOUNDED = new TopicBounds(0, 0, 0);

  /** How long after its end somebody may come back to a topic that is kept by name. */
  private static final long BACK_NANOS = 30_000_000_000L;

  /** How long it is before it is looked again for one that has ended and may go. */
  private static final long LOOK_NANOS = 1_000_000_000L;

  /** Up to so many topics a wildcard costs about as much as a few topics do. */
  private static final int MANY = 256;

  /** In place of a topic: the events of topics that no rule is for, and those for everybody. */
  private static final String REST = "*";

  private static final String EVERYBODY = "";

  /** The history of one topic. */
  private static final class History<E extends StoredEvent> {
    final String topic;
    final Group<E> group;
    final EventLog<E> log;
    final boolean isState;

    /** Of one that is kept by name and has ended: when it is forgotten. */
    long forgetAt = Long.MAX_VALUE;

    /** Of one that has ended: until when somebody may come back to it. */
    long backUntil;

    /** Of one that was kept by name: the last event of that time. */
    final long lost;

    History(String topic, Group<E> group, EventLog<E> log, boolean isState) {
      this.topic = topic;
      this.group = group;
      this.log = log;
      this.isState = isState;
      this.lost = log.last();
    }

    boolean hasEnded() {
      return forgetAt != Long.MAX_VALUE;
    }

    long bytes() {
      return log.bytes() + TOPIC_BYTES;
    }
  }

  /** The histories of one rule. */
  private static final class Group<E extends StoredEvent> {
    final TopicBounds bounds;

    /** The one that was published to longest ago first. */
    final Map<String, History<E>> byUse = new LinkedHashMap<>(16, 0.75f, true);

    volatile long bytes;

    /** Of topics whose history is gone wholly, the last event was not after this sequence. */
    volatile long floor;

    Group(TopicBounds bounds) {
      this.bounds = bounds;
    }

    History<E> eldest() {
      return byUse.values().iterator().next();
    }
  }

  private final LongSupplier nanoTime;
  private final TopicRules rules;
  private final int maxTopics;
  private final long maxBytes;
  private final long maxNamedBytes;
  private final TopicBounds shared;

  /** One for each rule. */
  private final List<Group<E>> groups = new ArrayList<>();

  /** Topics without a rule whose latest event is kept; the others of it are among the rest. */
  private final Group<E> latest = new Group<>(TopicBounds.LATEST);

  /** Topics that are {@linkplain #keep kept by name}. */
  private final Group<E> named = new Group<>(null);

  /**
   * Topics that were: for as long as others have events of that time. Like those without a rule,
   * but for what is lost.
   */
  private final Group<E> forgotten = new Group<>(TopicBounds.LATEST);

  /** How many topics are kept by name; 1 at least. */
  private volatile int namedTopics = 1;

  /** How many of them have ended. */
  private int ended;

  /** Before which it is known that none of them may go for lack of memory. */
  private long lookAt;

  /** Those that are bounded in bytes together, but for the latest events. */
  private final List<Group<E>> evictable = new ArrayList<>();

  private final Map<String, History<E>> histories = new ConcurrentHashMap<>();

  /** Null while no topic has more than its latest event kept. */
  private volatile History<E> rest;

  private volatile History<E> everybody;

  /** Events up to this sequence may be missing, of any topic. */
  private volatile long missing;

  private volatile long bytes;
  private volatile long dropped;

  /** Of reads that look at many topics. */
  private final Pace pace = new Pace(System.nanoTime());

  /** The sequence of the last event that was appended, or missed. */
  private long last;

  /**
   * The sequence up to which all that is to be here was restored: what comes of that once more,
   * from the log, changes nothing.
   */
  private volatile long restored;

  /**
   * No events yet.
   *
   * @param sequence the place before the first one
   */
  public TopicLogs(TopicRules rules, long sequence, StarcastConfig config) {
    this(rules, sequence, config, System::nanoTime);
  }

  /** With a clock of its own for how long who was cut off may come back. */
  TopicLogs(TopicRules rules, long sequence, StarcastConfig config, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.lookAt = nanoTime.getAsLong();
    this.rules = rules;
    this.maxTopics = config.log().retainTopics();
    this.maxBytes = config.log().retainBytes();
    this.maxNamedBytes = config.streams().totalBytes();
    this.shared =
        new TopicBounds(config.log().events(), config.log().bytes(), config.log().age().toMillis());
    this.missing = sequence;
    rules.all().forEach(rule -> groups.add(new Group<>(rule.bounds())));
    evictable.addAll(groups);
    evictable.add(forgotten);
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
    if (isActive() && event.sequence() > restored) {
      put(event, true);
    }
  }

  /**
   * Keeps an event in the histories of its topics.
   *
   * @param begins whether a topic of it that has no history begins one, and room is made: not for
   *     what was here before
   */
  private void put(E event, boolean begins) {
    synchronized (this) {
      last = Math.max(last, event.sequence());
      boolean others = false;
      for (String topic : event.topics()) {
        History<E> history = begins ? history(topic) : known(topic);
        others |= history == null ? rules.find(topic) < 0 : isOther(history, event.sequence());
        if (history != null && (history.group != forgotten || history.isState)) {
          append(history, event);
        }
      }
      if (event.topics().isEmpty()) {
        add(everybody, event);
      } else if (others && rest != null) {
        add(rest, event);
      }
      if (begins) {
        shrink();
      }
    }
  }

  /** Whether the events of a topic are among the rest, in its own history or not. */
  private boolean isOther(History<E> history) {
    return history == null || history.group == latest || history.group == forgotten;
  }

  /** Likewise, for one event: what a topic had while it was kept by name is not among the rest. */
  private boolean isOther(History<E> history, long sequence) {
    return isOther(history) && (history.group != forgotten || sequence > history.lost);
  }

  /** The history of a topic, marked as used; null if there is none. */
  private History<E> known(String topic) {
    History<E> known = histories.get(topic);
    if (known != null) {
      known.group.byUse.put(topic, known);
    }
    return known;
  }

  /** As {@link #known}, begun if there is none; null if none is kept. */
  private History<E> history(String topic) {
    History<E> known = known(topic);
    if (known != null) {
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
    account(group, history.bytes());
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
    account(history.group, history.log.bytes() - before);
  }

  private void account(Group<E> group, long more) {
    group.bytes += more;
    bytes += group == named ? 0 : more;
    namedTopics = Math.max(1, named.byUse.size());
  }

  private void shrink() {
    int evicted = 0;
    while (bytes > maxBytes && evictOldest()) {
      evicted++;
    }
    evicted += shrinkNamed();
    dropped += evicted;
    while (byRules() - forgotten.byUse.size() > maxTopics) {
      remove(largest(Comparator.comparingInt(group -> group.byUse.size()), groups).eldest());
    }
    while (forgotten.byUse.size() > maxTopics) {
      remove(forgotten.eldest());
    }
  }

  /** How many are not kept by name. */
  private int byRules() {
    return histories.size() - named.byUse.size();
  }

  /** Makes room; false if there is nothing but what came last. */
  private boolean evictOldest() {
    History<E> eldest = largest(Comparator.comparingLong(group -> group.bytes), evictable).eldest();
    if (byRules() == 1 && eldest.log.head() - eldest.log.tail() <= 1) {
      return false;
    }
    if (!eldest.log.isEmpty()) {
      evictOldest(eldest);
    }
    if (eldest.log.isEmpty()) {
      remove(eldest);
    }
    return true;
  }

  private void evictOldest(History<E> history) {
    long before = history.log.bytes();
    history.log.evictOldest();
    count(history, before);
  }

  /** The largest of these and the topics without a rule. */
  private Group<E> largest(Comparator<Group<E>> order, List<Group<E>> those) {
    Group<E> most = latest;
    for (Group<E> group : those) {
      most = order.compare(group, most) > 0 ? group : most;
    }
    return most;
  }

  /**
   * Makes room among those that are kept by name, for more than the next event: so that it is
   * seldom looked for.
   *
   * @return how many events of topics that have not ended are gone
   */
  private int shrinkNamed() {
    if (ended > 0 && isCrowded()) {
      forgetEnded();
    }
    if (named.bytes <= maxNamedBytes) {
      return 0;
    }
    long target = maxNamedBytes - maxNamedBytes / 16;
    long share = target / named.byUse.size();
    int evicted = 0;
    for (History<E> history : named.byUse.values()) {
      while (named.bytes > target
          && history.bytes() > share
          && history.log.head() - history.log.tail() > 1) {
        evictOldest(history);
        evicted += history.hasEnded() ? 0 : 1;
      }
    }
    // of very many there is no more than one event each
    forgetEnded(target, history -> true);
    return evicted;
  }

  /** Lets go of those that have ended, and that nobody may come back to. */
  private void forgetEnded() {
    long now = nanoTime.getAsLong();
    if (now - lookAt < 0) {
      return;
    }
    long target = maxNamedBytes - maxNamedBytes / 4;
    forgetEnded(target, history -> now - history.backUntil >= 0);
    lookAt = named.bytes > target ? now + LOOK_NANOS : now;
  }

  private void forgetEnded(long target, Predicate<History<E>> which) {
    for (History<E> history : List.copyOf(named.byUse.values())) {
      if (named.bytes <= target) {
        return;
      }
      if (history.hasEnded() && which.test(history)) {
        forget(history);
      }
    }
  }

  /** Whether those that are kept by name take nearly all that they may. */
  private boolean isCrowded() {
    return named.bytes > crowdedBytes();
  }

  private long crowdedBytes() {
    return maxNamedBytes - maxNamedBytes / 8;
  }

  /** Lets go of a topic; its rule knows from when on all is there. */
  private void remove(History<E> history) {
    Group<E> group = history.group;
    // in this order: who does not find it sees the floor
    group.floor = Math.max(group.floor, group == forgotten ? history.lost : history.log.last());
    histories.remove(history.topic);
    drop(history);
  }

  /** Takes a topic out of the accounts. */
  private void drop(History<E> history) {
    history.group.byUse.remove(history.topic);
    account(history.group, -history.bytes());
    ended -= history.hasEnded() ? 1 : 0;
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

  /**
   * As {@link #restore}, with all that {@link #contents} had, of which is known where it is
   * complete.
   *
   * @param contents what was kept, as it was stored
   * @param events the events among them
   */
  public synchronized void restore(List<? extends StoredEvent> contents, List<E> events) {
    HistoryMarks marks = HistoryMarks.of(contents);
    if (marks == null || !marks.floors().stream().map(Floor::pattern).toList().equals(patterns())) {
      // others, or of other rules
      restore(events);
      return;
    }
    // what came between them and the first event of the log is lost
    missing = missing > marks.last() ? missing : marks.missing();
    last = marks.last();
    rest = common(REST, marks.rest());
    everybody = common(EVERYBODY, marks.everybody());
    forgotten.floor = marks.forgotten();
    for (int i = 0; i < groups.size(); i++) {
      groups.get(i).floor = marks.floors().get(i).sequence();
    }
    for (HistoryMarks.Topic topic : marks.topics()) {
      restore(topic);
    }
    // a topic whose history was evicted has none, though an event of it is in another's
    events.forEach(event -> put(event, false));
    restored = marks.last();
  }

  private void restore(HistoryMarks.Topic topic) {
    switch (topic.kind()) {
      case RULE -> {
        Group<E> group = groups.get(rules.find(topic.name()));
        put(topic.name(), group, new EventLog<>(topic.evicted(), group.bounds));
      }
      case NAMED -> {
        put(topic.name(), named, new EventLog<>(topic.evicted(), topic.bounds()));
        if (topic.forgetAt() != Long.MAX_VALUE) {
          forget(
              topic.name(), Math.max(topic.forgetAt(), System.currentTimeMillis() + 1_000), false);
        }
      }
      case LATEST -> put(topic.name(), latest, new EventLog<>(topic.evicted(), TopicBounds.LATEST));
      case FORGOTTEN ->
          put(topic.name(), forgotten, new EventLog<>(topic.evicted(), TopicBounds.LATEST));
    }
  }

  private List<String> patterns() {
    return rules.all().stream().map(rule -> rule.pattern().toString()).toList();
  }

  /** All events up to this sequence that did not come are lost. */
  public synchronized void missed(long upTo) {
    if (upTo > restored) {
      missing = Math.max(missing, upTo);
      last = Math.max(last, upTo);
    }
  }

  /** Lets go of what is too old. */
  public synchronized void expire(long now) {
    if (!isActive()) {
      return;
    }
    everybody.log.expire(now);
    if (ended > 0 && isCrowded()) {
      // sources may wait for room, so that nothing is appended
      forgetEnded();
    }
    if (rest != null) {
      rest.log.expire(now);
    }
    for (History<E> history : List.copyOf(histories.values())) {
      long before = history.log.bytes();
      history.log.expire(now);
      count(history, before);
      if (history.forgetAt <= now) {
        forget(history);
      } else if (history.group == forgotten && rest.log.evicted() >= history.lost) {
        // nobody can ask for what was there any more
        drop(history);
        if (history.isState) {
          put(history.topic, latest, history.log);
        } else {
          histories.remove(history.topic);
        }
      }
    }
  }

  // ---- topics that are kept by name

  /**
   * Keeps the events of a topic by bounds of its own from now on, or changes the bounds. Does
   * nothing for a topic that a rule is for: what the administrator says holds.
   *
   * @param after the sequence before the first event that is to be kept; 0 for what there is
   * @param recent the latest events of all topics
   */
  public synchronized void keep(String topic, TopicBounds bounds, long after, EventLog<E> recent) {
    if (rules.find(topic) >= 0) {
      return;
    }
    History<E> before = histories.get(topic);
    boolean isKept = before != null && before.group == named;
    if (!isKept && after < restored) {
      // it was forgotten by then
      return;
    }
    last = Math.max(last, recent.last());
    begin(recent);
    EventLog<E> source = isKept ? before.log : recent;
    EventLog<E> log = new EventLog<>(Math.max(after, source.evicted()), bounds);
    for (long position = source.positionAfter(after); position < source.head(); position++) {
      E event = source.at(position);
      if (isKept || event.topics().contains(topic)) {
        log.append(event);
      }
    }
    if (before != null) {
      drop(before);
    }
    put(topic, named, log);
    shrink();
  }

  /** From now on topics without a rule have a history that those which are kept do not evict. */
  private void begin(EventLog<E> recent) {
    if (rest != null) {
      return;
    }
    History<E> others = common(REST, recent.evicted());
    History<E> all = everybody == null ? common(EVERYBODY, recent.evicted()) : everybody;
    for (long position = recent.tail(); position < recent.head(); position++) {
      E event = recent.at(position);
      if (!event.isHole()) {
        add(event.topics().isEmpty() ? all : others, event);
      }
    }
    rest = others;
    everybody = all;
  }

  /**
   * Lets go of a topic that is kept by name, at once or later; then it is as any other one. Does
   * nothing for any other topic.
   *
   * @param atMillis when, in milliseconds since 1970, or somewhat later
   * @param watched whether somebody had it to the end: others that were cut off may come back
   */
  public synchronized void forget(String topic, long atMillis, boolean watched) {
    History<E> history = histories.get(topic);
    if (history == null || history.group != named) {
      return;
    }
    ended += history.hasEnded() ? 0 : 1;
    history.forgetAt = atMillis;
    long now = nanoTime.getAsLong();
    if (watched) {
      history.backUntil = now + BACK_NANOS;
    } else {
      // this one may go as soon as there is little room
      history.backUntil = now;
      lookAt = now;
    }
    if (atMillis <= System.currentTimeMillis()) {
      forget(history);
    }
  }

  private void forget(History<E> history) {
    drop(history);
    // those that it had are gone, and nobody else has them
    put(history.topic, forgotten, new EventLog<>(history.log.last(), TopicBounds.LATEST));
  }

  /**
   * How much more a topic's history takes before it lets go of something.
   *
   * @param events how many more events
   * @param bytes how many more bytes
   * @param crowded whether it has more than its share where all that are kept by name have nearly
   *     too much
   * @param byName whether it is one of these
   * @param first the sequence of its first event; that of the last one if there is none
   * @param gone the sequence up to which its events are gone
   * @param evicted how many are gone
   */
  public record Room(
      long events,
      long bytes,
      boolean crowded,
      boolean byName,
      long first,
      long gone,
      long evicted) {}

  /** Null for a topic without a history. Takes no lock. */
  public Room room(String topic) {
    History<E> history = histories.get(topic);
    if (history == null || isOther(history)) {
      return null;
    }
    EventLog<E> log = history.log;
    boolean byName = history.group == named;
    // of what they may take, not of what they take: else all may go on, up to the bound
    boolean crowded = byName && isCrowded() && history.bytes() > crowdedBytes() / namedTopics;
    // in this order: what goes meanwhile is seen to be
    E oldest = log.at(log.tail());
    long first = oldest == null ? log.last() : oldest.sequence();
    return new Room(
        log.roomEvents(), log.roomBytes(), crowded, byName, first, log.evicted(), log.tail());
  }

  // ---- reading

  /** The sequence after which all events of these topics are here. */
  public long completeSince(Selection topics) {
    return completeSince(topics, matched(topics, 0));
  }

  /**
   * The histories that wildcards match: each topic is looked at once for what is read.
   *
   * @param from the sequence from which on they have something
   */
  private List<History<E>> matched(Selection topics, long from) {
    if (!topics.hasWildcards() || !isActive()) {
      return List.of();
    }
    List<History<E>> matched = new ArrayList<>();
    for (History<E> history : histories.values()) {
      if (history.log.last() >= from && topics.wildcardMatches(history.topic)) {
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
    if (others) {
      History<E> rest = this.rest;
      since =
          rest == null
              ? Long.MAX_VALUE
              : Math.max(since, Math.max(forgotten.floor, rest.log.evicted()));
    }
    return Math.max(since, missing);
  }

  /** The sequence up to which events of a topic are gone that are not among the rest. */
  private long gone(History<E> history) {
    if (history == null || history.group == latest) {
      return 0;
    }
    return history.group == forgotten ? history.lost : history.log.evicted();
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
   * Events of these topics, and some of others, by rising sequence. With wildcards it takes its
   * time where there are many topics, as it looks at each: see {@link #pause}.
   *
   * @param from the first sequence
   * @param to the last, of an event that has been appended
   * @param most how many at most
   * @return null if some of those after {@code from} may be missing
   */
  public List<E> read(Selection topics, long from, long to, int most) {
    boolean costs = isCostly(topics);
    long begun = costs ? System.nanoTime() : 0;
    // those that have nothing of it lack nothing of it
    List<History<E>> matched = matched(topics, from);
    if (completeSince(topics, matched) >= from) {
      return null;
    }
    List<E> events = Merge.forward(logs(topics, matched), from, to, most);
    if (costs) {
      pace.took(begun, System.nanoTime());
    }
    // what was evicted meanwhile is seen to be
    return completeSince(topics, matched) < from ? events : null;
  }

  /** Whether all of these topics have a history, so that a {@link #read} looks at little else. */
  public boolean hasOwn(Selection topics) {
    if (topics.hasWildcards() || !isActive()) {
      return false;
    }
    for (String topic : topics.topics) {
      History<E> history = histories.get(topic);
      if (history == null || isOther(history)) {
        return false;
      }
    }
    return true;
  }

  /** Whether each {@link #read} looks at many topics. */
  public boolean isCostly(Selection topics) {
    return topics.hasWildcards() && histories.size() > MANY;
  }

  /**
   * How long those are to wait that {@link #isCostly read so much}: so that all of them together
   * take a small part of the processors, and who reads little is not held up.
   *
   * @return nanoseconds; 0 or below for no time
   */
  public long pause() {
    return pace.pause(System.nanoTime());
  }

  /**
   * The latest events of these topics that match, the oldest first, as far back as all are here.
   *
   * @param limit how many, from 0
   */
  public List<E> latest(Selection topics, Predicate<? super E> matches, int limit) {
    List<History<E>> matched = matched(topics, 0);
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

  /**
   * All that is here, to be stored for {@link #restore(List, List)}: the events in their order,
   * each once, and before them where they are complete. From any thread.
   */
  public List<StoredEvent> contents() {
    List<E> events = new ArrayList<>();
    StoredEvent marks = null;
    synchronized (this) {
      histories.values().forEach(history -> addAll(events, history.log));
      if (rest != null) {
        addAll(events, rest.log);
        addAll(events, everybody.log);
        marks = marks().toEvent();
      }
    }
    List<StoredEvent> contents = new ArrayList<>(events.size() + 1);
    if (marks != null) {
      contents.add(marks);
    }
    contents.addAll(Merge.inOrder(events));
    return contents;
  }

  private void addAll(List<E> events, EventLog<E> log) {
    for (long position = log.tail(); position < log.head(); position++) {
      E event = log.at(position);
      if (event != null) {
        events.add(event);
      }
    }
  }

  private Kind kind(Group<E> group) {
    if (group == named) {
      return Kind.NAMED;
    }
    if (group == forgotten) {
      return Kind.FORGOTTEN;
    }
    return group == latest ? Kind.LATEST : Kind.RULE;
  }

  private HistoryMarks marks() {
    List<Floor> floors = new ArrayList<>();
    List<String> patterns = patterns();
    for (int i = 0; i < groups.size(); i++) {
      floors.add(new Floor(patterns.get(i), groups.get(i).floor));
    }
    List<HistoryMarks.Topic> topics = new ArrayList<>();
    for (History<E> history : histories.values()) {
      Kind kind = kind(history.group);
      topics.add(
          new HistoryMarks.Topic(
              history.topic,
              kind,
              kind == Kind.FORGOTTEN ? history.lost : history.log.evicted(),
              kind == Kind.NAMED ? history.log.bounds() : UNBOUNDED,
              history.forgetAt));
    }
    return new HistoryMarks(
        last,
        missing,
        rest.log.evicted(),
        everybody.log.evicted(),
        forgotten.floor,
        floors,
        topics);
  }

  // ---- accounts

  /** The memory that they take, roughly: of an event that several topics keep, for each of them. */
  public long bytes() {
    return bytes + named.bytes;
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
