package org.starcast.topic;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Answers "who gets a message on these topics?". Thread-safe: matches take no lock and wait for
 * nobody; changes wait for each other only. A match sees the index as it was at one moment after
 * the match began, so that a change is seen by each match that begins after the change has
 * returned, and never by halves. A subscriber that is to miss something must mute it
 * <em>before</em> it subscribes. Subscribers are compared by identity.
 *
 * <p><b>The trie.</b> Patterns are kept in an immutable trie with one node per segment. A node
 * finds the child for a literal segment by hash, has at most one child each for {@code +} and
 * {@code *}, and finds children such as {@code room-*} by what stands before their first wildcard.
 * A change makes new nodes along one path, shares all others, and publishes the new root; nodes
 * that hold nothing any more are cut off. A topic is looked up by going through its segments once
 * with the set of nodes that match so far, each of which is looked at once per segment: hostile
 * patterns cannot make that explode.
 *
 * <p><b>Resolved topics.</b> What the walk finds are the subscribers of each pattern that matches,
 * each an array that belongs to the pattern and is shared by all topics. A {@link Resolution} is
 * the list of these arrays, with what this topic must do otherwise: those who match several
 * patterns or are muted.
 *
 * <p><b>The cache.</b> Resolved topics lie in a table of fixed size, one place per hash, so that
 * nothing is ever searched or evicted. A topic takes the place only when it comes twice without
 * another one for that place between: topics that are seen once leave no trace but one integer, and
 * cost no more than without a cache. An entry says for which version of the trie it is known to
 * hold. After a change the topic is walked again, which is cheap, and if it leads to the very same
 * arrays as before, the entry holds on: only what a change touched is resolved anew. Entries that
 * were not asked for while some hundred changes went by are dropped, so that old arrays do not pile
 * up, and a removed subscriber is let go at once even by those.
 *
 * @param <S> the subscriber; compared by identity
 */
public final class TopicIndex<S> {

  /**
   * After so many changes, entries that have not been asked for since the last time are dropped.
   */
  private static final int SWEEP_INTERVAL = 256;

  /** The index at one moment. */
  private static final class Snapshot<S> {
    final TopicNode<S> root;
    final long version;
    final int size;

    Snapshot(TopicNode<S> root, long version, int size) {
      this.root = root;
      this.version = version;
      this.size = size;
    }
  }

  /** A resolved topic. */
  private static final class Entry<S> {
    final String topic;
    final String[] segments;
    final Resolution<S> resolution;

    /** A version for which the resolution holds; several threads may set it, to true values all. */
    volatile long version;

    Entry(String topic, String[] segments, Resolution<S> resolution, long version) {
      this.topic = topic;
      this.segments = segments;
      this.resolution = resolution;
      this.version = version;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock. */
  private final Map<S, Subscriber<S>> subscribers = new IdentityHashMap<>();

  /** Guarded by the lock. */
  private long nextId;

  private volatile Snapshot<S> snapshot = new Snapshot<>(TopicNode.root(), 0, 0);

  private final AtomicReferenceArray<Entry<S>> cache;

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();

  /** The hash of the topic that last missed each place; races lose one, which does no harm. */
  private final int[] missed;

  /**
   * Creates an empty index.
   *
   * @param cacheSize how many resolved topics to keep, 0 to 1,048,576; 0 means no cache
   * @throws IllegalArgumentException if it is out of bounds
   */
  public TopicIndex(int cacheSize) {
    if (cacheSize < 0 || cacheSize > 1 << 20) {
      throw new IllegalArgumentException("cacheSize: must be 0 to 1048576, is " + cacheSize);
    }
    cache = new AtomicReferenceArray<>(cacheSize);
    missed = new int[cacheSize];
  }

  /** Adds or replaces: the subscriber's pattern, with the senders it wants (none means any). */
  public void subscribe(S subscriber, TopicPattern pattern, Set<String> senders) {
    Objects.requireNonNull(subscriber, "subscriber");
    Objects.requireNonNull(pattern, "pattern");
    Set<String> wanted = Set.copyOf(Objects.requireNonNull(senders, "senders"));
    lock.lock();
    try {
      Subscriber<S> holder = holder(subscriber);
      Set<String> before = holder.patterns.put(pattern, wanted);
      if (!wanted.equals(before)) {
        publish(
            snapshot.root.change(
                pattern,
                node -> node.withInterests(Interests.with(node.interests, holder, wanted))),
            before == null ? 1 : 0);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Removes a pattern of the subscriber; one that it does not have is ignored. */
  public void unsubscribe(S subscriber, TopicPattern pattern) {
    Objects.requireNonNull(subscriber, "subscriber");
    Objects.requireNonNull(pattern, "pattern");
    lock.lock();
    try {
      Subscriber<S> holder = subscribers.get(subscriber);
      if (holder != null && holder.patterns.remove(pattern) != null) {
        publish(withoutInterest(snapshot.root, holder, pattern), -1);
        forgetIfIdle(subscriber, holder);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Adds a mute of the subscriber. */
  public void mute(S subscriber, TopicPattern pattern) {
    Objects.requireNonNull(subscriber, "subscriber");
    Objects.requireNonNull(pattern, "pattern");
    lock.lock();
    try {
      Subscriber<S> holder = holder(subscriber);
      if (holder.mutes.add(pattern)) {
        publish(
            snapshot.root.change(
                pattern, node -> node.withMutes(Interests.with(node.mutes, holder, Set.of()))),
            1);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Removes a mute of the subscriber; one that it does not have is ignored. */
  public void unmute(S subscriber, TopicPattern pattern) {
    Objects.requireNonNull(subscriber, "subscriber");
    Objects.requireNonNull(pattern, "pattern");
    lock.lock();
    try {
      Subscriber<S> holder = subscribers.get(subscriber);
      if (holder != null && holder.mutes.remove(pattern)) {
        publish(withoutMute(snapshot.root, holder, pattern), -1);
        forgetIfIdle(subscriber, holder);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Removes all patterns and mutes of the subscriber, at one moment. Matches that are under way may
   * still show it once.
   */
  public void remove(S subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    lock.lock();
    try {
      Subscriber<S> holder = subscribers.remove(subscriber);
      if (holder == null) {
        return;
      }
      TopicNode<S> root = snapshot.root;
      for (TopicPattern pattern : holder.patterns.keySet()) {
        root = withoutInterest(root, holder, pattern);
      }
      for (TopicPattern pattern : holder.mutes) {
        root = withoutMute(root, holder, pattern);
      }
      publish(root, -holder.patterns.size() - holder.mutes.size());
      holder.value = null;
    } finally {
      lock.unlock();
    }
  }

  /** How many patterns it holds, mutes included, those of each subscriber counted. */
  public int size() {
    return snapshot.size;
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
    Snapshot<S> now = snapshot;
    @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array cannot be made otherwise
    Resolution<S>[] resolutions = new Resolution[topics.size()];
    int count = 0;
    boolean mutes = false;
    for (String topic : topics) {
      Resolution<S> resolution = resolve(now, topic);
      mutes |= resolution.hasMutes();
      if (resolution.size() > 0 || resolution.hasMutes()) {
        resolutions[count++] = resolution;
      }
    }
    if (count == 1) {
      resolutions[0].forEach(sender, action);
    } else if (count > 1) {
      forEachOnce(Arrays.copyOf(resolutions, count), mutes, sender, action);
    }
  }

  /** As {@link #forEachMatch(Collection, String, Consumer)}, for one topic. */
  public void forEachMatch(String topic, String sender, Consumer<? super S> action) {
    resolve(snapshot, topic).forEach(sender, action);
  }

  /** Calls the action once for each subscriber that would get a message of some sender. */
  public void forEachOn(String topic, Consumer<? super S> action) {
    resolve(snapshot, topic).forEach(Resolution.WHOEVER, action);
  }

  /** How many lookups of a topic the cache has answered. */
  public long hits() {
    return hits.sum();
  }

  /** How many lookups of a topic had to walk the trie. */
  public long misses() {
    return misses.sum();
  }

  /** How many nodes a walk looks at, to be held against a bound. */
  int steps(String topic) {
    return Walk.steps(snapshot.root, TopicName.split(topic));
  }

  /** Whether nothing at all is left in the trie. */
  boolean isBare() {
    return snapshot.root.isEmpty();
  }

  /** How many resolved topics the cache has now. */
  int cached() {
    int count = 0;
    for (int i = 0; i < cache.length(); i++) {
      count += cache.get(i) == null ? 0 : 1;
    }
    return count;
  }

  /** What the topic leads to now, to be compared by identity. */
  Resolution<S> resolution(String topic) {
    return resolve(snapshot, topic);
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

  private Resolution<S> resolve(Snapshot<S> now, String topic) {
    if (missed.length == 0) {
      misses.increment();
      return Resolution.of(Walk.matches(now.root, TopicName.split(topic)));
    }
    int hash = PersistentSet.spread(topic.hashCode());
    int place = (int) ((hash & 0xFFFFFFFFL) * missed.length >>> 32);
    Entry<S> entry = cache.get(place);
    if (entry != null && entry.topic.equals(topic)) {
      if (entry.version == now.version) {
        hits.increment();
        return entry.resolution;
      }
      misses.increment();
      var nodes = Walk.matches(now.root, entry.segments);
      if (entry.resolution.isOf(nodes)) {
        entry.version = now.version;
        return entry.resolution;
      }
      Resolution<S> resolution = Resolution.of(nodes);
      cache.set(place, new Entry<>(topic, entry.segments, resolution, now.version));
      return resolution;
    }
    misses.increment();
    String[] segments = TopicName.split(topic);
    Resolution<S> resolution = Resolution.of(Walk.matches(now.root, segments));
    if (missed[place] == hash) {
      cache.set(place, new Entry<>(topic, segments, resolution, now.version));
    } else {
      missed[place] = hash;
    }
    return resolution;
  }

  private Subscriber<S> holder(S subscriber) {
    return subscribers.computeIfAbsent(subscriber, s -> new Subscriber<>(nextId++, s));
  }

  private void forgetIfIdle(S subscriber, Subscriber<S> holder) {
    if (holder.patterns.isEmpty() && holder.mutes.isEmpty()) {
      subscribers.remove(subscriber);
      holder.value = null;
    }
  }

  private static <S> TopicNode<S> withoutInterest(
      TopicNode<S> root, Subscriber<S> holder, TopicPattern pattern) {
    return root.change(
        pattern, node -> node.withInterests(Interests.without(node.interests, holder)));
  }

  private static <S> TopicNode<S> withoutMute(
      TopicNode<S> root, Subscriber<S> holder, TopicPattern pattern) {
    return root.change(pattern, node -> node.withMutes(Interests.without(node.mutes, holder)));
  }

  /** Makes a change visible; the caller has the lock. */
  private void publish(TopicNode<S> root, int added) {
    Snapshot<S> before = snapshot;
    long version = before.version + 1;
    snapshot = new Snapshot<>(root, version, before.size + added);
    if (version % SWEEP_INTERVAL == 0) {
      for (int i = 0; i < cache.length(); i++) {
        Entry<S> entry = cache.get(i);
        if (entry != null && entry.version < version - SWEEP_INTERVAL) {
          cache.compareAndSet(i, entry, null);
        }
      }
    }
  }
}
