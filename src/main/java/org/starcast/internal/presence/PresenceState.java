package org.starcast.internal.presence;

import java.lang.System.Logger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.presence.PresenceCommand.Row;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.wire.EventId;
import org.starcast.presence.PresenceEvent;
import org.starcast.presence.PresenceEvent.Action;

/**
 * Who is on which topic at which node, and the joins and leaves that are to be published: a
 * replicated state machine. Every node applies the same commands in the same order, so all have the
 * same state at the same position, and the same ids for the same joins and leaves. It depends on
 * nothing else: no clock, no configuration, no thread. Not thread-safe.
 *
 * <p>A join or leave has an <em>owner</em>, the node whose command caused it, which publishes it;
 * if that node is declared gone, the one that declared it. Of one user on one topic, the next is
 * published when the one before is stored, so that their order is that of the commands.
 */
final class PresenceState {

  private static final Logger LOG = System.getLogger("org.starcast.presence");

  /** The most users on topics at nodes, counted together. */
  private static final int MAX_ENTRIES = 5_000_000;

  /** The most joins and leaves that wait until they are stored. */
  private static final int MAX_PENDING = 100_000;

  private static final int MAX_NODES = 1000;

  /**
   * A join or leave.
   *
   * @param id its idempotency key: the position of the command that caused it, and what it says
   * @param owner the node that publishes it
   */
  record Transition(String id, Action action, Key key, String owner) {

    PresenceEvent event() {
      return new PresenceEvent(action, key.user(), key.topic());
    }

    Transition ownedBy(String node) {
      return new Transition(id, action, key, node);
    }
  }

  /** A user on one topic. */
  private static final class User {
    private final Map<String, PresenceEntry> entries = new HashMap<>(2);
    private long since;

    UserState state() {
      return entries.values().stream()
          .map(PresenceEntry::state)
          .reduce(UserState.GONE, UserState::and);
    }
  }

  /** Takes what nodes have. */
  interface Visitor {
    /** A node has this entry. */
    void visit(String node, Key key, PresenceEntry entry);
  }

  private final Consumer<Transition> due;

  /** By topic, then by user; none without entries. */
  private final Map<String, Map<String, User>> topics = new HashMap<>();

  private int entries;

  /** The number of the last heartbeat of each node since it was gone last. */
  private final Map<String, Long> heartbeats = new HashMap<>();

  /** Nodes that have stopped, whose users may come to others. */
  private final Set<String> stopped = new HashSet<>();

  /** What is not stored yet, by id, in the order of the commands. */
  private final Map<String, Transition> pending = new LinkedHashMap<>();

  /** The ids of these, of each user on a topic. */
  private final Map<Key, ArrayDeque<String>> queues = new HashMap<>();

  private boolean overflowed;

  /**
   * Nobody anywhere.
   *
   * @param due takes each transition that its owner is to publish now; or, if its topic has no
   *     messages, that has just happened
   */
  PresenceState(Consumer<Transition> due) {
    this.due = due;
  }

  // ---- commands

  /**
   * A node says what has changed.
   *
   * @throws IllegalArgumentException if there are too many; nothing has changed then
   */
  void say(EventId at, String node, List<Row> on, List<Key> off) {
    if (entries + on.size() > MAX_ENTRIES) {
      throw new IllegalArgumentException("on: would be more than " + MAX_ENTRIES + " entries");
    }
    stopped.remove(node);
    on.forEach(row -> put(at, node, row.key(), row.entry()));
    off.forEach(key -> remove(at, node, key, node));
  }

  /** A node is there. */
  void heartbeat(String node, long number) {
    if (heartbeats.containsKey(node) || heartbeats.size() < MAX_NODES) {
      heartbeats.put(node, number);
    }
  }

  /** A node has stopped: its connections are closed, its users may be back on others. */
  void stop(String node) {
    if (stopped.size() < MAX_NODES) {
      stopped.add(node);
    }
  }

  /** Ends the time that users of a node that stopped had; ignored if the node is back. */
  void sweep(EventId at, String node, String by) {
    if (stopped.contains(node)) {
      gone(at, node, Long.MAX_VALUE, by);
    }
  }

  /**
   * A node is declared gone, and all its users with it.
   *
   * @param last the last heartbeat that was heard of it; ignored if there was one after that
   * @param by who declares so, and publishes what that node had not
   */
  void gone(EventId at, String node, long last, String by) {
    if (last < heartbeats.getOrDefault(node, -1L)) {
      return;
    }
    heartbeats.remove(node);
    stopped.remove(node);
    List<Transition> inherited = new ArrayList<>();
    pending.replaceAll(
        (id, next) -> {
          if (!next.owner().equals(node)) {
            return next;
          }
          Transition own = next.ownedBy(by);
          inherited.add(own);
          return own;
        });
    inherited.stream().filter(this::isFirst).forEach(due);
    keys(node).forEach(key -> remove(at, node, key, by));
  }

  /** A message is stored: returns what it is about; null for none that is pending. */
  Transition stored(String id) {
    Transition done = pending.remove(id);
    if (done != null) {
      ArrayDeque<String> queue = queues.get(done.key());
      boolean first = id.equals(queue.peek());
      queue.remove(id);
      if (queue.isEmpty()) {
        queues.remove(done.key());
      } else if (first) {
        due.accept(pending.get(queue.peek()));
      }
    }
    return done;
  }

  /**
   * The id of a join or leave: the same on all nodes, whatever else they know, as it tells the
   * command that causes it and what it says. Not by the epoch, which nodes may have named each for
   * itself.
   */
  private static String id(EventId at, String by, Action action, Key key) {
    byte[] name = (key.topic() + '\0' + key.user()).getBytes(StandardCharsets.UTF_8);
    return at.sequence() + "-" + by + "-" + action + "-" + UUID.nameUUIDFromBytes(name);
  }

  private void put(EventId at, String node, Key key, PresenceEntry entry) {
    User user = made(key);
    UserState before = user.state();
    user.since = before == UserState.GONE ? entry.since() : Math.min(user.since, entry.since());
    if (user.entries.put(node, entry) == null) {
      entries++;
    }
    changed(at, key, node, before, user.state());
  }

  private User made(Key key) {
    return topics
        .computeIfAbsent(key.topic(), topic -> new HashMap<>(2))
        .computeIfAbsent(key.user(), name -> new User());
  }

  private void remove(EventId at, String node, Key key, String by) {
    User user = user(key);
    if (user == null || !user.entries.containsKey(node)) {
      return;
    }
    UserState before = user.state();
    user.entries.remove(node);
    entries--;
    if (user.entries.isEmpty()) {
      Map<String, User> users = topics.get(key.topic());
      users.remove(key.user());
      if (users.isEmpty()) {
        topics.remove(key.topic());
      }
    }
    changed(at, key, by, before, user.state());
  }

  /** Of one command and user, an action comes once: so the id tells them apart. */
  private void changed(EventId at, Key key, String by, UserState before, UserState after) {
    before
        .to(after)
        .forEach(action -> happened(new Transition(id(at, by, action, key), action, key, by)));
  }

  private void happened(Transition transition) {
    if (!PresenceTopics.isLiteral(transition.key().topic())) {
      return;
    }
    if (!PresenceTopics.hasMessages(transition.key().topic())) {
      due.accept(transition);
      return;
    }
    add(transition);
    if (isFirst(transition)) {
      due.accept(transition);
    }
    if (pending.size() > MAX_PENDING) {
      stored(pending.keySet().iterator().next());
      if (!overflowed) {
        overflowed = true;
        LogMessage.PRESENCE_OVERFLOWED.log(LOG, MAX_PENDING);
      }
    }
  }

  private void add(Transition transition) {
    pending.put(transition.id(), transition);
    queues.computeIfAbsent(transition.key(), key -> new ArrayDeque<>(2)).add(transition.id());
  }

  private boolean isFirst(Transition transition) {
    return transition.id().equals(queues.get(transition.key()).peek());
  }

  // ---- what there is

  private User user(Key key) {
    return topics.getOrDefault(key.topic(), Map.of()).get(key.user());
  }

  /** What a node said of a user on a topic; null for nothing. */
  PresenceEntry entry(String node, Key key) {
    User user = user(key);
    return user == null ? null : user.entries.get(node);
  }

  /** When a user joined, in milliseconds since 1970; never if the user is not there. */
  long since(Key key) {
    User user = user(key);
    return user == null ? Long.MAX_VALUE : user.since;
  }

  /** Of whom, and where, a node has entries; looks at all there are. */
  Set<Key> keys(String node) {
    Set<Key> keys = new TreeSet<>();
    visit(
        (name, key, entry) -> {
          if (name.equals(node)) {
            keys.add(key);
          }
        });
    return keys;
  }

  /** The topics, and patterns, where anybody is. */
  Set<String> topics() {
    return topics.keySet();
  }

  /** All entries, as if each user had joined there when the user joined. */
  void visit(Visitor visitor) {
    topics.keySet().forEach(topic -> visit(topic, visitor));
  }

  /** The entries of a topic likewise; a node that has stopped has no open connections. */
  void visit(String topic, Visitor visitor) {
    topics
        .getOrDefault(topic, Map.of())
        .forEach(
            (name, user) -> {
              Key key = new Key(topic, name);
              user.entries.forEach(
                  (node, entry) -> visitor.visit(node, key, entry.since(user.since)));
            });
  }

  /** Nodes that have stopped, whose users still have time to come back. */
  Set<String> stopped() {
    return stopped;
  }

  /** What is not stored yet, in order. */
  Collection<Transition> pending() {
    return pending.values();
  }

  /** Whether it is not stored yet, and this node publishes it. */
  boolean isPending(Transition transition) {
    return transition.equals(pending.get(transition.id()));
  }

  /** What may be published now, the first of each user on a topic. */
  List<Transition> firsts() {
    return pending.values().stream().filter(this::isFirst).toList();
  }

  /** The nodes that somebody has to look after, with the numbers of their last heartbeats. */
  Map<String, Long> nodes() {
    Map<String, Long> nodes = new HashMap<>(heartbeats);
    visit((node, key, entry) -> nodes.putIfAbsent(node, 0L));
    pending.values().forEach(next -> nodes.putIfAbsent(next.owner(), 0L));
    nodes.keySet().removeAll(stopped);
    return nodes;
  }

  /** Adds what a part of a copy of another node's state has. */
  void restore(PresenceCommand part) {
    for (Row row : part.on()) {
      User user = made(row.key());
      user.since = row.entry().since();
      user.entries.put(row.node(), row.entry());
      entries++;
    }
    part.pending().forEach(this::add);
    stopped.addAll(part.stopped());
    part.nodes().forEach(this::heartbeat);
  }
}
