package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starcast.internal.json.Json;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.presence.PresenceReplication.Phase;
import org.starcast.internal.presence.PresenceState.Transition;
import org.starcast.internal.wire.EventId;

/**
 * Some nodes and one order, in random steps: clients come and go, nodes are late, killed, stopped,
 * wrongly declared gone, and new. However it goes, what is stored about a user is a join, then a
 * leave, and so on, and between them turns of away and back, each once; in the end the last message
 * is right, and all nodes know the same. Where the order loses commands, they know the same in the
 * end.
 */
class PresenceModelTest {

  /** How many runs of each kind; a failure names the seed. */
  private static final int RUNS = 60 * Integer.getInteger("starcast.test.runs", 1);

  private static final int STEPS = 3_000;
  private static final long STEP_NANOS = Duration.ofMillis(20).toNanos();

  /** For how long the backplane knows keys. */
  private static final long WINDOW_NANOS = Duration.ofMinutes(2).toNanos();

  /** Longer than a node that starts waits for an answer. */
  private static final Duration ABSENCE = Duration.ofSeconds(12);

  private static final Duration GRACE = Duration.ofSeconds(5);

  /** What the last message about a user says. */
  private static final Map<UserState, String> LAST =
      Map.of(UserState.GONE, "L", UserState.PRESENT, "[JB]", UserState.AWAY, "A");

  /** What has been said since the user left last. */
  private static final Map<UserState, String> REST =
      Map.of(UserState.GONE, "", UserState.PRESENT, "J(AB)*", UserState.AWAY, "J(AB)*A");

  /** What happens beside clients that come and go. */
  enum Faults {
    NONE(0, 0, 0, 0, 0, 0),
    KILLS(.004, 0, 0, 0, 0, 0),
    KILLS_AND_FALSE_DEATHS(.004, .004, 0, 0, 0, 0),
    STOPS_AND_FAILURES(.002, .001, .004, .05, 0, 0),
    LOSSES(.003, .002, .002, .02, .004, 0),
    ALL_OUT_OF_REACH(.002, .001, .001, .01, 0, .002);

    private final double kills;
    private final double falseDeaths;
    private final double stops;
    private final double failures;
    private final double losses;
    private final double absences;

    Faults(
        double kills,
        double falseDeaths,
        double stops,
        double failures,
        double losses,
        double absences) {
      this.kills = kills;
      this.falseDeaths = falseDeaths;
      this.stops = stops;
      this.failures = failures;
      this.losses = losses;
      this.absences = absences;
    }
  }

  /** What has its place in the order. */
  private interface Stored {
    void reach(Node node, EventId at);
  }

  /** What a node has sent, a message if there is one, and what to do if it may not be stored. */
  private record Sent(Stored stored, Transition message, Runnable failed) {}

  private record Entry(EventId at, Stored stored) {}

  /** Users whose last message is wrong, where nobody who is ready could be heard. */
  private int wrong;

  private final class World {
    private final Random random;
    private final Faults faults;
    private final List<Entry> log = new ArrayList<>();
    private final Map<Key, StringBuilder> messages = new HashMap<>();
    private final Map<String, Long> keys = new HashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Key> users = new ArrayList<>();
    private final Map<String, Long> beats = new HashMap<>();
    private long now = 1;
    private int names;
    private int fired;
    private String epoch = "e";

    World(long seed, Faults faults) {
      this.random = new Random(seed);
      this.faults = faults;
      for (int i = 0; i < 3; i++) {
        nodes.add(new Node(this));
      }
      for (int i = 0; i < 8; i++) {
        users.add(new Key("t" + i % 2, "u" + i / 2));
      }
    }

    boolean chance(double p) {
      return random.nextDouble() < p;
    }

    <T> T any(List<T> list) {
      return list.get(random.nextInt(list.size()));
    }

    List<Node> ready() {
      return nodes.stream().filter(node -> node.presence.phase() == Phase.READY).toList();
    }

    void store(Sent sent) {
      Transition message = sent.message;
      if (message == null) {
        store(sent.stored);
      } else if (now - keys.getOrDefault(message.id(), now - WINDOW_NANOS) >= WINDOW_NANOS) {
        keys.put(message.id(), now);
        store(sent.stored);
        messages
            .computeIfAbsent(message.key(), key -> new StringBuilder())
            .append(message.action().name().charAt(0));
      }
    }

    private void store(Stored stored) {
      log.add(new Entry(new EventId(epoch, log.size() + 1), stored));
    }

    void step() {
      now += STEP_NANOS;
      Node node = any(nodes);
      if (now < node.absentUntil) {
        return;
      }
      switch (random.nextInt(4)) {
        case 0, 1 -> node.receive(random.nextInt(6));
        case 2 -> node.act();
        default -> node.send();
      }
      if (chance(.05)) {
        any(nodes).moveAnyUser();
      }
      if (now > STEP_NANOS * 800 && ready().size() > 1) {
        faults();
      }
    }

    private void faults() {
      Node node = any(nodes);
      boolean othersReady = ready().stream().anyMatch(other -> other != node);
      if (othersReady && chance(faults.kills)) {
        // some of what it has sent may still be stored
        for (int i = random.nextInt(node.out.size() + 1); i > 0; i--) {
          store(node.out.remove());
        }
        remove(node);
      } else if (othersReady && chance(faults.stops)) {
        node.presence.end();
        node.out.forEach(this::store);
        store((each, at) -> each.gone(at, node.name, 0, node.name));
        remove(node);
      } else if (chance(faults.falseDeaths)) {
        Node by = any(ready());
        long last = beats.getOrDefault(node.name, 0L);
        if (by != node) {
          by.out.add(by.sent((each, at) -> each.gone(at, node.name, last, by.name)));
        }
      } else if (chance(faults.absences)) {
        // nobody who is ready is heard of, and one starts that finds nobody
        nodes.forEach(each -> each.absentUntil = now + ABSENCE.toNanos() + random.nextInt());
        nodes.add(new Node(this));
      } else if (chance(faults.losses)) {
        if (chance(.3)) {
          epoch += "e";
          nodes.forEach(Node::lose);
        } else {
          node.lose();
        }
      }
    }

    private void remove(Node node) {
      nodes.remove(node);
      if (nodes.size() < 2 || chance(.8)) {
        nodes.add(new Node(this));
      }
    }

    void settle() {
      for (int i = 0; i < 400; i++) {
        now += Duration.ofMillis(500).toNanos();
        for (Node node : nodes) {
          node.receive(Integer.MAX_VALUE);
          node.act();
          while (!node.out.isEmpty()) {
            store(node.out.remove());
          }
        }
      }
    }
  }

  private final class Node {
    private final World world;
    private final String name;
    private final PresenceReplication presence;
    private final Map<Key, PresenceEntry> own = new HashMap<>();
    private final Queue<Sent> out = new ArrayDeque<>();
    private final Map<String, long[]> heard = new HashMap<>();
    private int position;
    private long absentUntil;
    private long beat;
    private long beatAt;
    private boolean beatInFlight;
    private int received;

    Node(World world) {
      this.world = world;
      name = "n" + world.names++;
      presence = new PresenceReplication(name, GRACE, () -> world.now);
      // a node is given some of what was before it
      position = Math.max(0, world.log.size() - world.random.nextInt(60));
    }

    Sent sent(Stored stored) {
      return new Sent(stored, null, () -> {});
    }

    void moveAnyUser() {
      Key key = world.any(world.users);
      PresenceEntry is = own.get(key);
      int clients =
          Math.max(0, Math.min(2, (is == null ? 0 : is.clients()) + (world.chance(.5) ? 1 : -1)));
      if (clients > 0) {
        set(key, new PresenceEntry(UserState.PRESENT, clients, position, position, null));
      } else if (is != null && is.clients() > 0 && world.chance(.5)) {
        set(key, new PresenceEntry(UserState.AWAY, 0, position, position, null));
      } else if (is == null || is.clients() > 0 || world.chance(.5)) {
        own.remove(key);
        presence.set(key, null);
      }
    }

    private void set(Key key, PresenceEntry entry) {
      own.put(key, entry);
      presence.set(key, entry);
    }

    void receive(int most) {
      for (int i = 0; i < most && position < world.log.size(); i++) {
        Entry next = world.log.get(position++);
        next.stored.reach(this, next.at);
      }
    }

    /** What is stored and was not received is lost to this node. */
    void lose() {
      position = world.log.size();
      beatInFlight = false;
      presence.missed();
    }

    void gone(EventId at, String node, long last, String by) {
      if (!by.equals(node) && !by.equals(name)) {
        heard.computeIfAbsent(by, n -> new long[2])[1] = 0;
      }
      long[] of = heard.get(node);
      if (of == null || node.equals(by) || of[0] <= last) {
        heard.remove(node);
      }
      presence.gone(at, node, last, by);
    }

    void beats(EventId at, String node, long number) {
      presence.heartbeat(at, node, number);
      heard.put(node, new long[] {number, 0});
      if (node.equals(name)) {
        beatInFlight = false;
        received++;
        heard.forEach((other, of) -> of[1]++);
        heard.remove(name);
      }
    }

    void says(EventId at, String node, JsonObject body, PresenceCommand command) {
      if (!node.equals(name)) {
        heard.computeIfAbsent(node, n -> new long[2])[1] = 0;
      }
      if (body.containsKey("nodes")) {
        body.getJsonObject("nodes")
            .forEach(
                (other, beat) -> {
                  if (!other.equals(name)) {
                    long[] of = heard.computeIfAbsent(other, n -> new long[2]);
                    of[0] = Math.max(of[0], Long.parseLong(beat.toString()));
                  }
                });
      }
      presence.command(at, node, command);
    }

    void act() {
      presence.tick();
      if (!beatInFlight && world.now - beatAt > PresenceReplication.TICK.toNanos()) {
        beatInFlight = true;
        beatAt = world.now;
        long number = ++beat;
        out.add(
            new Sent(
                (node, at) -> {
                  world.beats.merge(name, number, Math::max);
                  node.beats(at, name, number);
                },
                null,
                () -> beatInFlight = false));
        heard.forEach(
            (other, of) -> {
              long last = of[0];
              if (of[1] >= 4 && received >= 8) {
                out.add(sent((node, at) -> node.gone(at, other, last, name)));
              }
            });
      }
      JsonObject body = presence.command();
      if (body != null) {
        JsonObject copy;
        try (var reader = Json.createReader(new StringReader(body.toString()))) {
          copy = reader.readObject();
        }
        PresenceCommand command = PresenceCommand.of(copy);
        out.add(
            new Sent(
                (node, at) -> node.says(at, name, copy, command),
                null,
                () -> presence.failed(command.number())));
      }
      for (Transition next = presence.message(); next != null; next = presence.message()) {
        Transition message = next;
        out.add(
            new Sent(
                (node, at) -> node.presence.stored(at, message.id()),
                message,
                () -> presence.failed(message)));
      }
      while (presence.event() != null) {
        world.fired++;
      }
    }

    void send() {
      Sent next = out.poll();
      if (next == null) {
        return;
      }
      if (world.chance(world.faults.failures)) {
        // may be stored all the same
        if (world.chance(.5)) {
          world.store(next);
        }
        next.failed.run();
      } else {
        world.store(next);
      }
    }

    Map<Key, UserState> members() {
      Map<Key, UserState> users = new TreeMap<>();
      presence.state().visit((node, key, entry) -> users.merge(key, entry.state(), UserState::and));
      return users;
    }
  }

  @ParameterizedTest
  @EnumSource
  void whateverHappensAllNodesAgreeInTheEnd(Faults faults) {
    Long one = Long.getLong("starcast.test.seed");
    for (long seed = one == null ? 0 : one; seed < (one == null ? RUNS : one + 1); seed++) {
      run(seed, faults);
    }
    // a node that could not know of others told what was so to its knowledge
    assertThat(wrong).as("last messages that are wrong").isLessThanOrEqualTo(RUNS * 8 / 100);
  }

  private static UserState state(Map<Key, UserState> members, Key user) {
    return members.getOrDefault(user, UserState.GONE);
  }

  private void run(long seed, Faults faults) {
    String run = faults + ", seed " + seed;
    World world = new World(seed, faults);
    for (int i = 0; i < STEPS; i++) {
      world.step();
    }
    world.settle();
    Map<Key, UserState> truth = new TreeMap<>();
    for (Node node : world.nodes) {
      node.own.forEach((key, entry) -> truth.merge(key, entry.state(), UserState::and));
    }
    for (Node node : world.nodes) {
      assertThat(node.presence.phase()).as(run).isEqualTo(Phase.READY);
      assertThat(node.members()).as("%s, %s", run, node.name).isEqualTo(truth);
      assertThat(node.presence.state().pending()).as("%s, %s", run, node.name).isEmpty();
    }
    if (faults.absences > 0) {
      for (Key user : world.users) {
        String messages = world.messages.getOrDefault(user, new StringBuilder("L")).toString();
        wrong += messages.matches("[JLAB]*" + LAST.get(state(truth, user))) ? 0 : 1;
      }
    }
    if (faults.losses == 0 && faults.absences == 0) {
      for (Key user : world.users) {
        assertThat(world.messages.getOrDefault(user, new StringBuilder()))
            .as("%s, %s", run, user)
            .matches("(J(AB)*A?L)*" + REST.get(state(truth, user)));
      }
      assertThat(world.fired).as(run).isLessThanOrEqualTo(world.keys.size());
    }
    if (faults == Faults.NONE) {
      assertThat(world.fired).as(run).isEqualTo(world.keys.size());
    }
  }
}
