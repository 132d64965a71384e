package org.starcast.presence;

import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.starcast.internal.backplane.Commands;
import org.starcast.presence.Fact.Key;
import org.starcast.presence.Membership.Note;
import org.starcast.presence.Membership.Untold;
import org.starcast.presence.PresenceEvent.Action;

/**
 * Keeps what the nodes know of each other's users the same. Each node says what is so of its own
 * clients, by one command after another: the next when the one before came back in the order of
 * events, so that many changes become one command, and no more than one is ever under way. What is
 * to be said is the difference between what is so, and what has been said according to that order;
 * so nothing has to be remembered of what failed, or was cut off. Only who was taken for gone also
 * says of whom it tells once more, as what it told may have come too late.
 *
 * <p>A node that starts, or may have missed something, asks the others to repeat what they said,
 * and says nothing itself until all have, or nobody answers: it could not tell a user who joins
 * from one who is there already.
 *
 * <p>Thread-safe; handlers only change state.
 */
final class Sharing {

  /** How often {@link #tick} is to be called. */
  static final Duration TICK = Duration.ofMillis(2500);

  private static final System.Logger LOG = System.getLogger(Presence.class.getName());

  /** The most that one command says, in facts and about in characters. */
  private static final int MAX_FACTS = 500;

  private static final int MAX_CHARACTERS = 100_000;

  /** A node whose command takes so long to come back is behind. */
  private static final long LATE_NANOS = 2 * TICK.toNanos();

  /** What was sent and did not come back by then never will. */
  private static final long LOST_NANOS = Duration.ofMinutes(1).toNanos();

  /** The own heartbeats after which a question that nobody answered has found that nobody is. */
  private static final int ALONE = 2;

  /** The own heartbeats after which the question is repeated. */
  private static final int REPEAT = 4;

  /** For how long what was told last may be wrong: longer than it takes to notice who is gone. */
  private static final long WRONG_NANOS = 6 * TICK.toNanos();

  /** When the next node tries to put it right. */
  private static final long NEXT_NANOS = 2 * TICK.toNanos();

  private static final int MAX_TRIES = 12;
  private static final int MAX_WRONG = 100_000;

  /**
   * What the last message says.
   *
   * @param due when it is to be put right
   * @param tries how many nodes may have done so
   */
  private record Wrong(boolean join, long due, int tries) {

    Wrong with(boolean other) {
      return new Wrong(other, due, tries);
    }
  }

  private final Commands commands;
  private final long graceNanos;
  private final LongSupplier nanos;
  private final Executor worker;
  private final Runnable tell;
  private final Object lock = new Object();

  // all guarded by the lock

  private final Membership members;

  /** What is so of this node's clients. */
  private final Map<Key, Fact> own = new HashMap<>();

  /** Where that may not be what has been said. */
  private final Set<Key> changed = new LinkedHashSet<>();

  /** That may be so anywhere. */
  private boolean allChanged;

  private long sent;

  /** The number of the command that has not come back; 0 for none. */
  private long underWay;

  private long sentAt;
  private boolean late;
  private boolean flushing;

  /** Whether a command is to be sent, whatever it says. */
  private boolean owes;

  private boolean ended;

  // asking

  private boolean level;
  private boolean missed;
  private long question = 1;
  private boolean asked;
  private boolean askedBack;
  private int beats;

  /** Who has to answer, and who did. */
  private final Set<String> expected = new HashSet<>();

  private final Set<String> answered = new HashSet<>();

  /** Those who have begun since, and said nothing before. */
  private final Set<String> begun = new HashSet<>();

  /** Those who ask themselves; they answer nobody, and repeat all when they are done. */
  private final Set<String> asking = new HashSet<>();

  // answering

  /** Who asked, and which of its questions. */
  private final Map<String, Long> askers = new LinkedHashMap<>();

  /** What is still to be repeated; null while nothing is. */
  private ArrayDeque<Key> repeating;

  private boolean repeatingBegins;
  private final Map<String, Long> answering = new LinkedHashMap<>();

  // telling

  /** How many notes of each number are not stored yet. */
  private final TreeMap<Long, Integer> untold = new TreeMap<>();

  private final Map<Key, Note> failed = new LinkedHashMap<>();

  /** How many notes about whom are being published. */
  private final Map<Key, Integer> publishing = new HashMap<>();

  /** Of whom something is being published that may be told by others since. */
  private final Set<Key> doubtful = new HashSet<>();

  /** Of whom something was published that was told by others, maybe before it; the next command. */
  private final Set<Key> again = new LinkedHashSet<>();

  /** As {@link #again}, in the command that is under way. */
  private final Set<Key> saidAgain = new LinkedHashSet<>();

  /** Of whom the last message says what is not so. */
  private final Map<Key, Wrong> wrong = new LinkedHashMap<>();

  private long lastNoted;

  /** Whether there was any in the present command. */
  private boolean noted;

  private long lastTold;

  /** Nodes that have stopped, and when the grace of their users is over. */
  private final Map<String, Long> leaving = new HashMap<>();

  /**
   * With all the other nodes.
   *
   * @param grace how long users of a node that stopped may take to come to another
   * @param nanos a clock
   * @param worker runs {@link #flush} soon, one at a time, on a thread that is no handler's
   * @param tell is run, by handlers too, when there may be something {@link #next}
   */
  Sharing(Commands commands, Duration grace, LongSupplier nanos, Executor worker, Runnable tell) {
    this.commands = commands;
    this.graceNanos = grace.toNanos();
    this.nanos = nanos;
    this.worker = worker;
    this.tell = tell;
    this.members = new Membership(commands.node(), this::noted, this::changed);
    commands.on(Commands.PRESENCE, this::said);
    commands.on(Commands.NODE_ALIVE, (node, body) -> alive(node));
    commands.onGone(this::gone);
    commands.onMissed(this::missed);
    commands.onEnding(this::end);
  }

  /** Something of this node's clients is so from now on; null for nothing. */
  void set(Key key, Fact fact) {
    synchronized (lock) {
      if (fact == null) {
        own.remove(key);
      } else {
        own.put(key, fact);
      }
      if (fact == null && members.fact(commands.node(), key) == null) {
        // nobody has heard of it; unless they are about to
        changed.remove(key);
      } else {
        changed.add(key);
        soon();
      }
    }
  }

  /** What the other nodes say of a place. */
  void others(String place, Membership.OtherNodes found) {
    synchronized (lock) {
      members.others(place, found);
    }
  }

  /** The places where anybody is, or was a moment ago. */
  Set<String> places() {
    synchronized (lock) {
      return Set.copyOf(members.places());
    }
  }

  /** What this node is to tell next; null for nothing now. */
  Note next() {
    synchronized (lock) {
      // one that is behind may have been taken for gone, and all that is told by others
      Note note = late || ended || isOverdue(LATE_NANOS) ? null : members.notes().poll();
      if (note != null) {
        publishing.merge(note.key(), 1, Integer::sum);
      }
      return note;
    }
  }

  /** A message about a user has its place in the order of events, whoever has published it. */
  void heard(Key key, Action action) {
    synchronized (lock) {
      lastSaid(key, action == Action.JOIN);
    }
  }

  /** Somebody joined or left, so that what was told before is wrong until that is told. */
  private void changed(Key key) {
    if (!wrong.containsKey(key)) {
      lastSaid(key, !members.isThere(key));
    }
  }

  private void lastSaid(Key key, boolean join) {
    if (members.isThere(key) == join || !Presence.isTold(key.place())) {
      wrong.remove(key);
    } else if (wrong.size() < MAX_WRONG || wrong.containsKey(key)) {
      Wrong before = wrong.get(key);
      wrong.put(
          key,
          before == null ? new Wrong(join, nanos.getAsLong() + WRONG_NANOS, 0) : before.with(join));
    }
  }

  /**
   * What was told last and stays wrong is told again: messages of nodes that come and go may
   * overtake each other. By one node after another, as those who have just come cannot know it.
   */
  private void correct() {
    if (wrong.isEmpty()) {
      return;
    }
    long now = nanos.getAsLong();
    Set<Key> onItsWay = new HashSet<>(publishing.keySet());
    onItsWay.addAll(failed.keySet());
    members.notes().forEach(note -> onItsWay.add(note.key()));
    for (Iterator<Map.Entry<Key, Wrong>> i = wrong.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<Key, Wrong> next = i.next();
      Key key = next.getKey();
      Wrong said = next.getValue();
      if (members.isThere(key) == said.join) {
        i.remove();
      } else if (now - said.due >= 0) {
        next.setValue(new Wrong(said.join, now + NEXT_NANOS, said.tries + 1));
        if (members.corrector(key, said.tries).equals(commands.node()) && !onItsWay.contains(key)) {
          again.add(key);
        }
        if (said.tries == MAX_TRIES) {
          i.remove();
        }
      }
    }
  }

  /** A note was published, or that failed. */
  void told(Note note, Throwable failure) {
    synchronized (lock) {
      publishing.computeIfPresent(note.key(), (key, n) -> n == 1 ? null : n - 1);
      if (doubtful.contains(note.key())) {
        if (failure == null) {
          again.add(note.key());
          soon();
        }
        if (!publishing.containsKey(note.key())) {
          doubtful.remove(note.key());
        }
      } else if (failure != null && failed.putIfAbsent(note.key(), note) == null) {
        return;
      }
      forget(note.number());
    }
  }

  private void forget(long note) {
    untold.computeIfPresent(note, (number, n) -> n == 1 ? null : n - 1);
  }

  // ---- what is sent

  /** To be called again and again, by the worker. */
  void tick() {
    boolean available = commands.isAvailable();
    boolean noted;
    synchronized (lock) {
      if (isOverdue(LOST_NANOS)) {
        lost();
      }
      if (missed) {
        missed = false;
        level = false;
        wrong.clear();
        asking.clear();
        askAgain();
      }
      if (level && available) {
        correct();
      }
      noted = !failed.isEmpty() && available;
      if (noted) {
        failed.values().forEach(members::repeat);
        failed.clear();
      }
      owes |=
          lastNoted > lastTold && (untold.isEmpty() || untold.firstKey() > lastTold + 1)
              || late && underWay == 0;
    }
    flush();
    if (noted) {
      tell.run();
    }
  }

  private boolean isOverdue(long limit) {
    return underWay != 0 && nanos.getAsLong() - sentAt > limit;
  }

  /** With the lock held. */
  private void soon() {
    if (flushing || ended) {
      return;
    }
    flushing = true;
    try {
      worker.execute(this::flush);
    } catch (RejectedExecutionException e) {
      // the application has ended
      flushing = false;
    }
  }

  /** Sends what there is to say. */
  private void flush() {
    boolean available = commands.isAvailable();
    JsonObject body;
    long number;
    synchronized (lock) {
      flushing = false;
      if (!available || ended || underWay != 0) {
        return;
      }
      number = sent + 1;
      body = body(number);
      if (body == null) {
        return;
      }
      sent = number;
      underWay = number;
      sentAt = nanos.getAsLong();
      owes = false;
    }
    commands
        .send(Commands.PRESENCE, body)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                failed(number);
              }
            });
  }

  /** It was not stored, or may not have been; the next {@link #tick} goes on. */
  private void failed(long number) {
    synchronized (lock) {
      if (underWay == number) {
        lost();
      }
    }
  }

  /** What is under way may not come back. */
  private void lost() {
    underWay = 0;
    allChanged = true;
    again.addAll(saidAgain);
    saidAgain.clear();
    if (!askedBack) {
      asked = false;
    }
    if (repeating != null) {
      repeating = null;
      answering.forEach(askers::putIfAbsent);
    }
  }

  /** The next command; null if there is nothing to say. */
  private JsonObject body(long number) {
    JsonObjectBuilder body = Fact.JSON.createObjectBuilder();
    boolean says = false;
    if (!level && !asked) {
      asked = true;
      body.add("ask", question);
      says = true;
    } else if (level) {
      says = sweeps(body) | saysAgain(body) | (repeats() ? repetition(body) : changes(body));
    }
    if (!says && !owes) {
      return null;
    }
    // what has become this node's to tell since its last command came back has that one's number
    long firstUntold = untold.isEmpty() ? Long.MAX_VALUE : untold.firstKey();
    lastTold = Math.max(lastTold, Math.min(number - 2, firstUntold - 1));
    return body.add("n", number).add("told", lastTold).build();
  }

  private boolean sweeps(JsonObjectBuilder body) {
    JsonArrayBuilder swept = Fact.JSON.createArrayBuilder();
    long now = nanos.getAsLong();
    boolean any = false;
    for (Iterator<Map.Entry<String, Long>> i = leaving.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<String, Long> next = i.next();
      if (!members.isLeaving(next.getKey())) {
        i.remove();
      } else if (next.getValue() - now <= 0) {
        swept.add(next.getKey());
        any = true;
      }
    }
    if (any) {
      body.add("sweep", swept);
    }
    return any;
  }

  private boolean saysAgain(JsonObjectBuilder body) {
    JsonArrayBuilder keys = Fact.JSON.createArrayBuilder();
    int characters = 0;
    for (Iterator<Key> i = again.iterator(); i.hasNext() && characters < MAX_CHARACTERS; ) {
      Key key = i.next();
      i.remove();
      saidAgain.add(key);
      keys.add(key.toJson());
      characters += 100 + key.place().length() + key.user().length();
    }
    if (!saidAgain.isEmpty()) {
      body.add("again", keys);
    }
    return !saidAgain.isEmpty();
  }

  /** Whether all is being repeated, or is to be. */
  private boolean repeats() {
    if (repeating == null && !askers.isEmpty()) {
      // what has been said, and nothing new, which those who come could not tell from the rest
      repeating = new ArrayDeque<>(members.keys(commands.node()));
      repeatingBegins = true;
      answering.clear();
      answering.putAll(askers);
      askers.clear();
    }
    return repeating != null;
  }

  private boolean repetition(JsonObjectBuilder body) {
    JsonArrayBuilder on = Fact.JSON.createArrayBuilder();
    int characters = 0;
    for (int i = 0; i < MAX_FACTS && characters < MAX_CHARACTERS && !repeating.isEmpty(); i++) {
      Key key = repeating.remove();
      Fact fact = members.fact(commands.node(), key);
      if (fact != null) {
        characters += add(on, key, fact);
      }
    }
    body.add("on", on).add("repeats", true);
    if (repeatingBegins) {
      repeatingBegins = false;
      body.add("first", true);
    }
    if (repeating.isEmpty()) {
      repeating = null;
      JsonObjectBuilder to = Fact.JSON.createObjectBuilder();
      answering.forEach(to::add);
      JsonArrayBuilder untoldKeys = Fact.JSON.createArrayBuilder();
      members
          .untold()
          .limit(MAX_FACTS)
          .forEach(
              untold ->
                  untoldKeys.add(
                      untold.key().toJson().add("n", untold.number()).add("by", untold.node())));
      body.add("untold", untoldKeys);
      body.add("to", to).add("nodes", Fact.JSON.createArrayBuilder(members.active()));
    }
    return true;
  }

  private boolean changes(JsonObjectBuilder body) {
    if (allChanged) {
      allChanged = false;
      changed.addAll(own.keySet());
      changed.addAll(members.keys(commands.node()));
    }
    JsonArrayBuilder on = Fact.JSON.createArrayBuilder();
    JsonArrayBuilder off = Fact.JSON.createArrayBuilder();
    int facts = 0;
    int characters = 0;
    Iterator<Key> keys = changed.iterator();
    while (keys.hasNext() && facts < MAX_FACTS && characters < MAX_CHARACTERS) {
      Key key = keys.next();
      keys.remove();
      Fact is = own.get(key);
      Fact said = members.fact(commands.node(), key);
      if (is == null && said != null) {
        off.add(key.toJson());
        facts++;
        characters += key.place().length() + key.user().length();
      } else if (is != null && !is.isLike(said)) {
        characters += add(on, key, is);
        facts++;
      }
    }
    if (facts == 0) {
      return false;
    }
    body.add("on", on).add("off", off);
    return true;
  }

  private int add(JsonArrayBuilder on, Key key, Fact fact) {
    on.add(fact.since(members.since(key)).toJson(key));
    int metadata = fact.metadata() == null ? 0 : fact.metadata().length();
    return 100 + key.place().length() + key.user().length() + metadata;
  }

  // ---- what comes

  /** A command, understood. */
  private record Said(
      long number,
      long told,
      long ask,
      Map<Key, Fact> on,
      List<Key> off,
      List<Untold> untold,
      boolean repeats,
      boolean first,
      Map<String, Long> to,
      List<String> nodes,
      List<Key> again,
      List<String> sweep) {

    static Said of(JsonObject body) {
      Map<Key, Fact> on = new LinkedHashMap<>();
      for (JsonObject fact : array(body, "on").getValuesAs(JsonObject.class)) {
        on.put(Key.of(fact), Fact.of(fact));
      }
      List<Untold> untold = new ArrayList<>();
      for (JsonObject next : array(body, "untold").getValuesAs(JsonObject.class)) {
        long number = next.getJsonNumber("n").longValueExact();
        untold.add(new Untold(next.getString("by"), Key.of(next), number));
      }
      Map<String, Long> to = null;
      if (body.containsKey("to")) {
        to = new HashMap<>();
        JsonObject answers = body.getJsonObject("to");
        for (String node : answers.keySet()) {
          to.put(node, answers.getJsonNumber(node).longValueExact());
        }
      }
      return new Said(
          body.getJsonNumber("n").longValueExact(),
          body.getJsonNumber("told").longValueExact(),
          body.containsKey("ask") ? body.getJsonNumber("ask").longValueExact() : 0,
          on,
          keys(body, "off"),
          untold,
          body.getBoolean("repeats", false),
          body.getBoolean("first", false),
          to,
          array(body, "nodes").getValuesAs(JsonString::getString),
          keys(body, "again"),
          array(body, "sweep").getValuesAs(JsonString::getString));
    }

    private static List<Key> keys(JsonObject body, String name) {
      List<Key> keys = new ArrayList<>();
      for (JsonObject key : array(body, name).getValuesAs(JsonObject.class)) {
        keys.add(Key.of(key));
      }
      return keys;
    }

    private static JsonArray array(JsonObject body, String name) {
      return body.containsKey(name) ? body.getJsonArray(name) : JsonArray.EMPTY_JSON_ARRAY;
    }

    boolean isAboutUsers() {
      return !on.isEmpty() || !off.isEmpty() || first || to != null;
    }
  }

  private void said(String node, JsonObject body) {
    Said said = Said.of(body);
    boolean mine = node.equals(commands.node());
    boolean tells;
    synchronized (lock) {
      noted = false;
      members.commanded(node, said.number, said.told);
      if (said.ask > 0) {
        asking.add(node);
      }
      if (said.isAboutUsers()) {
        members.active(node);
        asking.remove(node);
      }
      if (said.first) {
        members.repeats(node);
      }
      boolean known = said.repeats && !level;
      said.on.forEach((key, fact) -> members.on(node, key, fact, known));
      said.off.forEach(key -> members.off(node, key));
      if (said.to != null) {
        members.repeatedAll(node, known);
        if (!level) {
          said.untold.forEach(members::untold);
        }
      }
      said.again.forEach(key -> again(node, key));
      for (String gone : said.sweep) {
        if (members.isLeaving(gone)) {
          members.gone(gone, node);
          leaving.remove(gone);
        }
      }
      if (mine) {
        changed.addAll(said.on.keySet());
        returned(said.number);
      }
      if (said.ask > 0) {
        question(node, said.ask, mine);
      }
      if (said.to != null && askedBack && !mine) {
        answer(node, said);
      }
      tells = noted || mine && !members.notes().isEmpty();
    }
    if (tells) {
      tell.run();
    }
  }

  private void noted(Note note) {
    untold.merge(note.number(), 1, Integer::sum);
    lastNoted = Math.max(lastNoted, note.number());
    noted = true;
  }

  private void returned(long number) {
    if (number == underWay) {
      late = isOverdue(LATE_NANOS);
      underWay = 0;
      saidAgain.clear();
      // whether it still is shows the next one
      owes |= late;
    } else {
      // one that was given up
      allChanged = true;
    }
    soon();
  }

  private void question(String node, long number, boolean mine) {
    if (!mine) {
      askers.put(node, number);
      if (number == 1) {
        begun.add(node);
      }
      look();
      soon();
    } else if (number == question && !level) {
      askedBack = true;
      beats = 0;
      expected.clear();
      answered.clear();
      begun.clear();
    }
  }

  private void answer(String node, Said said) {
    if (!level && said.to.getOrDefault(commands.node(), 0L) == question) {
      answered.add(node);
      expected.addAll(said.nodes);
      expected.remove(commands.node());
      look();
    }
  }

  /** Whether all have answered. */
  private void look() {
    if (!level
        && !answered.isEmpty()
        && expected.stream()
            .allMatch(
                node -> answered.contains(node) || begun.contains(node) || asking.contains(node))) {
      level();
    }
  }

  private void level() {
    level = true;
    allChanged = true;
    if (question > 1) {
      // others may have missed what this node said, or heard what it did not
      askers.putIfAbsent(commands.node(), question);
    }
    soon();
  }

  private void askAgain() {
    question++;
    asked = false;
    askedBack = false;
    lost();
    soon();
  }

  private void alive(String node) {
    synchronized (lock) {
      if (level || !askedBack || !node.equals(commands.node())) {
        return;
      }
      beats++;
      if (beats >= ALONE && answered.isEmpty()) {
        level();
      } else if (beats >= REPEAT) {
        askAgain();
      }
    }
  }

  private void gone(String node, String by) {
    boolean mine = node.equals(commands.node());
    boolean tells;
    synchronized (lock) {
      noted = false;
      askers.remove(node);
      asking.remove(node);
      expected.remove(node);
      if (!node.equals(by)) {
        if (mine) {
          doubt();
        }
        members.gone(node, by);
      } else if (mine) {
        ended = true;
      } else {
        members.leaving(node);
        if (members.isLeaving(node)) {
          leaving.put(node, nanos.getAsLong() + graceNanos);
          soon();
        }
      }
      tells = noted;
      if (mine) {
        // the other one tells
        members.notes().clear();
        untold.clear();
        failed.clear();
        allChanged = true;
        if (!level) {
          // the others have forgotten who asked
          askAgain();
        }
        soon();
      }
      look();
    }
    if (tells) {
      tell.run();
    }
  }

  /**
   * This node was taken for gone: what it had to tell, another one tells now, if that one knows of
   * it; and what is being published by this one may come later, and be wrong by then.
   */
  private void doubt() {
    again.addAll(members.ownUntold());
    doubt(publishing.keySet());
  }

  private void doubt(Set<Key> keys) {
    again.removeAll(keys);
    doubtful.addAll(keys);
  }

  /** A node tells once more what has become of a user. */
  private void again(String node, Key key) {
    members.again(node, key);
    if (!node.equals(commands.node())) {
      // what it does not tell any more is as good as told
      members.drop(key).forEach(note -> forget(note.number()));
      if (failed.containsKey(key)) {
        forget(failed.remove(key).number());
      }
      if (publishing.containsKey(key)) {
        doubt(Set.of(key));
      }
    }
  }

  private void missed() {
    synchronized (lock) {
      missed = true;
    }
  }

  private void end() {
    synchronized (lock) {
      ended = true;
    }
  }
}
