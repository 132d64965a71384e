package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.MessageSource;
import org.starcast.ResponseRuntime;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.payload.PayloadRule;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.NaivePattern;
import org.starcast.internal.wire.EventId;

/**
 * A client against a plain, slow model of what it is owed. Random steps (subscriptions that change,
 * events, direct messages, connections that stall, break and come back, a log that moves on, pages
 * that wait or are lost, orders that begin anew, memory that is short, drains) are taken on one
 * thread, so that a seed repeats them exactly, by one node or by two that share an order, to either
 * of which a client may come back; after each, what has been written is read as a browser would,
 * and every event that should have come is there, once and in order, or excused: by a gap that was
 * told before what follows it, by a state that the client begins with, by a later one of the same
 * key, or by the end of the connection, after which the client comes back with the last id that it
 * has seen. A state is that of the last event before it was made, and made for one client or for
 * several. An id that a client has seen never covers an event that it has not.
 *
 * <p>{@code -Dstarcast.test.model.seed=…} repeats one run, {@code starcast.test.model.runs} is
 * their number, and {@code starcast.test.runs} multiplies it.
 */
@ExtendWith(ResponseRuntime.class)
class ClientModelTest {

  private static final int RUNS = Integer.getInteger("starcast.test.model.runs", 3_000);
  private static final int STEPS = 60;
  private static final int LOG_EVENTS = 16;
  private static final String[] TOPICS = {"a", "b", "c.x", "s.1", "s.2"};
  private static final String[] PATTERNS = {"a", "b", "c.*", "*", "s.+", "s.1"};
  private static final String RETAINED = "s.";

  /** No two of them match the same topic: which of two holds is tested elsewhere. */
  private static final String[] RULES = {"a", "c.*", "s.+"};

  @Test
  void everyClientGetsWhatItIsOwed() {
    Long one = Long.getLong("starcast.test.model.seed");
    long first = one == null ? 1 : one;
    long runs = one == null ? (long) RUNS * Integer.getInteger("starcast.test.runs", 1) : 1;
    for (long seed = first; seed < first + runs; seed++) {
      World world = new World(seed);
      try {
        world.run();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + e + "\n" + world.trace(), e);
      }
    }
  }

  /** An event of the order, by its place: {@code epoch * 2^32 + sequence}. */
  private record Event(long place, String topic, String sender, String key, Set<String> except) {
    String data() {
      return "e" + place;
    }
  }

  /** One of the servers. */
  private static final class Node {
    private final World world;
    private final MemoryStream.Node shared;
    private final DeliveryEngine engine;
    private final Set<Long> neverReceived = new HashSet<>();
    private boolean lags;

    /** The place of the last state that was made for all. */
    private long stateAt;

    Node(World world, StarcastConfig config) {
      this.world = world;
      shared = world.stream == null ? null : world.stream.node();
      Executor later = world.tasks::add;
      engine =
          new DeliveryEngine(
              config,
              shared == null ? new LocalBackplane(config) : shared,
              SteppedEngine.IdleThread::new,
              later,
              task -> {},
              new PayloadRule()::apply,
              null,
              null,
              new EngineListener() {
                @Override
                public void opened(SseClient client) {
                  world.opened.add(client);
                }

                @Override
                public void closed(SseClient client, CloseReason reason) {
                  world.closed.add(client);
                }

                @Override
                public void unpublished(SseMessage message, Throwable failure) {}

                @Override
                public void commanded(EventId at, String type, byte[] body) {}
              });
    }

    /** The place of the last event that it has received. */
    long received() {
      return world.place(engine.lastEventId());
    }
  }

  private static final class World {
    private final Random random;
    private final List<String> trace = new ArrayList<>();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<Viewer> viewers = new ArrayList<>();
    private final TreeMap<Long, Event> events = new TreeMap<>();
    private final List<SseClient> opened = new ArrayList<>();
    private final List<SseClient> closed = new ArrayList<>();
    private final MemoryStream stream;
    private final List<Node> nodes = new ArrayList<>();
    private final boolean logs;

    /** The most events that are kept of each topic that matches. */
    private final Map<String, Integer> rules = new LinkedHashMap<>();

    private final Map<String, Long> epochs = new HashMap<>();
    private long published;
    private boolean draining;
    private int messages;

    World(long seed) {
      random = new Random(seed);
      logs = random.nextInt(8) > 0;
      boolean shared = logs && random.nextBoolean();
      Map<String, String> values = new LinkedHashMap<>();
      values.put("starcast.drain-window", "PT0S");
      values.put("starcast.heartbeat", "PT10M");
      values.put("starcast.send-timeout", "PT1H");
      values.put("starcast.drain-threads", "1");
      values.put("starcast.log.age", "PT0S");
      values.put("starcast.log.events", logs ? "" + LOG_EVENTS : "0");
      values.put("starcast.batch-bytes", "1024");
      values.put("starcast.initial.max-age", "PT1M");
      if (random.nextInt(4) == 0) {
        values.put("starcast.queue.total-bytes", "" + (1 << 20));
      }
      if (logs && random.nextBoolean()) {
        values.put("starcast.log.retain.\"s.*\"", "latest");
      }
      for (int i = logs && random.nextBoolean() ? 1 + random.nextInt(3) : 0; i > 0; i--) {
        String pattern = RULES[random.nextInt(RULES.length)];
        rules.put(pattern, 1 + random.nextInt(5 * LOG_EVENTS));
        values.put("starcast.log.topics.\"" + pattern + "\".events", "" + rules.get(pattern));
      }
      if (random.nextInt(3) == 0) {
        values.put("starcast.backplane.replay-events", "100");
      }
      StarcastConfig config =
          StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
      stream = shared ? new MemoryStream() : null;
      trace.add(values.toString());
      for (int i = shared && random.nextBoolean() ? 2 : 1; i > 0; i--) {
        nodes.add(new Node(this, config));
      }
    }

    private Node anyNode() {
      return nodes.get(random.nextInt(nodes.size()));
    }

    String trace() {
      return String.join("\n", trace);
    }

    /** The number of the epoch of an id, from 0. */
    long place(String id) {
      int dash = id.indexOf('-');
      String epoch = id.substring(0, dash);
      long number = epochs.computeIfAbsent(epoch, e -> (long) epochs.size());
      return (number << 32) + Long.parseLong(id.substring(dash + 1));
    }

    boolean retains(Event event) {
      return trace.get(0).contains("log.retain") && event.topic.startsWith(RETAINED);
    }

    /** Whether a node alone has all events behind a place that are for a subscription. */
    boolean keepsAll(Change change, long has, long received) {
      if (has + LOG_EVENTS >= received) {
        return true;
      }
      boolean others =
          change.topics.keySet().stream()
              .anyMatch(
                  topic ->
                      rules.keySet().stream()
                          .noneMatch(
                              rule ->
                                  CompiledPattern.of(rule).contains(CompiledPattern.of(topic))));
      Map<String, Integer> since = new HashMap<>();
      for (Event event : events.tailMap(has, false).values()) {
        since.merge(rule(event.topic).isPresent() ? event.topic : "others", 1, Integer::sum);
      }
      return !rules.isEmpty()
          && (!others || since.getOrDefault("others", 0) <= LOG_EVENTS)
          && since.keySet().stream()
              .filter(topic -> rule(topic).isPresent())
              .filter(
                  topic ->
                      change.topics.keySet().stream()
                          .anyMatch(pattern -> NaivePattern.matches(pattern, topic)))
              .allMatch(topic -> since.get(topic) <= rules.get(rule(topic).get()));
    }

    private Optional<String> rule(String topic) {
      return rules.keySet().stream().filter(rule -> NaivePattern.matches(rule, topic)).findFirst();
    }

    void run() {
      nodes.get(0).received();
      connect();
      for (int i = 0; i < STEPS; i++) {
        step();
        if (random.nextInt(3) > 0) {
          settle();
        }
      }
      end();
    }

    private void step() {
      Viewer viewer = viewers.get(random.nextInt(viewers.size()));
      switch (random.nextInt(24 + 2 * nodes.size())) {
        case 0, 1, 2, 3, 4, 5 -> publish();
        case 6 -> {
          for (int i = random.nextInt(3 * LOG_EVENTS); i > 0; i--) {
            publish();
          }
        }
        case 7, 8 -> viewer.change();
        case 9, 10 -> viewer.sendDirect();
        case 11 -> viewer.sendWhenRoom();
        case 12, 13 -> viewer.stall();
        case 14, 15, 16 -> viewer.grant();
        case 17 -> viewer.breakOff();
        case 18 -> viewer.close();
        case 19 -> viewer.timePasses();
        case 20 -> connect();
        case 21 -> runTasks();
        case 22, 23, 24 -> shared();
        case 25 -> {
          trace.add("memory is short: the largest falls back");
          viewer.client.leaveToLog();
        }
        default -> {
          viewer.timePasses();
          settle();
          viewer.breakOff();
        }
      }
    }

    /** What only a backplane of several nodes does. */
    private void shared() {
      if (stream == null) {
        return;
      }
      switch (random.nextInt(6)) {
        case 0 -> {
          Node node = anyNode();
          node.lags = !node.lags;
          trace.add("lag " + nodes.indexOf(node) + " " + node.lags);
          node.shared.lag(node.lags);
        }
        case 1 -> {
          long upTo = published - random.nextInt(4 * LOG_EVENTS);
          trace.add("drop up to " + upTo);
          for (Node node : nodes) {
            long received = node.received();
            for (long lost = received + 1; lost <= (received >> 32 << 32) + upTo; lost++) {
              node.neverReceived.add(lost);
            }
          }
          stream.drop(upTo);
        }
        case 2 -> {
          trace.add("hold reads");
          stream.holdReads();
        }
        case 3, 4 -> {
          trace.add("release reads");
          stream.release();
        }
        default -> {
          if (random.nextInt(3) == 0 && nodes.stream().noneMatch(node -> node.lags)) {
            String epoch = "r" + epochs.size();
            trace.add("restart as " + epoch);
            viewers.forEach(viewer -> viewer.restarted = true);
            stream.restart(epoch);
            published = 0;
            nodes.get(0).received();
          }
        }
      }
    }

    private void publish() {
      String topic = TOPICS[random.nextInt(TOPICS.length)];
      String sender = random.nextInt(3) == 0 ? "u" + random.nextInt(2) : null;
      String key = random.nextInt(3) == 0 ? "k" + random.nextInt(2) : null;
      Set<String> except =
          random.nextInt(8) == 0
              ? Set.of(viewers.get(random.nextInt(viewers.size())).id)
              : Set.of();
      published++;
      DeliveryEngine engine = anyNode().engine;
      String epoch = engine.lastEventId().substring(0, engine.lastEventId().indexOf('-'));
      Event event = new Event(place(epoch + "-" + published), topic, sender, key, except);
      events.put(event.place, event);
      SseMessage.Builder message = SseMessage.builder().topic(topic).data(event.data());
      if (sender != null) {
        message.sender(sender);
      }
      if (key != null) {
        message.coalesce(key);
      }
      if (random.nextInt(12) == 0) {
        message.comment("x".repeat(random.nextInt(60_000)));
      }
      trace.add("publish " + event);
      engine.publish(message.build(), except);
    }

    private void connect() {
      if (viewers.size() < 3 && !draining) {
        Viewer viewer = new Viewer(this, "v" + viewers.size());
        viewers.add(viewer);
        viewer.connect();
      }
    }

    private void runTasks() {
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        task.run();
      }
    }

    /** Has the drain thread do what there is, and reads what it has written. */
    void settle() {
      for (Node node : nodes) {
        WriterLoop loop = node.engine.loop(0);
        for (int i = 0; loop.next(); i++) {
          assertThat(i).as("cycles without an end").isLessThan(100_000);
        }
      }
      viewers.forEach(Viewer::read);
    }

    private void end() {
      if (stream != null) {
        stream.release();
        nodes.forEach(node -> node.lags = false);
        nodes.forEach(node -> node.shared.lag(false));
      }
      boolean farewell = random.nextBoolean();
      for (Viewer viewer : viewers) {
        if (random.nextInt(4) > 0) {
          viewer.writer.grant(MemoryWriter.OPEN);
          viewer.flows = true;
        }
      }
      for (int i = 0; i < 5; i++) {
        settle();
        runTasks();
      }
      viewers.forEach(Viewer::assertComplete);
      trace.add("drain");
      draining = true;
      long begun = System.nanoTime();
      SseMessage last = farewell ? SseMessage.of("farewell") : null;
      nodes.forEach(node -> node.engine.drain(Duration.ZERO, last, Duration.ZERO));
      for (int i = 1; i <= 100 && nodes.stream().anyMatch(node -> node.engine.count() > 0); i++) {
        long now = begun + Duration.ofMillis(50L * i).toNanos();
        nodes.forEach(node -> node.engine.wheel().turnUntil(now));
        settle();
      }
      for (Viewer viewer : viewers) {
        if (viewer.flows && farewell && viewer.openAtEnd) {
          assertThat(viewer.text().contains("data: farewell"))
              .as(
                  "farewell to %s, %s, %s",
                  viewer.id, viewer.client.closeReason(), viewer.writer.aborted())
              .isTrue();
        }
        assertThat(viewer.client.state()).as(viewer.id).isEqualTo(SseClient.State.CLOSED);
        assertThat(viewer.writer.breaches()).isEmpty();
      }
      nodes.forEach(node -> node.engine.notifier().runWaiting());
      nodes.forEach(node -> node.engine.stop());
      runTasks();
      assertThat(closed).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(opened);
      for (Node node : nodes) {
        assertThat(node.engine.count()).isZero();
        assertThat(node.engine.memory().used()).as("bytes counted as held").isZero();
        EngineFixture.assertBalance(node.engine);
      }
    }
  }

  /** From this place on there is another subscription. */
  private record Change(long from, Map<String, Set<String>> topics, Set<String> muted) {
    boolean wants(Event event) {
      return muted.stream().noneMatch(pattern -> NaivePattern.matches(pattern, event.topic))
          && topics.entrySet().stream()
              .anyMatch(
                  topic ->
                      NaivePattern.matches(topic.getKey(), event.topic)
                          && (topic.getValue().isEmpty()
                              || topic.getValue().contains(String.valueOf(event.sender))));
    }
  }

  /** A browser's page: its present connection, and what it is owed over all of them. */
  private static final class Viewer {
    private final World world;
    private final String id;
    private final Random random;
    private final Overflow policy;
    private final boolean recovers;
    private final boolean recoversLater;

    /** Whether it begins with a state: one of its own, or one that others get, too. */
    private final boolean begins;

    private final boolean shares;
    private final List<Change> changes = new ArrayList<>();
    private Node node;
    private Client client;
    private MemoryWriter writer;
    private boolean flows;
    private boolean openAtEnd;
    private boolean restarted;

    // what it has read
    private int readBytes;
    private final StringBuilder unread = new StringBuilder();

    /** All events up to this place have come, or have been excused. */
    private long has;

    /** The last id, which it comes back with. */
    private String lastId = "";

    /** Whether a gap was told that reaches to whatever comes next, or to a place. */
    private boolean gapToNext;

    private long gapTo = -1;

    /** Whether a gap must be told before anything else. */
    private boolean owesGap;

    /** Whether it began with whatever the log had. */
    private boolean beginsAnywhere;

    /** The most events of before it came that it may begin with, and the first that it must. */
    private int mostOfThePast;

    private long mustBeginWith;
    private long cameAt;

    /** Whether a state must come before anything else, or may. */
    private boolean owesState;

    private boolean mayBeginWithState;

    /** That of the last state that has come; -1 for none. */
    private long stateAt;

    /** What {@link #owedStates} are if it begins with a state. */
    private final Map<String, Event> owedBehindState = new HashMap<>();

    /** The states that must have come before the next event with an id. */
    private final Map<String, Event> owedStates = new HashMap<>();

    private boolean expectsRecovery;
    private final Set<Long> lateKeys = new HashSet<>();
    private final List<String> direct = new ArrayList<>();
    private final List<CompletableFuture<Boolean>> waiting = new ArrayList<>();
    private final List<String> waited = new ArrayList<>();
    private final List<String> got = new ArrayList<>();
    private long missedTold;
    private long closedAt = Long.MAX_VALUE;

    Viewer(World world, String id) {
      this.world = world;
      this.id = id;
      this.random = world.random;
      this.policy = Overflow.values()[random.nextInt(4)];
      this.recovers = random.nextInt(3) == 0;
      this.recoversLater = random.nextBoolean();
      this.begins = random.nextInt(3) == 0;
      this.shares = random.nextBoolean();
    }

    private Change now() {
      return changes.get(changes.size() - 1);
    }

    private Change at(long place) {
      Change found = changes.get(0);
      for (Change change : changes) {
        if (change.from <= place) {
          found = change;
        }
      }
      return found;
    }

    private boolean owed(Event event) {
      return at(event.place).wants(event) && !event.except.contains(id);
    }

    void connect() {
      Map<String, Set<String>> topics = new LinkedHashMap<>();
      Subscription subscription = Subscription.none();
      if (changes.isEmpty()) {
        for (int i = random.nextInt(3); i >= 0; i--) {
          Set<String> senders = random.nextInt(4) == 0 ? Set.of("u0") : Set.of();
          topics.put(PATTERNS[random.nextInt(PATTERNS.length)], senders);
        }
      } else {
        topics.putAll(now().topics);
      }
      for (var topic : topics.entrySet()) {
        subscription = subscription.topic(topic.getKey(), topic.getValue().toArray(String[]::new));
      }
      Set<String> muted = changes.isEmpty() ? Set.of() : now().muted;
      subscription =
          subscription
              .mute(muted.toArray(String[]::new))
              .clientId(id)
              .overflow(policy)
              .queue(1 + random.nextInt(12), 1024 + random.nextInt(100_000));
      if (recovers) {
        SseMessage message = SseMessage.builder().event("recover").data("state").build();
        subscription =
            recoversLater ? subscription.onGap(() -> message) : subscription.onGap(message);
      }
      changes.clear();
      changes.add(new Change(Long.MIN_VALUE, topics, muted));
      begin(subscription);
      world.trace.add(
          "connect %s to %d %s %s from %s %s"
              .formatted(id, world.nodes.indexOf(node), policy, changes, lastId, recovers));
      for (int i = random.nextInt(4) == 0 ? random.nextInt(3) : 0; i > 0; i--) {
        change();
      }
      if (random.nextInt(10) == 0) {
        close();
      }
    }

    private void begin(Subscription subscription) {
      node = world.anyNode();
      long received = node.received();
      gapTo = -1;
      gapToNext = false;
      owesGap = false;
      beginsAnywhere = false;
      expectsRecovery = false;
      owesState = begins && (!world.logs || lastId.isEmpty());
      mayBeginWithState = begins;
      stateAt = -1;
      cameAt = received;
      mustBeginWith = Long.MAX_VALUE;
      owedStates.clear();
      Node registering = node;
      MessageSource state =
          () -> {
            long at = world.place(registering.engine.lastEventId());
            if (shares) {
              registering.stateAt = at;
            }
            return SseMessage.builder().event("state").data("s" + at).build();
          };
      Subscription stated =
          !begins
              ? subscription
              : shares ? subscription.initial("all", state) : subscription.initial(state);
      Subscription resumed = stated;
      if (!world.logs) {
        has = received;
      } else if (!lastId.isEmpty()) {
        has = world.place(lastId);
        resumed = stated.resumeFrom(lastId);
      } else {
        switch (random.nextInt(7)) {
          case 0 -> {
            has = -1;
            owesGap = true;
            resumed = stated.resumeFrom("zzz-7");
          }
          case 1 -> {
            has = -1;
            beginsAnywhere = true;
            resumed = stated.resumeFrom(Subscription.EARLIEST);
            mostOfThePast = Integer.MAX_VALUE;
          }
          case 2, 3 -> {
            has = received;
            oweStates(received + 1);
            if (!begins && world.stream == null) {
              has = -1;
              beginsAnywhere = true;
              mostOfThePast = random.nextInt(3 * LOG_EVENTS);
              resumed = stated.history(mostOfThePast);
              owedStates.clear();
              oweThePast(received);
            }
          }
          default -> {
            has = received;
            oweStates(received + 1);
          }
        }
      }
      try {
        client = (Client) node.engine.register(FakeSink.manual(), resumed, null);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      flows = random.nextInt(3) > 0;
      writer =
          new MemoryWriter(
              client, flows ? MemoryWriter.OPEN : random.nextInt(300), random.nextBoolean());
      client.writer(writer);
      if (begins && world.logs) {
        // while it has the subscription that it came with
        Map<String, Event> other = Map.copyOf(owedStates);
        long at = shares ? node.stateAt : received;
        // of those that are kept by now
        oweStates(received + 1);
        owedBehindState.clear();
        owedBehindState.putAll(owedStates);
        owedBehindState.values().removeIf(event -> event.place > at);
        owedStates.clear();
        owedStates.putAll(other);
      }
      readBytes = 0;
      unread.setLength(0);
      direct.clear();
      waiting.clear();
      waited.clear();
      got.clear();
      missedTold = 0;
      restarted = false;
      closedAt = Long.MAX_VALUE;
      writer.start();
    }

    /** A new client gets the latest events, as far back as all are there. */
    private void oweThePast(long received) {
      int events = 0;
      for (Event event : world.events.descendingMap().values()) {
        if (!owed(event) || event.place > received) {
          continue;
        }
        if (events++ == mostOfThePast || !world.keepsAll(now(), event.place - 1, received)) {
          return;
        }
        mustBeginWith = event.place;
      }
    }

    /** Of each retained topic the latest event before this place. */
    private void oweStates(long before) {
      owedStates.clear();
      for (Event event : world.events.headMap(before).values()) {
        if (event.place >> 32 == before >> 32
            && event.place <= node.received()
            && !node.neverReceived.contains(event.place)
            && world.retains(event)) {
          owedStates.put(event.topic, event);
        }
      }
      owedStates.values().removeIf(event -> !at(before).wants(event));
      owedStates.values().removeIf(event -> event.except.contains(id));
    }

    void change() {
      if (!isOpen()) {
        return;
      }
      String pattern = PATTERNS[random.nextInt(PATTERNS.length)];
      Map<String, Set<String>> topics = new LinkedHashMap<>(now().topics);
      Set<String> muted = new HashSet<>(now().muted);
      switch (random.nextInt(4)) {
        case 0 -> {
          client.subscribe(pattern);
          topics.put(pattern, Set.of());
        }
        case 1 -> {
          client.unsubscribe(pattern);
          topics.remove(pattern);
        }
        case 2 -> {
          client.mute(pattern);
          muted.add(pattern);
        }
        default -> {
          client.unmute(pattern);
          muted.remove(pattern);
        }
      }
      changes.add(new Change(node.received() + 1, topics, muted));
      world.trace.add("change " + id + " " + now());
    }

    private boolean isOpen() {
      return client.state().compareTo(SseClient.State.OPEN) <= 0;
    }

    void sendDirect() {
      String data = "d" + world.messages++;
      boolean taken = client.send(SseMessage.of(data));
      world.trace.add("send " + id + " " + data + " " + taken);
      if (taken) {
        direct.add(data);
      }
    }

    void sendWhenRoom() {
      String data = "w" + world.messages++;
      CompletableFuture<Boolean> stage =
          client.sendWhenRoom(SseMessage.of(data)).toCompletableFuture();
      world.trace.add("send when room " + id + " " + data + " " + stage);
      waiting.add(stage);
      waited.add(data);
    }

    void stall() {
      world.trace.add("stall " + id);
      writer.stall();
      flows = false;
    }

    void grant() {
      flows = random.nextBoolean();
      long bytes = flows ? MemoryWriter.OPEN : random.nextInt(2_000);
      world.trace.add("grant " + id + " " + bytes);
      writer.grant(bytes);
    }

    void breakOff() {
      world.trace.add("break " + id);
      client.failed(new IOException("reset"));
    }

    void close() {
      if (isOpen()) {
        closedAt = node.received();
        world.trace.add("close " + id + " at " + closedAt);
        client.close();
      }
    }

    void timePasses() {
      world.trace.add("twenty minutes " + id);
      client.onTime(System.nanoTime() + Duration.ofMinutes(20).toNanos());
    }

    String text() {
      return new String(writer.bytes(), StandardCharsets.UTF_8);
    }

    /** Reads what has come since, and comes back if the connection has ended. */
    void read() {
      byte[] bytes = writer.bytes();
      unread.append(new String(bytes, readBytes, bytes.length - readBytes, StandardCharsets.UTF_8));
      readBytes = bytes.length;
      for (int end = unread.indexOf("\n\n"); end >= 0; end = unread.indexOf("\n\n")) {
        block(unread.substring(0, end));
        unread.delete(0, end + 2);
      }
      if (client.state() == SseClient.State.CLOSED && !world.draining) {
        boolean whole = writer.ended() && !writer.aborted();
        world.trace.add("ended " + id + " " + client.closeReason() + " whole " + whole);
        if (whole) {
          closedAt = Math.min(closedAt, node.received());
          assertComplete();
        }
        connect();
      }
    }

    private void block(String block) {
      String id = null;
      String event = "message";
      String data = null;
      for (String line : block.split("\n")) {
        if (line.startsWith("id: ")) {
          id = line.substring(4);
        } else if (line.startsWith("event: ")) {
          event = line.substring(7);
        } else if (line.startsWith("data: ")) {
          data = line.substring(6);
        }
      }
      world.trace.add("  " + this.id + " reads " + event + " " + data + " " + id);
      if (event.equals("state")) {
        state(Long.parseLong(data.substring(1)));
        return;
      }
      if (data != null || id != null) {
        assertThat(owesState).as("the state comes first").isFalse();
        mayBeginWithState = false;
      }
      if (event.equals("starcast-gap")) {
        gap(data, id);
      } else if (event.equals("recover")) {
        assertThat(expectsRecovery).as("what comes behind a gap comes there").isTrue();
        expectsRecovery = false;
      } else if (data == null) {
        assertThat(leadsBack(id)).as("the id leads back").isFalse();
        acknowledge(id);
      } else {
        assertThat(expectsRecovery).as("behind the gap").isFalse();
        data(data, id);
      }
    }

    /** A state, which has all that was published up to this place. */
    private void state(long place) {
      stateAt = place;
      if (expectsRecovery) {
        expectsRecovery = false;
        return;
      }
      assertThat(mayBeginWithState).as("a state comes first, or behind a gap").isTrue();
      if (world.logs && !lastId.isEmpty()) {
        assertThat(canHaveLost()).as("nothing was lost").isTrue();
      }
      owesState = false;
      mayBeginWithState = false;
      owesGap = false;
      beginsAnywhere = false;
      has = place;
      if (world.logs) {
        owedStates.clear();
        owedStates.putAll(owedBehindState);
      }
    }

    private void gap(String data, String id) {
      owesGap = false;
      expectsRecovery = recovers || begins;
      int next = data.indexOf("\"next\":\"");
      if (next >= 0) {
        gapTo = world.place(data.substring(next + 8, data.indexOf('"', next + 8))) - 1;
      } else {
        gapToNext = true;
      }
      int missed = data.indexOf("\"missed\":");
      if (missed >= 0) {
        missedTold += Long.parseLong(data.substring(missed + 9, data.indexOf('}')));
      } else {
        assertThat(canHaveLost()).as("nothing was lost").isTrue();
        oweStates(next >= 0 ? gapTo + 1 : node.received() + 1);
      }
      acknowledge(id);
    }

    /** Whether anything that it has not got is not there any more. */
    private boolean canHaveLost() {
      long received = node.received();
      return has < 0
          || has >> 32 != received >> 32
          || world.stream != null
          || !world.keepsAll(at(has + 1), has, received)
          || changes.stream().anyMatch(change -> change.from > has + 1);
    }

    /** Only a gap may, where what it had is not what there is. */
    private boolean leadsBack(String id) {
      if (id == null || lastId.isEmpty()) {
        return false;
      }
      long place = world.place(id);
      long last = world.place(lastId);
      return place < last && place >> 32 == last >> 32;
    }

    private void acknowledge(String id) {
      if (id != null) {
        upTo(world.place(id));
        lastId = id;
      }
    }

    private void data(String data, String id) {
      got.add(data);
      if (!data.startsWith("e")) {
        return;
      }
      Event event = world.events.get(Long.parseLong(data.substring(1)));
      if (world.logs && id == null) {
        assertThat(world.retains(event)).as("%s is a state", data).isTrue();
        owedStates.remove(event.topic);
        return;
      }
      if (world.logs) {
        assertThat(world.place(id)).isEqualTo(event.place);
      }
      if (begins && !recovers && gapTo >= 0 && gapTo >> 32 == stateAt >> 32) {
        assertThat(stateAt)
            .as("the state behind the gap has what was missed")
            .isGreaterThanOrEqualTo(gapTo);
      }
      assertThat(owed(event)).as("%s is for %s", event, this.id).isTrue();
      assertThat(event.place).as("%s comes once and in order", event).isGreaterThan(has);
      upTo(event.place - 1);
      has = event.place;
      lastId = world.logs ? id : "";
    }

    /** It knows now that all up to this place has come. */
    private void upTo(long place) {
      assertThat(owesGap).as("an unknown id is a gap").isFalse();
      if (place <= has && place >> 32 == has >> 32) {
        return;
      }
      for (Event state : owedStates.values()) {
        boolean later =
            world.events.tailMap(place, false).values().stream()
                .anyMatch(event -> event.topic.equals(state.topic));
        assertThat(later || state.place > place || beginsAnywhere || !at(place).wants(state))
            .as("%s of a retained topic comes first", state)
            .isTrue();
      }
      owedStates.clear();
      if (beginsAnywhere) {
        assertThat(place).as("begins with %s", mustBeginWith).isLessThan(mustBeginWith);
        long past =
            world.events.subMap(place, false, Math.max(place, cameAt), true).values().stream()
                .filter(this::owed)
                .count();
        assertThat(past).as("events of the past").isLessThanOrEqualTo(mostOfThePast);
      } else {
        excuse(place);
      }
      beginsAnywhere = false;
      gapToNext = false;
      gapTo = -1;
      has = place;
    }

    /** What has not come up to this place is excused. */
    private void excuse(long place) {
      if (place <= has) {
        return;
      }
      for (Event event : world.events.subMap(has, false, place, true).values()) {
        boolean excused =
            !owed(event)
                || gapToNext
                || event.place <= gapTo
                || policy == Overflow.COALESCE && isReplaced(event)
                || event.place > closedAt;
        assertThat(excused).as("%s has not come to %s", event, id).isTrue();
      }
    }

    private boolean isReplaced(Event event) {
      return event.key != null
          && world.events.tailMap(event.place, false).values().stream()
              .anyMatch(later -> event.key.equals(later.key) && owed(later));
    }

    /** Nothing is under way any more, and the connection takes all. */
    void assertComplete() {
      openAtEnd = client.state() == SseClient.State.OPEN;
      boolean whole = writer.ended() && !writer.aborted();
      if (!whole && !(flows && openAtEnd)) {
        return;
      }
      excuse(Math.min(node.received(), closedAt));
      assertThat(owesGap).isFalse();
      if (policy != Overflow.DROP_OLDEST) {
        List<String> sent = got.stream().filter(direct::contains).toList();
        assertThat(sent).as("messages to it alone").isEqualTo(direct);
        if (client.dropped() == 0) {
          world.runTasks();
          for (int i = 0; i < waited.size(); i++) {
            boolean taken =
                waiting.get(i).isDone()
                    && !waiting.get(i).isCompletedExceptionally()
                    && waiting.get(i).join();
            assertThat(got.contains(waited.get(i))).as(waited.get(i)).isEqualTo(taken);
          }
        }
      } else {
        // an order that began anew told its gap in their place
        assertThat(restarted || missedTold == client.dropped())
            .as("dropped %s, and told %s", client.dropped(), missedTold)
            .isTrue();
      }
    }
  }
}
