package org.starcast.internal.presence;

import static org.starcast.internal.presence.PresenceReplication.Phase.ENDED;
import static org.starcast.internal.presence.PresenceReplication.Phase.JOINING;
import static org.starcast.internal.presence.PresenceReplication.Phase.READY;
import static org.starcast.internal.presence.PresenceReplication.Phase.SEARCHING;

import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.starcast.internal.json.Json;
import org.starcast.internal.presence.PresenceCommand.Kind;
import org.starcast.internal.presence.PresenceCommand.Writer;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.presence.PresenceState.Transition;
import org.starcast.internal.wire.EventId;
import org.starcast.presence.PresenceEvent;

/**
 * Keeps this node's copy of the {@link PresenceState}: takes the commands of all nodes in their
 * order, and makes those of this node. No threads, no clock but the given one; not thread-safe.
 *
 * <p>Each node says what is so of its own connections: the difference between what is so and what
 * it has said by that order, one command at a time. So nothing is remembered of what failed.
 *
 * <pre>
 *              a node that is ready says something: ask it
 *   SEARCHING ─────────────────────────────────────────────► JOINING
 *       │  ▲ ▲                                                │  │
 *       │  │ └──── no state for a while, the node is gone ────┘  │ the state has come, and
 *       │  │                                                     │ what followed it is applied
 *       │  └───── commands were lost, or there is an older state ┤
 *       │                                                        ▼
 *       └───── nobody is ready: founded ─────────────────────► READY        any ──► ENDED
 * </pre>
 *
 * <p>A node that starts, or has lost commands, asks whether there are others ({@code HELLO}). Each
 * that is ready says something, which it would not do otherwise. The first of these is asked for
 * its state ({@code ASK}, {@code STATE}); what is applied to that one meanwhile is applied behind
 * it. If nobody is ready, the node says that it is the first ({@code FOUND}). That counts if nobody
 * has said anything since it asked; then what it knows is what is so. Should a node that is ready
 * only have been out of reach, it says so as soon as it reads that; and as each says what its state
 * goes back to, the position of a {@code FOUND}, all take the oldest one.
 *
 * <p>Messages are published while this node is known to follow closely: longer ago, they may have
 * been stored by others, and the backplane may have forgotten their keys.
 *
 * <p>Over 500 lines, as it is one state machine, whose parts all turn on the phase.
 */
final class PresenceReplication {

  /** Where a node stands; see above. */
  enum Phase {
    SEARCHING,
    JOINING,
    READY,
    ENDED
  }

  /** How often {@link #tick} is to be called, about. */
  static final Duration TICK = Duration.ofMillis(2500);

  /** The own heartbeats, and the time, in which nobody answers if nobody is ready. */
  private static final int ALONE = 2;

  /** As above, without progress, after which the search begins anew. */
  private static final int PATIENCE = 4;

  /** A node whose command takes so long to come back does not follow closely. */
  private static final long LATE_NANOS = 2 * TICK.toNanos();

  /** How long it does so after one that came back in time. */
  private static final long CLOSE_NANOS = 4 * TICK.toNanos();

  /** What was sent and did not come back by then never will. */
  private static final long LOST_NANOS = Duration.ofMinutes(1).toNanos();

  /** The most that is kept while the state is on its way, in commands and events. */
  private static final int MAX_BUFFERED = 50_000;

  private static final int MAX_NODES = 1000;

  /** Something that happened to the state. */
  private record Input(long sequence, Consumer<PresenceState> change) {}

  private final String self;
  private final long graceNanos;
  private final LongSupplier nanos;
  private Phase phase = SEARCHING;
  private PresenceState state = new PresenceState(this::due);
  private boolean wasReady;

  /** The sequence of what was applied last. */
  private long applied;

  // what is said

  private final OwnEntries own;

  /** Whether a command is to be sent, whatever it says. */
  private boolean owes;

  private long sent;

  /** The number of the command that has not come back; 0 for none. */
  private long inFlight;

  private long sentAt;

  /** Until when this node is known to follow closely; null for never. */
  private Long closeUntil;

  /** When the time of the users of nodes that have stopped is over. */
  private final Map<String, Long> sweeps = new HashMap<>();

  // how the state is found

  /** What is to be asked or said next; null for nothing. */
  private Kind next = Kind.HELLO;

  /** Whether the others know, by the order, that this node searches. */
  private boolean asks;

  /** The own heartbeats, and the time, since something came that was waited for. */
  private int heartbeats;

  private long waitsSince;
  private long question;
  private String asked;

  /** What the state that is asked for goes back to. */
  private long asksFor;

  /** What the oldest state goes back to that is known of. */
  private long oldest = Long.MAX_VALUE;

  /** The sequence of the {@code FOUND} that the own state goes back to. */
  private long founded = Long.MAX_VALUE;

  /** The nodes since whose {@code HELLO} nobody who is ready has said anything. */
  private final Set<String> unanswered = new HashSet<>();

  private final List<PresenceCommand> parts = new ArrayList<>();
  private final List<Input> buffer = new ArrayList<>();

  // how it is given to others

  private final Map<String, Long> askers = new HashMap<>();
  private final Queue<JsonObject> copies = new ArrayDeque<>();

  // what is published

  private final Queue<Transition> messages = new ArrayDeque<>();
  private final Queue<Transition> failed = new ArrayDeque<>();
  private long repeatedAt;
  private final Queue<PresenceEvent> events = new ArrayDeque<>();

  /**
   * A node that has heard nothing yet.
   *
   * @param self its name
   * @param grace how long users of a node that stopped may take to come to another
   * @param nanos a clock
   */
  PresenceReplication(String self, Duration grace, LongSupplier nanos) {
    this.self = self;
    this.own = new OwnEntries(self);
    this.graceNanos = grace.toNanos();
    this.nanos = nanos;
    this.repeatedAt = nanos.getAsLong();
  }

  Phase phase() {
    return phase;
  }

  /** Who is where, as far as this node knows. */
  PresenceState state() {
    return state;
  }

  /** Something of this node's connections is so from now on; null for nothing. */
  void set(Key key, PresenceEntry entry) {
    own.set(key, entry, inFlight != 0 || state.entry(self, key) != null);
  }

  // ---- what comes, in the order of events

  /**
   * A command.
   *
   * @throws IllegalArgumentException if it cannot be applied, by any node; nothing has changed then
   */
  void command(EventId at, String node, PresenceCommand command) {
    boolean mine = node.equals(self);
    if (mine) {
      returned(command.number());
    }
    switch (command.kind()) {
      case HELLO -> hello(node, mine);
      case FOUND -> founded(at.sequence(), node, mine);
      case ASK -> {
        if (phase == READY && command.to().containsKey(self)) {
          askers.put(node, command.to().get(self));
        }
      }
      case SAY -> {
        answered(node, mine, command.founded());
        if (command.stopped().contains(self)) {
          own.allChanged();
        }
        input(at.sequence(), to -> to.say(at, node, command.on(), command.off()));
        command.stopped().forEach(gone -> input(at.sequence(), to -> to.sweep(at, gone, node)));
      }
      case STATE -> {
        answered(node, mine, command.founded());
        if (phase == JOINING
            && node.equals(asked)
            && command.to().getOrDefault(self, 0L) == question) {
          received(command);
        }
      }
    }
  }

  /** A node's heartbeat. */
  void heartbeat(EventId at, String node, long number) {
    input(at.sequence(), to -> to.heartbeat(node, number));
    if (!node.equals(self) || phase != SEARCHING && phase != JOINING || !asks) {
      return;
    }
    heartbeats++;
    if (phase == SEARCHING && unanswered.contains(self) && hasWaited(ALONE)) {
      next = Kind.FOUND;
    } else if (hasWaited(PATIENCE)) {
      oldest = Long.MAX_VALUE;
      search();
    }
  }

  /** Starts waiting for something. */
  private void await() {
    heartbeats = 0;
    waitsSince = nanos.getAsLong();
  }

  /** Whether so many heartbeats came back since, and their time has passed. */
  private boolean hasWaited(int beats) {
    return heartbeats >= beats && nanos.getAsLong() - waitsSince >= beats * TICK.toNanos();
  }

  /**
   * A node is declared gone, or says itself that it stops.
   *
   * @param last as for {@link PresenceState#gone}
   */
  void gone(EventId at, String node, long last, String by) {
    if (node.equals(by)) {
      input(at.sequence(), to -> to.stop(node));
    } else {
      input(at.sequence(), to -> to.gone(at, node, last, by));
      if (node.equals(self)) {
        own.allChanged();
      }
    }
    if (phase == JOINING && node.equals(asked)) {
      search();
    }
  }

  /** A message is stored that has this key. */
  void stored(EventId at, String id) {
    input(
        at.sequence(),
        to -> {
          Transition done = to.stored(id);
          if (done != null && done.owner().equals(self) && to == state && phase == READY) {
            events.add(done.event());
          }
        });
  }

  /** Commands were lost, which other nodes may have got. */
  void missed() {
    if (phase != ENDED) {
      unanswered.clear();
      oldest = Long.MAX_VALUE;
      search();
    }
  }

  /** The node ends: it says and publishes nothing more. */
  void end() {
    phase = ENDED;
  }

  private void input(long sequence, Consumer<PresenceState> change) {
    if (phase == JOINING) {
      buffer.add(new Input(sequence, change));
      if (buffer.size() > MAX_BUFFERED) {
        search();
      }
    }
    change.accept(state);
    applied = sequence;
  }

  // ---- how the state is found

  private void search() {
    phase = SEARCHING;
    next = Kind.HELLO;
    asks = false;
    asked = null;
    parts.clear();
    buffer.clear();
    askers.clear();
    copies.clear();
    messages.clear();
    failed.clear();
    lost();
  }

  private void hello(String node, boolean mine) {
    if (unanswered.size() < MAX_NODES) {
      unanswered.add(node);
    }
    if (mine && phase == SEARCHING) {
      asks = true;
      await();
      if (!wasReady) {
        // what it knows of the time before is not all that there was
        state = new PresenceState(this::due);
      }
    }
    owes = true;
  }

  private void founded(long sequence, String node, boolean mine) {
    boolean counts = unanswered.contains(node);
    unanswered.clear();
    if (counts && mine && phase == SEARCHING) {
      founded = sequence;
      ready();
    } else if (counts && !mine && phase == JOINING) {
      search();
    }
    // who is ready, and did not say so in time, does now: its state is older
    owes = true;
  }

  /** A node that is ready has said something; with a state that goes back to there. */
  private void answered(String node, boolean mine, long since) {
    unanswered.clear();
    if (mine) {
      return;
    }
    oldest = Math.min(oldest, since);
    if (since < founded && phase == READY || phase == JOINING && since < asksFor) {
      // a node that was out of reach has the state that this one should have asked for
      search();
    }
    if (phase == SEARCHING && asks && since <= oldest) {
      asksFor = since;
      phase = JOINING;
      asked = node;
      question++;
      next = Kind.ASK;
      await();
    }
  }

  private void received(PresenceCommand part) {
    if (part.part() != parts.size()) {
      return;
    }
    parts.add(part);
    await();
    if (part.last()) {
      state = new PresenceState(this::due);
      parts.forEach(state::restore);
      founded = part.founded();
      List<Input> since = List.copyOf(buffer);
      ready();
      since.stream().filter(input -> input.sequence() > part.at()).forEach(this::repeat);
    }
  }

  private void repeat(Input input) {
    try {
      input.change().accept(state);
    } catch (IllegalArgumentException e) {
      // was said when it came, and has changed nothing on any node
    }
  }

  private void ready() {
    phase = READY;
    wasReady = true;
    next = null;
    parts.clear();
    buffer.clear();
    own.allChanged();
    owes = true;
    state.firsts().forEach(this::due);
  }

  /** A transition may be published, or has none to be. */
  private void due(Transition transition) {
    if (phase == READY && transition.owner().equals(self)) {
      if (PresenceTopics.hasMessages(transition.key().topic())) {
        messages.add(transition);
      } else {
        events.add(transition.event());
      }
    }
  }

  // ---- what is sent

  /** To be called again and again: what was lost or failed is sent again. */
  void tick() {
    if (inFlight != 0 && nanos.getAsLong() - sentAt > LOST_NANOS) {
      lost();
    }
    messages.addAll(failed);
    failed.clear();
    if (phase == READY && nanos.getAsLong() - repeatedAt > LOST_NANOS) {
      // what the broker may have lost though it had it; the others are stored once by their keys
      repeatedAt = nanos.getAsLong();
      messages.clear();
      state.firsts().forEach(this::due);
    }
  }

  /** The next command of this node; null for none now. */
  JsonObject command() {
    JsonObjectBuilder body = inFlight != 0 || phase == ENDED ? null : body();
    if (body == null) {
      return null;
    }
    inFlight = ++sent;
    sentAt = nanos.getAsLong();
    return body.add("n", sent).build();
  }

  private JsonObjectBuilder body() {
    if (phase != READY) {
      Kind kind = next;
      next = null;
      return kind == null
          ? null
          : new Writer()
              .body(kind)
              .add(
                  "to",
                  PresenceCommand.json(kind == Kind.ASK ? Map.of(asked, question) : Map.of()));
    }
    if (copies.isEmpty() && !askers.isEmpty()) {
      copies.addAll(PresenceCommand.copy(state, applied, founded, askers));
      askers.clear();
    }
    if (!copies.isEmpty()) {
      return Json.createObjectBuilder(copies.peek());
    }
    return say();
  }

  private JsonObjectBuilder say() {
    Writer say = new Writer();
    own.write(state, say);
    List<String> sweep = sweep();
    if (say.isEmpty() && sweep.isEmpty() && !owes) {
      return null;
    }
    owes = false;
    return say.body(Kind.SAY)
        .add("founded", founded)
        .add("stopped", Json.createArrayBuilder(sweep));
  }

  private List<String> sweep() {
    if (state.stopped().isEmpty()) {
      return List.of();
    }
    long now = nanos.getAsLong();
    sweeps.keySet().retainAll(state.stopped());
    state.stopped().forEach(node -> sweeps.putIfAbsent(node, now + graceNanos));
    return state.stopped().stream().filter(node -> sweeps.get(node) - now <= 0).toList();
  }

  private void returned(long number) {
    if (number != inFlight) {
      // one that was given up
      own.allChanged();
      return;
    }
    inFlight = 0;
    copies.poll();
    long now = nanos.getAsLong();
    if (now - sentAt <= LATE_NANOS) {
      closeUntil = now + CLOSE_NANOS;
    } else {
      owes = true;
    }
  }

  /** A command was not stored, or may not have been. */
  void failed(long number) {
    if (number == inFlight) {
      lost();
    }
  }

  private void lost() {
    inFlight = 0;
    own.allChanged();
    owes = true;
    if (phase == JOINING || phase == SEARCHING && asks) {
      search();
    } else if (phase == SEARCHING) {
      next = Kind.HELLO;
    }
  }

  // ---- what is published

  /** The next message that this node is to publish; null for none now. */
  Transition message() {
    while (phase == READY && !messages.isEmpty()) {
      if (closeUntil == null || nanos.getAsLong() - closeUntil > 0) {
        owes = true;
        return null;
      }
      Transition message = messages.poll();
      if (state.isPending(message)) {
        return message;
      }
    }
    return null;
  }

  /** It was not stored, or may not have been; the next {@link #tick} has it again. */
  void failed(Transition message) {
    if (phase == READY) {
      failed.add(message);
    }
  }

  boolean hasEvent() {
    return !events.isEmpty();
  }

  /** The next event to fire, for a message that is stored; null for none. */
  PresenceEvent event() {
    return events.poll();
  }
}
