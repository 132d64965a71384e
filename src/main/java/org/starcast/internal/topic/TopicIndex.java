package org.starcast.internal.topic;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Answers "who gets a message on these topics?". Thread-safe. A match sees the index as it was at
 * one moment after the match began, so that a change is seen by each match that begins after the
 * change has returned, and never by halves. A subscriber that is to miss something must mute it
 * <em>before</em> it subscribes. Subscribers are compared by identity. The form is that of {@code
 * sublist.go} of nats-server: a plain trie under one read-write lock, and a cache before it.
 *
 * <p><b>The trie.</b> One node per segment. A node finds the child for a literal segment by hash,
 * has at most one child each for {@code +} and {@code *}, and finds children such as {@code room-*}
 * by what stands between their stars ({@link GlobTrie}). A topic is looked up by going through its
 * segments once with the set of nodes that match so far, each of which is looked at once per
 * segment: hostile patterns cannot make that explode.
 *
 * <p><b>Resolved topics.</b> What the walk finds are the subscribers of each pattern that matches.
 * A {@link Resolution} is the array of the largest of them, which all topics share, and one of its
 * own for the rest. Actions are called without a lock.
 *
 * <p><b>The cache.</b> Resolved topics lie in a table of fixed size, one place per hash, so that
 * nothing is ever searched. A topic takes the place only when it comes twice without another one
 * for that place between: topics that are seen once leave no trace but one integer. What the
 * entries take is bounded in bytes; when it is too much, the cache begins anew. A hit takes no
 * lock: an entry says for which version it holds, and a change makes a new version for those topics
 * alone that it may touch: the one topic where its pattern has no wildcard, those with the same
 * first segment where that is literal, else all. An entry of an old version is walked again, and
 * holds on if that leads to the very same arrays. Old entries are dropped in the course of changes,
 * so that old arrays do not pile up, and a removed subscriber is released at once even by those.
 *
 * <p>Over 500 lines, of which these are many: which entries a change outdates is decided where the
 * change is made, so that trie and cache are one.
 *
 * @param <S> the subscriber; compared by identity
 */
public final class TopicIndex<S> {

  /** After so many changes, entries of an old version are dropped. */
  private static final int SWEEP_INTERVAL = 256;

  /** Of the heap, for what resolved topics have of their own. */
  private static final int HEAP_SHARE = 64;

  /** An entry that takes more than this part of all is not kept. */
  private static final int LARGEST_SHARE = 4;

  private static final int FIRST_SEGMENTS = 256;
  private static final long OUTDATED = -1;

  /** A resolved topic. */
  private static final class Entry<S> {
    final String topic;

    /** Which versions it depends on, by its first segment. */
    final int first;

    final Resolution<S> resolution;

    /** The version for which the resolution holds. */
    volatile long version;

    Entry(String topic, int first, Resolution<S> resolution, long version) {
      this.topic = topic;
      this.first = first;
      this.resolution = resolution;
      this.version = version;
    }

    int weight() {
      return 100 + 2 * topic.length() + resolution.weight();
    }
  }

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private final TopicNode<S> root = new TopicNode<>();
  private final Map<S, Subscriber<S>> subscribers = new IdentityHashMap<>();
  private long nextId;
  private int changes;

  /** The bytes of arrays that are out of date, and that entries may still have. */
  private long outdatedBytes;

  private volatile int size;

  // a topic's version is the sum of both, which only rise
  private volatile long version;
  private final AtomicLongArray versions = new AtomicLongArray(FIRST_SEGMENTS);

  private final AtomicReferenceArray<Entry<S>> cache;
  private final AtomicLong cachedBytes = new AtomicLong();
  private final long maxCachedBytes;

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();

  /** The hash of the topic that last missed each place; races lose one, which does no harm. */
  private final int[] missed;

  /**
   * Creates an empty index, whose resolved topics take a 64th of the heap at most.
   *
   * @param cacheSize how many resolved topics to keep, 0 to 1,048,576; 0 means no cache
   * @throws IllegalArgumentException if it is out of bounds
   */
  public TopicIndex(int cacheSize) {
    this(cacheSize, Runtime.getRuntime().maxMemory() / HEAP_SHARE);
  }

  /**
   * As above.
   *
   * @param maxCachedBytes the most memory that resolved topics take, roughly
   */
  TopicIndex(int cacheSize, long maxCachedBytes) {
    if (cacheSize < 0 || cacheSize > 1 << 20) {
      throw new IllegalArgumentException("cacheSize: must be 0 to 1048576, is " + cacheSize);
    }
    this.cache = new AtomicReferenceArray<>(cacheSize);
    this.missed = new int[cacheSize];
    this.maxCachedBytes = maxCachedBytes;
  }

  // ---- changes

  /**
   * Adds or replaces: the subscriber's pattern, with the senders it wants (none means any).
   *
   * @param senders not to be changed any more: several patterns may share them
   */
  public void subscribe(S subscriber, CompiledPattern pattern, Set<String> senders) {
    Objects.requireNonNull(subscriber, "subscriber");
    Objects.requireNonNull(pattern, "pattern");
    Objects.requireNonNull(senders, "senders");
    lock.writeLock().lock();
    try {
      Subscriber<S> holder = holder(subscriber);
      TopicNode<S> node = root.make(pattern);
      if (node.interests == null) {
        node.interests = new Interests<>(node);
      }
      Interests.Interest<S> before = holder.held.get(node.interests);
      if (before == null) {
        Interests.Interest<S> interest = new Interests.Interest<>(holder, senders);
        holder.held.put(node.interests, interest);
        size = size + 1;
        changed(node, node.interests.add(interest));
      } else if (!before.senders().equals(senders)) {
        changed(node, node.interests.change(before, senders));
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Removes a pattern of the subscriber; one that it does not have is ignored. */
  public void unsubscribe(S subscriber, CompiledPattern pattern) {
    leave(subscriber, pattern, node -> node.interests);
  }

  /** Adds a mute of the subscriber. */
  public void mute(S subscriber, CompiledPattern pattern) {
    Objects.requireNonNull(subscriber, "subscriber");
    Objects.requireNonNull(pattern, "pattern");
    lock.writeLock().lock();
    try {
      Subscriber<S> holder = holder(subscriber);
      TopicNode<S> node = root.make(pattern);
      if (node.mutes == null) {
        node.mutes = new Interests<>(node);
      }
      if (holder.muted == null) {
        holder.muted = new IdentityHashMap<>(2);
      }
      if (!holder.muted.containsKey(node.mutes)) {
        Interests.Interest<S> interest = new Interests.Interest<>(holder, Set.of());
        holder.muted.put(node.mutes, interest);
        size = size + 1;
        changed(node, node.mutes.add(interest));
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Removes a mute of the subscriber; one that it does not have is ignored. */
  public void unmute(S subscriber, CompiledPattern pattern) {
    leave(subscriber, pattern, node -> node.mutes);
  }

  /**
   * Removes all patterns and mutes of the subscriber, at one moment. Matches that are under way may
   * still show it once.
   */
  public void remove(S subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    lock.writeLock().lock();
    try {
      Subscriber<S> holder = subscribers.remove(subscriber);
      if (holder != null) {
        holder.held.forEach(this::leave);
        holder.held.clear();
        if (holder.muted != null) {
          holder.muted.forEach(this::leave);
          holder.muted = null;
        }
        holder.value = null;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private Subscriber<S> holder(S subscriber) {
    return subscribers.computeIfAbsent(subscriber, s -> new Subscriber<>(nextId++, s));
  }

  private void leave(
      S subscriber, CompiledPattern pattern, Function<TopicNode<S>, Interests<S>> which) {
    Objects.requireNonNull(subscriber, "subscriber");
    Objects.requireNonNull(pattern, "pattern");
    lock.writeLock().lock();
    try {
      Subscriber<S> holder = subscribers.get(subscriber);
      TopicNode<S> node = holder == null ? null : root.find(pattern);
      Interests<S> interests = node == null ? null : which.apply(node);
      Interests.Interest<S> interest = interests == null ? null : holder.remove(interests);
      if (interest != null) {
        leave(interests, interest);
        forgetIfIdle(subscriber, holder);
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void leave(Interests<S> interests, Interests.Interest<S> interest) {
    TopicNode<S> node = interests.node;
    int outdated = interests.remove(interest);
    if (interests.size() == 0) {
      if (node.interests == interests) {
        node.interests = null;
      } else {
        node.mutes = null;
      }
    }
    size = size - 1;
    changed(node, outdated);
    node.prune();
  }

  private void forgetIfIdle(S subscriber, Subscriber<S> holder) {
    if (holder.isIdle()) {
      subscribers.remove(subscriber);
      holder.value = null;
    }
  }

  /** Makes a new version for those topics that a change of this pattern's subscribers may touch. */
  private void changed(TopicNode<S> end, int outdated) {
    String literal = "";
    TopicNode<S> first = end;
    for (TopicNode<S> node = end; node.parent != null; node = node.parent) {
      boolean isLiteral = literal != null && node.segment.kind == Segment.Kind.LITERAL;
      literal = isLiteral ? node.segment.text + (node == end ? "" : ".") + literal : null;
      first = node;
    }
    if (literal != null) {
      outdate(literal);
    } else if (first.segment.kind == Segment.Kind.LITERAL) {
      versions.incrementAndGet(first(first.segment.text));
    } else {
      version = version + 1;
    }
    outdatedBytes += outdated;
    if (++changes == SWEEP_INTERVAL || outdatedBytes > maxCachedBytes) {
      changes = 0;
      outdatedBytes = 0;
      sweep();
    }
  }

  private void outdate(String topic) {
    if (missed.length > 0) {
      Entry<S> entry = cache.get(place(spread(topic.hashCode())));
      if (entry != null && entry.topic.equals(topic)) {
        entry.version = OUTDATED;
      }
    }
  }

  /** Drops what is of an old version, so that it is resolved anew when it is asked for. */
  private void sweep() {
    for (int place = 0; place < missed.length; place++) {
      Entry<S> entry = cache.get(place);
      if (entry != null && entry.version != version(entry.first)) {
        replace(place, null);
        missed[place] = spread(entry.topic.hashCode());
      }
    }
  }

  // ---- matches

  /** How many patterns it holds, mutes included, those of each subscriber counted. */
  public int size() {
    return size;
  }

  /**
   * Calls the action once for each subscriber that shall get a message on these topics from this
   * sender. The action may change the index, which has no effect on the call under way except that
   * a subscriber that has been removed is left out; an exception that it throws ends the call.
   *
   * @param topics at least one; each one that {@link TopicName#check} accepts
   * @param sender the sender, or null
   * @throws IllegalArgumentException if there is no topic
   */
  public void forEachMatch(Collection<String> topics, String sender, Consumer<? super S> action) {
    Iterator<String> iterator = topics.iterator();
    if (!iterator.hasNext()) {
      throw new IllegalArgumentException("topics: has none, at least 1");
    }
    String first = iterator.next();
    if (!iterator.hasNext()) {
      forEachMatch(first, sender, action);
      return;
    }
    @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array cannot be made otherwise
    Resolution<S>[] resolutions = new Resolution[topics.size()];
    int count = 0;
    boolean mutes = false;
    // all of one moment
    lock.readLock().lock();
    try {
      for (String topic : topics) {
        Resolution<S> resolution = resolve(topic);
        mutes |= resolution.hasMutes();
        if (resolution.size() > 0 || resolution.hasMutes()) {
          resolutions[count++] = resolution;
        }
      }
    } finally {
      lock.readLock().unlock();
    }
    if (count == 1) {
      resolutions[0].forEach(sender, false, action);
    } else if (count > 1) {
      forEachOnce(Arrays.copyOf(resolutions, count), mutes, sender, action);
    }
  }

  /** As {@link #forEachMatch(Collection, String, Consumer)}, for one topic. */
  public void forEachMatch(String topic, String sender, Consumer<? super S> action) {
    resolution(topic).forEach(sender, false, action);
  }

  /** Calls the action once for each subscriber that would get a message of some sender. */
  public void forEachOn(String topic, Consumer<? super S> action) {
    resolution(topic).forEach(null, true, action);
  }

  /** How many subscribers {@link #forEachOn} would show; does not count as a lookup. */
  public int countOn(String topic) {
    Entry<S> entry = missed.length == 0 ? null : cache.get(place(spread(topic.hashCode())));
    if (entry != null && entry.topic.equals(topic) && entry.version == version(entry.first)) {
      return entry.resolution.size();
    }
    lock.readLock().lock();
    try {
      return Resolution.of(Walk.matches(root, TopicName.split(topic))).size();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** How many lookups of a topic the cache has answered. */
  public long hits() {
    return hits.sum();
  }

  /** How many lookups of a topic had to walk the trie. */
  public long misses() {
    return misses.sum();
  }

  /** How many nodes and globs a walk looks at, to be held against a bound. */
  int steps(String topic) {
    return Walk.steps(root, TopicName.split(topic));
  }

  /** Whether nothing at all is left in the trie. */
  boolean isBare() {
    return root.isEmpty();
  }

  /** How many resolved topics the cache has now. */
  int cached() {
    int count = 0;
    for (int i = 0; i < cache.length(); i++) {
      count += cache.get(i) == null ? 0 : 1;
    }
    return count;
  }

  /** What they take, roughly. */
  long cachedBytes() {
    return cachedBytes.get();
  }

  private static <S> void forEachOnce(
      Resolution<S>[] resolutions, boolean mutes, String sender, Consumer<? super S> action) {
    // the largest comes last: it needs to be looked up in those before it, but not remembered
    Arrays.sort(resolutions, Comparator.comparingInt(Resolution::size));
    SubscriberSet<S> done = new SubscriberSet<>(resolutions[resolutions.length - 2].size());
    if (mutes) {
      for (Resolution<S> resolution : resolutions) {
        resolution.addMuted(done);
      }
    }
    for (int i = 0; i < resolutions.length; i++) {
      boolean last = i == resolutions.length - 1;
      resolutions[i].forEachSubscriber(
          sender,
          subscriber -> {
            if (last ? !done.contains(subscriber) : done.add(subscriber)) {
              S value = subscriber.value;
              if (value != null) {
                action.accept(value);
              }
            }
          });
    }
  }

  /** What the topic leads to now. */
  Resolution<S> resolution(String topic) {
    if (missed.length > 0) {
      Entry<S> entry = cache.get(place(spread(topic.hashCode())));
      if (entry != null && entry.topic.equals(topic) && entry.version == version(entry.first)) {
        hits.increment();
        return entry.resolution;
      }
    }
    lock.readLock().lock();
    try {
      return resolve(topic);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** The same, with the lock held. */
  private Resolution<S> resolve(String topic) {
    if (missed.length == 0) {
      misses.increment();
      return Resolution.of(Walk.matches(root, TopicName.split(topic)));
    }
    int hash = spread(topic.hashCode());
    int place = place(hash);
    Entry<S> entry = cache.get(place);
    boolean known = entry != null && entry.topic.equals(topic);
    if (known && entry.version == version(entry.first)) {
      hits.increment();
      return entry.resolution;
    }
    misses.increment();
    String[] segments = TopicName.split(topic);
    List<TopicNode<S>> nodes = Walk.matches(root, segments);
    if (known && entry.resolution.isOf(nodes)) {
      entry.version = version(entry.first);
      return entry.resolution;
    }
    Resolution<S> resolution = Resolution.of(nodes);
    if (known || missed[place] == hash) {
      int first = first(segments[0]);
      put(place, new Entry<>(topic, first, resolution, version(first)));
    } else {
      missed[place] = hash;
    }
    return resolution;
  }

  private void put(int place, Entry<S> entry) {
    if (entry.weight() > maxCachedBytes / LARGEST_SHARE) {
      replace(place, null);
      return;
    }
    if (cachedBytes.get() + entry.weight() > maxCachedBytes) {
      for (int i = 0; i < missed.length; i++) {
        replace(i, null);
      }
    }
    replace(place, entry);
  }

  private void replace(int place, Entry<S> entry) {
    Entry<S> before = cache.getAndSet(place, entry);
    cachedBytes.addAndGet(
        (entry == null ? 0 : entry.weight()) - (before == null ? 0 : before.weight()));
  }

  private int place(int hash) {
    return (int) ((hash & 0xFFFFFFFFL) * missed.length >>> 32);
  }

  private long version(int first) {
    return version + versions.get(first);
  }

  private static int first(String segment) {
    return spread(segment.hashCode()) & FIRST_SEGMENTS - 1;
  }

  /** Spreads the bits of a hash, all of which are used. */
  static int spread(int hash) {
    int h = hash * 0x9E3779B9;
    h ^= h >>> 15;
    h *= 0x85EBCA6B;
    return h ^ h >>> 13;
  }
}
