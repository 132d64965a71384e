package org.starcast.internal.topic;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * Answers "who gets a message on these topics?". Thread-safe, by one lock: those who publish come
 * one after the other anyway. A match sees the index as it is at one moment, and calls its action
 * without the lock. A subscriber that is to miss something must mute it <em>before</em> it
 * subscribes. Subscribers are compared by identity.
 *
 * <p><b>The trie.</b> One node per segment. A node finds the child for a literal segment by hash,
 * has at most one child each for {@code +} and {@code *}, and finds children such as {@code room-*}
 * by what stands between their stars ({@link GlobTrie}). A topic is looked up by going through its
 * segments once with the set of nodes that match so far, each of which is looked at once per
 * segment: hostile patterns cannot make that explode ({@link Walk}).
 *
 * <p><b>The cache.</b> A topic resolves to the nodes where the patterns end that match it. Who
 * comes to a pattern that others have, or leaves it to others, does not touch that. A pattern that
 * is new or gone makes a new version for those topics alone that it may match: the one topic where
 * it has no wildcard, those with the same first segment where that is literal, else all. What is of
 * an old version is looked up again. Resolved topics lie in a table of fixed size, one place per
 * hash, so that nothing is ever searched. A topic takes the place only when it misses twice without
 * another one's miss there between: topics that are seen once leave no trace but one integer. What
 * the entries take is bounded in bytes; when it is too much, the cache begins anew.
 *
 * @param <S> the subscriber; compared by identity
 */
public final class TopicIndex<S> {

  /** Of the heap, for resolved topics. */
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

    final List<TopicNode<S>> nodes;

    /** The version for which it holds. */
    long version;

    Entry(String topic, int first, List<TopicNode<S>> nodes, long version) {
      this.topic = topic;
      this.first = first;
      this.nodes = nodes;
      this.version = version;
    }

    /** The bytes that it takes, with nodes that only it still has. */
    long weight() {
      return 100 + 2L * topic.length() + 200L * nodes.size();
    }
  }

  private final TopicNode<S> root = new TopicNode<>();
  private final Map<S, Subscriber<S>> subscribers = new IdentityHashMap<>();
  private int size;

  /** How often subscribers were collected one by one. */
  private long collections;

  // a topic's version is the sum of both, which only rise
  private long version;
  private final long[] versions = new long[FIRST_SEGMENTS];

  private final Entry<S>[] cache;

  /** The hash of the topic that last missed each place. */
  private final int[] missed;

  private final long maxCachedBytes;
  private long cachedBytes;
  private long hits;
  private long misses;

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
  @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array cannot be made otherwise
  TopicIndex(int cacheSize, long maxCachedBytes) {
    if (cacheSize < 0 || cacheSize > 1 << 20) {
      throw new IllegalArgumentException("cacheSize: must be 0 to 1048576, is " + cacheSize);
    }
    this.cache = new Entry[Math.max(cacheSize, 1)];
    this.missed = new int[cache.length];
    this.maxCachedBytes = cacheSize == 0 ? 0 : maxCachedBytes;
  }

  // ---- changes

  /**
   * Adds or replaces: the subscriber's pattern, with the senders it wants (none means any).
   *
   * @param senders not to be changed any more: several patterns may share them
   */
  public synchronized void subscribe(S subscriber, CompiledPattern pattern, Set<String> senders) {
    Objects.requireNonNull(subscriber, "subscriber");
    Objects.requireNonNull(pattern, "pattern");
    Objects.requireNonNull(senders, "senders");
    TopicNode<S> node = root.make(pattern);
    if (node.interests == null) {
      node.interests = new Members<>(node, pattern);
      outdate(pattern);
    }
    join(subscriber, node.interests, senders);
  }

  /** Removes a pattern of the subscriber; one that it does not have is ignored. */
  public synchronized void unsubscribe(S subscriber, CompiledPattern pattern) {
    TopicNode<S> node = root.find(pattern);
    if (node != null && node.interests != null) {
      leave(subscriber, node.interests);
    }
  }

  /** Adds a mute of the subscriber. */
  public synchronized void mute(S subscriber, CompiledPattern pattern) {
    Objects.requireNonNull(subscriber, "subscriber");
    Objects.requireNonNull(pattern, "pattern");
    TopicNode<S> node = root.make(pattern);
    if (node.mutes == null) {
      node.mutes = new Members<>(node, pattern);
      outdate(pattern);
    }
    join(subscriber, node.mutes, Set.of());
  }

  /** Removes a mute of the subscriber; one that it does not have is ignored. */
  public synchronized void unmute(S subscriber, CompiledPattern pattern) {
    TopicNode<S> node = root.find(pattern);
    if (node != null && node.mutes != null) {
      leave(subscriber, node.mutes);
    }
  }

  /** Removes all patterns and mutes of the subscriber, at one moment. */
  public synchronized void remove(S subscriber) {
    Subscriber<S> holder = subscribers.get(subscriber);
    if (holder != null) {
      List.copyOf(holder.places.keySet()).forEach(members -> leave(subscriber, members));
    }
  }

  private void join(S subscriber, Members<S> members, Set<String> senders) {
    Subscriber<S> holder = subscribers.computeIfAbsent(subscriber, Subscriber::new);
    size += members.put(holder, senders) ? 1 : 0;
  }

  private void leave(S subscriber, Members<S> members) {
    Subscriber<S> holder = subscribers.get(subscriber);
    if (holder == null || !members.remove(holder)) {
      return;
    }
    size--;
    if (members.list.isEmpty()) {
      members.node.drop(members);
      outdate(members.pattern);
    }
    if (holder.places.isEmpty()) {
      subscribers.remove(subscriber);
      holder.value = null;
    }
  }

  /** Makes a new version for those topics alone that a pattern may match. */
  private void outdate(CompiledPattern pattern) {
    Segment first = pattern.segments()[0];
    if (pattern.isLiteral()) {
      String topic = pattern.toString();
      Entry<S> entry = cache[place(spread(topic.hashCode()))];
      if (entry != null && entry.topic.equals(topic)) {
        entry.version = OUTDATED;
      }
    } else if (first.kind == Segment.Kind.LITERAL) {
      versions[first(first.text)]++;
    } else {
      version++;
    }
  }

  // ---- matches

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
    if (topics.isEmpty()) {
      throw new IllegalArgumentException("topics: has none, at least 1");
    }
    show(match(topics, sender), action);
  }

  /** As {@link #forEachMatch(Collection, String, Consumer)}, for one topic. */
  public void forEachMatch(String topic, String sender, Consumer<? super S> action) {
    show(match(List.of(topic), sender), action);
  }

  /** Calls the action once for each subscriber that would get a message of some sender. */
  public void forEachOn(String topic, Consumer<? super S> action) {
    show(on(topic), action);
  }

  /** How many subscribers {@link #forEachOn} would show. */
  public synchronized int countOn(String topic) {
    List<TopicNode<S>> nodes = resolve(topic);
    // mostly one pattern, and nobody to leave out
    return nodes.size() == 1 && nodes.get(0).mutes == null && nodes.get(0).interests != null
        ? nodes.get(0).interests.list.size()
        : on(topic).size();
  }

  private static <S> void show(List<Subscriber<S>> subscribers, Consumer<? super S> action) {
    for (Subscriber<S> subscriber : subscribers) {
      S value = subscriber.value;
      if (value != null) {
        action.accept(value);
      }
    }
  }

  private synchronized List<Subscriber<S>> on(String topic) {
    return collect(Walk.matches(root, TopicName.split(topic)), (members, subscriber) -> true);
  }

  private synchronized List<Subscriber<S>> match(Collection<String> topics, String sender) {
    List<TopicNode<S>> nodes;
    if (topics.size() == 1) {
      nodes = resolve(topics.iterator().next());
    } else {
      nodes = new ArrayList<>();
      topics.forEach(topic -> nodes.addAll(resolve(topic)));
    }
    return collect(nodes, (members, subscriber) -> members.wants(subscriber, sender));
  }

  /** Those who want it, each once, without those who mute one of the patterns. */
  private List<Subscriber<S>> collect(
      List<TopicNode<S>> nodes, BiPredicate<Members<S>, Subscriber<S>> wanted) {
    collections++;
    boolean muted = mark(nodes);
    // mostly, all of one pattern, and few others
    Members<S> most = muted ? null : most(nodes);
    List<Subscriber<S>> found;
    if (most == null) {
      found = new ArrayList<>();
    } else {
      found = new ArrayList<>(most.list.size() + nodes.size() - 1);
      found.addAll(most.list);
    }
    for (TopicNode<S> node : nodes) {
      Members<S> members = node.interests;
      if (members != null && members != most) {
        for (Subscriber<S> subscriber : members.list) {
          if (subscriber.seen != collections
              && (most == null || !subscriber.places.containsKey(most))
              && wanted.test(members, subscriber)) {
            subscriber.seen = collections;
            found.add(subscriber);
          }
        }
      }
    }
    return found;
  }

  /** Takes those who mute one of the patterns for seen; returns whether there are any. */
  private boolean mark(List<TopicNode<S>> nodes) {
    boolean muted = false;
    for (TopicNode<S> node : nodes) {
      if (node.mutes != null) {
        node.mutes.list.forEach(subscriber -> subscriber.seen = collections);
        muted = true;
      }
    }
    return muted;
  }

  /** Of the patterns whose subscribers all want any sender, the one that has the most; or null. */
  private static <S> Members<S> most(List<TopicNode<S>> nodes) {
    Members<S> most = null;
    for (TopicNode<S> node : nodes) {
      Members<S> members = node.interests;
      if (members != null
          && members.wantAny()
          && (most == null || members.list.size() > most.list.size())) {
        most = members;
      }
    }
    return most;
  }

  /** The nodes where patterns end that match the topic; with the lock. */
  List<TopicNode<S>> resolve(String topic) {
    int hash = spread(topic.hashCode());
    int place = place(hash);
    Entry<S> entry = cache[place];
    boolean known = entry != null && entry.topic.equals(topic);
    if (known && entry.version == version + versions[entry.first]) {
      hits++;
      return entry.nodes;
    }
    misses++;
    String[] segments = TopicName.split(topic);
    List<TopicNode<S>> nodes = Walk.matches(root, segments);
    if (known || missed[place] == hash) {
      int first = first(segments[0]);
      put(place, new Entry<>(topic, first, nodes, version + versions[first]));
    } else {
      missed[place] = hash;
    }
    return nodes;
  }

  private void put(int place, Entry<S> entry) {
    Entry<S> before = cache[place];
    cachedBytes -= before == null ? 0 : before.weight();
    cache[place] = null;
    if (entry.weight() > maxCachedBytes / LARGEST_SHARE) {
      return;
    }
    if (cachedBytes + entry.weight() > maxCachedBytes) {
      Arrays.fill(cache, null);
      cachedBytes = 0;
    }
    cache[place] = entry;
    cachedBytes += entry.weight();
  }

  private int place(int hash) {
    return (int) ((hash & 0xFFFFFFFFL) * cache.length >>> 32);
  }

  private static int first(String segment) {
    return spread(segment.hashCode()) & FIRST_SEGMENTS - 1;
  }

  /** Spreads the bits of a hash, all of which are used. */
  private static int spread(int hash) {
    int h = hash * 0x9E3779B9;
    h ^= h >>> 15;
    h *= 0x85EBCA6B;
    return h ^ h >>> 13;
  }

  // ---- figures

  /** How many patterns it holds, mutes included, those of each subscriber counted. */
  synchronized int size() {
    return size;
  }

  /** How many lookups of a topic the cache has answered. */
  public synchronized long hits() {
    return hits;
  }

  /** How many lookups of a topic had to walk the trie. */
  public synchronized long misses() {
    return misses;
  }

  /** How many nodes and globs a walk looks at, to be held against a bound. */
  synchronized int steps(String topic) {
    return Walk.steps(root, TopicName.split(topic));
  }

  /** Whether nothing at all is left in the trie. */
  synchronized boolean isBare() {
    return root.isEmpty();
  }

  /** How many resolved topics the cache has now. */
  synchronized int cached() {
    return (int) Arrays.stream(cache).filter(Objects::nonNull).count();
  }

  /** What they take, roughly. */
  synchronized long cachedBytes() {
    return cachedBytes;
  }
}
