package org.starcast.presence;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.starcast.presence.Fact.Key;
import org.starcast.presence.PresenceEvent.Action;

/**
 * Who is where on all nodes. All nodes apply the same facts in the same order, so what is here is
 * the same on all of them, and so is who tells which join or leave. Not thread-safe.
 *
 * <p>The teller of a change is the node whose fact made it; but while another one may not yet have
 * published what it was to tell of the same user and place, that one, as the order of these
 * messages must be that of the changes. A node says how far it has got by the numbers of its own
 * commands: what became its to tell before command <i>n</i> of it had its place, is of a number
 * less than <i>n</i>.
 */
final class Membership {

  /** The most changes that a node is waited for. */
  private static final int MAX_UNTOLD = 100_000;

  private static final int MAX_NODES = 1000;

  /**
   * A change that this node is to tell.
   *
   * @param number that of this node's last command before it
   * @param repeated whether it may have been told before
   */
  record Note(Action action, Key key, long number, boolean repeated) {}

  /** A user in one place; with no facts, one who left. */
  private static final class Entry {
    private final Map<String, Fact> facts = new HashMap<>(2);
    private long since;

    /** Who may not have told the last change yet; null for nobody. */
    private String teller;
  }

  /** What a node said. */
  private static final class Node {
    private final Map<Key, Fact> facts = new HashMap<>();

    /** What it is to tell, and since which of its commands; the oldest first. */
    private final Map<Key, Long> untold = new LinkedHashMap<>();

    private long number;

    /** The last number of which it has told all. */
    private long told;

    /** It has told who is there, at some time. */
    private boolean active;

    /** The others took it for gone; should it come back, its commands go on from that number. */
    private boolean gone;

    /** Who then told what it had to, and since which of that one's commands. */
    private String heir;

    private long heirNumber;

    /** It has stopped, and its users may come to others. */
    private boolean leaving;

    /** What it has repeated so far, while it repeats all; else null. */
    private Set<Key> repeated;
  }

  private final String self;
  private final Consumer<Note> noted;
  private final Consumer<Key> changed;
  private final Map<String, Node> nodes = new HashMap<>();

  /** By place, then by user. */
  private final Map<String, Map<String, Entry>> places = new HashMap<>();

  private final ArrayDeque<Note> notes = new ArrayDeque<>();

  /**
   * For this node.
   *
   * @param noted is given each change that becomes this node's to tell
   * @param changed is given whoever joins or leaves, anywhere
   */
  Membership(String self, Consumer<Note> noted, Consumer<Key> changed) {
    this.self = self;
    this.noted = noted;
    this.changed = changed;
  }

  /** What this node is to tell, in this order. */
  ArrayDeque<Note> notes() {
    return notes;
  }

  private Node node(String name) {
    Node node = nodes.get(name);
    if (node == null) {
      if (nodes.size() >= MAX_NODES) {
        nodes.values().removeIf(other -> other.gone && other.untold.isEmpty());
      }
      if (nodes.size() >= MAX_NODES) {
        throw new IllegalArgumentException("node: is one more than " + MAX_NODES);
      }
      node = new Node();
      nodes.put(name, node);
    }
    return node;
  }

  /**
   * A command of a node has its place.
   *
   * @param number its number
   * @param told the last number of which the node has told all
   * @throws IllegalArgumentException if there are too many nodes
   */
  void commanded(String name, long number, long told) {
    Node node = node(name);
    node.gone = false;
    node.number = Math.max(node.number, number);
    node.told = Math.max(node.told, told);
    Iterator<Map.Entry<Key, Long>> untold = node.untold.entrySet().iterator();
    while (untold.hasNext()) {
      Map.Entry<Key, Long> next = untold.next();
      if (next.getValue() <= told) {
        untold.remove();
        release(next.getKey());
      }
    }
  }

  private void release(Key key) {
    Entry entry = entry(key);
    entry.teller = null;
    forget(key, entry);
  }

  private Entry entry(Key key) {
    return places.getOrDefault(key.place(), Map.of()).get(key.user());
  }

  private Entry made(Key key) {
    return places
        .computeIfAbsent(key.place(), place -> new HashMap<>())
        .computeIfAbsent(key.user(), user -> new Entry());
  }

  private void forget(Key key, Entry entry) {
    if (entry.facts.isEmpty() && entry.teller == null) {
      Map<String, Entry> users = places.get(key.place());
      users.remove(key.user());
      if (users.isEmpty()) {
        places.remove(key.place());
      }
    }
  }

  /** The node tells who is there, and is asked by those who come. */
  void active(String name) {
    Node node = node(name);
    node.active = true;
    node.leaving = false;
  }

  /** The nodes that have facts of their own. */
  List<String> active() {
    return nodes.entrySet().stream()
        .filter(node -> node.getValue().active && !node.getValue().leaving)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The node is about to repeat all its facts. */
  void repeats(String name) {
    node(name).repeated = new HashSet<>();
  }

  /**
   * It has repeated all; what it has not is not so any more.
   *
   * @param known as for {@link #on}
   */
  void repeatedAll(String name, boolean known) {
    Node node = node(name);
    if (node.repeated != null) {
      Set<Key> gone = new HashSet<>(node.facts.keySet());
      gone.removeAll(node.repeated);
      node.repeated = null;
      for (Key key : gone) {
        node.facts.remove(key);
        off(name, key, name, known);
      }
    }
  }

  /**
   * A fact of a node.
   *
   * @param known whether others know it already, so that it changes nothing
   */
  void on(String name, Key key, Fact fact, boolean known) {
    Node node = node(name);
    node.facts.put(key, fact);
    if (node.repeated != null) {
      node.repeated.add(key);
    }
    Entry entry = made(key);
    boolean joins = entry.facts.isEmpty();
    entry.since = joins ? fact.since() : Math.min(entry.since, fact.since());
    entry.facts.put(name, fact);
    if (joins && !known) {
      changed.accept(key);
      tell(key, entry, name, false);
    }
  }

  /** It is not so any more. */
  void off(String name, Key key) {
    if (node(name).facts.remove(key) != null) {
      off(name, key, name, false);
    }
  }

  private void off(String name, Key key, String cause, boolean known) {
    Entry entry = entry(key);
    entry.facts.remove(name);
    if (entry.facts.isEmpty()) {
      if (!known) {
        changed.accept(key);
        tell(key, entry, cause, false);
      }
      forget(key, entry);
    }
  }

  private void tell(Key key, Entry entry, String cause, boolean repeated) {
    if (!Presence.isLiteral(key.place())) {
      return;
    }
    String teller = entry.teller == null ? cause : entry.teller;
    Node node = node(teller);
    entry.teller = teller;
    node.untold.remove(key);
    node.untold.put(key, node.number);
    if (teller.equals(self)) {
      Note note = new Note(action(entry), key, node.number, repeated);
      notes.add(note);
      noted.accept(note);
    }
    if (node.untold.size() > MAX_UNTOLD) {
      Key eldest = node.untold.keySet().iterator().next();
      node.untold.remove(eldest);
      release(eldest);
    }
  }

  private static Action action(Entry entry) {
    return entry.facts.isEmpty() ? Action.LEAVE : Action.JOIN;
  }

  /**
   * What has become of a user is told once more, by the node that says so: it may have told what is
   * wrong by now, or had to tell what the one that took it for gone did not know of. Whoever else
   * was to tell it, does not.
   */
  void again(String name, Key key) {
    Entry entry = made(key);
    if (entry.teller != null) {
      node(entry.teller).untold.remove(key);
      entry.teller = null;
    }
    tell(key, entry, name, true);
    forget(key, entry);
  }

  /** The notes about a user, which are not to be told any more. */
  List<Note> drop(Key key) {
    List<Note> dropped = notes.stream().filter(note -> note.key().equals(key)).toList();
    notes.removeAll(dropped);
    return dropped;
  }

  /** The same once more, as it was not stored, or what has become of it since. */
  void repeat(Note note) {
    Entry entry = entry(note.key());
    Action action = entry == null ? Action.LEAVE : action(entry);
    notes.add(new Note(action, note.key(), note.number(), true));
  }

  /** The node has stopped: its clients are gone, and its users may be back on others. */
  void leaving(String name) {
    Node node = nodes.get(name);
    if (node != null) {
      node.leaving = true;
    }
  }

  /** Whether it has stopped, and was not heard of since. */
  boolean isLeaving(String name) {
    return nodes.containsKey(name) && nodes.get(name).leaving;
  }

  /**
   * A node is gone, and all that it said; what it may not have told, the other one tells.
   *
   * @param by another node
   */
  void gone(String name, String by) {
    Node node = nodes.get(name);
    if (node == null) {
      return;
    }
    Node heir = node(by);
    // else two that took each other for gone would be each other's heirs
    heir.gone = false;
    node.heir = by;
    node.heirNumber = heir.number;
    Set<Key> orphans = new HashSet<>(node.untold.keySet());
    orphans.forEach(key -> entry(key).teller = null);
    Set<Key> facts = new HashSet<>(node.facts.keySet());
    node.untold.clear();
    node.facts.clear();
    node.repeated = null;
    node.active = false;
    node.leaving = false;
    node.gone = true;
    facts.forEach(key -> off(name, key, by, false));
    for (Key key : orphans) {
      Entry entry = entry(key);
      if (entry != null && entry.teller == null) {
        tell(key, entry, by, true);
      }
    }
  }

  /** What a node is to tell, or has told and not said so. */
  record Untold(String node, Key key, long number) {}

  /** What the nodes are to tell, of each the oldest first. */
  Stream<Untold> untold() {
    return nodes.entrySet().stream()
        .flatMap(
            node ->
                node.getValue().untold.entrySet().stream()
                    .map(next -> new Untold(node.getKey(), next.getKey(), next.getValue())));
  }

  /** What this node is to tell. */
  Set<Key> ownUntold() {
    return Collections.unmodifiableSet(node(self).untold.keySet());
  }

  /** Another node says this, which this one, as it has just come, may not know. */
  void untold(Untold said) {
    String name = said.node();
    long number = said.number();
    Node node = node(name);
    while (node.gone && node.heir != null) {
      name = node.heir;
      number = node.heirNumber;
      node = node(name);
    }
    if (number <= node.told) {
      return;
    }
    Entry entry = made(said.key());
    if (entry.teller == null) {
      entry.teller = name;
      node.untold.put(said.key(), number);
    }
  }

  /** What a node said of a user in a place; null for nothing. */
  Fact fact(String name, Key key) {
    Node node = nodes.get(name);
    return node == null ? null : node.facts.get(key);
  }

  /** Of whom, and where, the node said something. */
  Set<Key> keys(String name) {
    Node node = nodes.get(name);
    return node == null ? Set.of() : Collections.unmodifiableSet(node.facts.keySet());
  }

  /** Whether a user is there. */
  boolean isThere(Key key) {
    Entry entry = entry(key);
    return entry != null && !entry.facts.isEmpty();
  }

  /**
   * Who is to put right what was told of a user, the same for all nodes.
   *
   * @param before how many have tried
   */
  String corrector(Key key, int before) {
    Entry entry = entry(key);
    if (before == 0 && entry != null && entry.teller != null) {
      return entry.teller;
    }
    List<String> all = active().stream().sorted().toList();
    return all.isEmpty() ? self : all.get(before % all.size());
  }

  /** When a user joined, in milliseconds since 1970; never if the user is not there. */
  long since(Key key) {
    Entry entry = entry(key);
    return entry == null || entry.facts.isEmpty() ? Long.MAX_VALUE : entry.since;
  }

  /** The places. */
  Set<String> places() {
    return places.keySet();
  }

  /** What the other nodes say of a place. */
  void others(String place, OtherNodes found) {
    places
        .getOrDefault(place, Map.of())
        .forEach(
            (user, entry) ->
                entry.facts.forEach(
                    (name, fact) -> {
                      if (!name.equals(self)) {
                        int clients = nodes.get(name).leaving ? 0 : fact.clients();
                        found.add(
                            user,
                            name,
                            new Fact(clients, entry.since, fact.opened(), fact.metadata()));
                      }
                    }));
  }

  /** Takes what other nodes say. */
  interface OtherNodes {
    /** A node says this of a user. */
    void add(String user, String node, Fact fact);
  }
}
