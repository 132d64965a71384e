package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nats.client.Connection;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.PushSubscribeOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.internal.backplane.Link;
import org.starcast.internal.backplane.NatsServer;
import org.starcast.internal.wire.EventId;
import org.starcast.testing.ReceivedEvent;

/**
 * Clients hop between three nodes with their last id while all nodes publish, and the broker and
 * nodes are killed, and cut off from each other: what each client got in all its lives together is
 * what the stream has of its topics, once and in order, and nobody is told of a gap; and the stream
 * has all that was acknowledged. Repeat a run with {@code -Dstarcast.test.seed}; {@code
 * -Dstarcast.test.cluster.events} makes it longer: with 200,000 or more each kind of fault hits
 * nodes of both kinds, else one of them.
 */
@EnabledIfSystemProperty(named = "payara.microJar", matches = ".+")
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class ClusterChaosIT {

  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final int NODES = 3;
  private static final int CLIENTS = 300;
  private static final int AWAY = 30;
  private static final int SILENT = 50;
  private static final int TOPICS = 50;
  private static final int PUBLISHERS_PER_NODE = 2;
  private static final int BATCH = 100;
  private static final int HOPS_PER_BATCH = 5;

  /** Events from which on there are all faults. */
  private static final int MANY = 200_000;

  @TempDir Path temp;

  private final long seed = Long.getLong("starcast.test.seed", 20261121);
  private final int events = Integer.getInteger("starcast.test.cluster.events", 40_000);
  private final Random random = new Random(seed);

  private Cluster cluster;

  /** Of 300 clients' logs, one of those events that are equal. */
  private final ConcurrentMap<ReceivedEvent, ReceivedEvent> seen = new ConcurrentHashMap<>();

  /** Batches that may be published, and clients that may hop for those that were. */
  private final Semaphore batches = new Semaphore(0);

  private final Semaphore hops = new Semaphore(0);
  private final AtomicInteger published = new AtomicInteger();
  private volatile boolean done;

  /** What the nodes said: data by id, and the data of what was not stored. */
  private final ConcurrentSkipListMap<Long, String> acknowledged = new ConcurrentSkipListMap<>();

  private final Set<String> epochs = ConcurrentHashMap.newKeySet();
  private final Set<String> refused = ConcurrentHashMap.newKeySet();
  private final AtomicInteger unknown = new AtomicInteger();
  private final Set<String> complaints = ConcurrentHashMap.newKeySet();

  /** Nodes that listen, perhaps, but have not deployed the application: they say 404, or 500. */
  private final Set<Integer> starting = ConcurrentHashMap.newKeySet();

  private final List<Hopper> hoppers = new ArrayList<>();
  private final ArrayDeque<Hopper> away = new ArrayDeque<>();
  private final ArrayDeque<RawStream> silent = new ArrayDeque<>();

  /** One logical client over all its connections. */
  private final class Hopper {
    private final int number;
    private final Set<String> topics = new TreeSet<>();
    private final String query;
    private final List<ReceivedEvent> before = new ArrayList<>();
    private RawStream stream;
    private int node;
    private int lives;

    Hopper(int number) {
      this.number = number;
      for (int i = random.nextInt(3); i >= 0; i--) {
        topics.add(Integer.toString(random.nextInt(TOPICS)));
      }
      query =
          topics.stream().map(topic -> "topic=chaos." + topic).collect(Collectors.joining("&"))
              + (random.nextInt(10) == 0 ? "&overflow=DISCONNECT&messages=200" : "");
    }

    String id() {
      return "hopper-" + number + "-" + lives;
    }

    String lastEventId() {
      return before.isEmpty() ? "" : before.get(before.size() - 1).lastEventId();
    }

    /** On this node, or on the next one that takes it. */
    void connect(int first) {
      AtomicInteger next = new AtomicInteger(first);
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> connects(next.getAndIncrement() % NODES));
    }

    private boolean connects(int on) {
      String last = lastEventId();
      String path =
          "probe/replay/" + id() + "?" + query + (last.isEmpty() ? "&resumeFrom=earliest" : "");
      String[] headers = last.isEmpty() ? new String[0] : new String[] {"Last-Event-ID: " + last};
      try {
        RawStream opened = cluster.server(on).open(path, headers).withoutBody().sharing(seen);
        if (opened.status() != 200) {
          if (!starting.contains(on)) {
            assertThat(opened.status())
                .as(() -> what() + ", node " + on + ":\n" + end(cluster.node(on).output()))
                .isEqualTo(503);
          }
          opened.close();
          return false;
        }
        stream = opened;
        node = on;
        return true;
      } catch (IOException | UncheckedIOException e) {
        return false;
      }
    }

    /** Ends this life, if the server has not. */
    void cut() throws IOException {
      switch (random.nextInt(4)) {
        case 0 -> stream.reset();
        case 1 -> stream.close();
        case 2 -> {
          try {
            cluster.server(node).delete("probe/clients/" + id());
          } catch (UncheckedIOException e) {
            stream.reset();
          }
        }
        default -> {
          stream.fallSilent();
          silent.add(stream);
          if (silent.size() > SILENT) {
            silent.remove().reset();
          }
        }
      }
      leave();
    }

    /** What it has got is complete when the stream has ended. */
    void leave() {
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(2))
          .until(stream::ended);
      before.addAll(stream.events());
      stream = null;
      lives++;
    }

    long lastSequence() {
      List<ReceivedEvent> now = stream.events();
      String id = now.isEmpty() ? lastEventId() : now.get(now.size() - 1).lastEventId();
      return id.isEmpty() ? 0 : EventId.parse(id).sequence();
    }

    String what() {
      return "seed " + seed + ", client " + number + ", topics " + topics;
    }
  }

  private static String end(String log) {
    return log.substring(Math.max(0, log.length() - 10_000));
  }

  /** Something that goes wrong. */
  private record Fault(String name, Step begin, BooleanSupplier over, Step end) {

    interface Step {
      void run() throws Exception;
    }
  }

  private Fault brokerKilled() {
    NatsServer broker = cluster.broker();
    return new Fault("broker killed", broker::kill, after(2), broker::start);
  }

  private Fault nodeKilled(int node) {
    ServerProcess killed = cluster.node(node);
    return new Fault(
        "node " + node + " killed",
        () -> {
          starting.add(node);
          killed.kill();
          killed.start();
        },
        killed::answers,
        () -> starting.remove(node));
  }

  private Fault cutOff(int node) {
    Link link = cluster.link(node);
    return new Fault("node " + node + " cut off", link::cut, after(5), link::heal);
  }

  private Fault frozen(int node) {
    Link link = cluster.link(node);
    return new Fault("node " + node + " frozen", link::freeze, after(10), link::heal);
  }

  private static BooleanSupplier after(int seconds) {
    long[] end = new long[1];
    return () -> {
      end[0] = end[0] == 0 ? System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds) : end[0];
      return System.nanoTime() > end[0];
    };
  }

  @AfterEach
  void end() {
    done = true;
    if (cluster != null) {
      cluster.close();
    }
  }

  @Test
  void everyClientsLogIsTheStreamsOrItIsTold() throws Exception {
    cluster =
        new Cluster(
            temp,
            Map.of(
                "STARCAST_LOG_EVENTS",
                "2000",
                "STARCAST_RETRY",
                "PT0.1S",
                "STARCAST_SEND_TIMEOUT",
                "PT3S"),
            Map.of());
    for (int i = 0; i < CLIENTS; i++) {
      hoppers.add(new Hopper(i));
      hoppers.get(i).connect(i);
    }
    for (int i = 0; i < NODES * PUBLISHERS_PER_NODE; i++) {
      int number = i;
      Thread publisher = new Thread(() -> publish(number), "publisher-" + i);
      publisher.setDaemon(true);
      publisher.start();
    }

    long start = System.nanoTime();
    int payara = random.nextInt(2);
    List<Fault> faults =
        new ArrayList<>(List.of(brokerKilled(), frozen(payara), nodeKilled(2), cutOff(1 - payara)));
    if (events >= MANY) {
      faults.addAll(List.of(brokerKilled(), cutOff(2), nodeKilled(payara), frozen(2)));
    }
    for (Fault fault : faults) {
      go(fault, events / BATCH / faults.size());
    }
    for (ServerProcess node : cluster.nodes()) {
      node.ready();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    assertThat(complaints).as("seed %d", seed).isEmpty();

    markTheEnd();
    NavigableMap<Long, String> model = stream();
    long last = model.lastKey();
    long finishing = System.nanoTime();
    assertThatTheModelHasAllThatWasAcknowledged(model);
    for (Hopper hopper : hoppers) {
      if (hopper.stream == null) {
        hopper.connect(hopper.number);
      }
    }
    Map<String, List<Map.Entry<Long, String>>> byTopic =
        model.entrySet().stream()
            .collect(
                Collectors.groupingBy(e -> e.getValue().substring(0, e.getValue().indexOf(':'))));
    List<String> gaps = new ArrayList<>();
    long deliveries = 0;
    int lives = 0;
    for (Hopper hopper : hoppers) {
      List<Map.Entry<Long, String>> expected =
          hopper.topics.stream()
              .flatMap(topic -> byTopic.get(topic).stream())
              .sorted(Map.Entry.comparingByKey())
              .toList();
      long end = expected.get(expected.size() - 1).getKey();
      await()
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .untilAsserted(() -> assertThatItIsThere(hopper, end));
      hopper.before.addAll(hopper.stream.events());
      hopper.stream.close();
      check(hopper, expected, gaps);
      deliveries += hopper.before.size();
      lives += hopper.lives;
    }
    System.out.printf(
        "seed %d: %d events stored in %.0f s, %.0f/s, %d unknown, %d refused; %d deliveries to %d"
            + " clients in %d lives, %d gaps; all had all %.1f s after the end, at %d%n",
        seed,
        model.size(),
        seconds,
        model.size() / seconds,
        unknown.get(),
        refused.size(),
        deliveries,
        CLIENTS,
        lives,
        gaps.size(),
        (System.nanoTime() - finishing) / 1e9,
        last);
    assertThat(gaps).as("seed %d: nothing was lost, so nobody is told so", seed).isEmpty();
  }

  /** Publishes so many batches while something goes wrong and clients hop. */
  private void go(Fault fault, int count) throws Exception {
    long start = System.nanoTime();
    int goal = published.get() + count;
    batches.release(count);
    fault.begin.run();
    boolean over = false;
    while (!over || published.get() < goal) {
      if (!over && fault.over.getAsBoolean()) {
        over = true;
        fault.end.run();
      }
      hops.tryAcquire(50, TimeUnit.MILLISECONDS);
      hop();
      assertThat(System.nanoTime() - start)
          .as(
              "seed %d: %s, %d batches left; %s",
              seed, fault.name, goal - published.get(), complaints)
          .isLessThan(PATIENCE.toNanos() * 2);
    }
    System.out.printf(
        "%s: %d batches in %.1f s%n", fault.name, count, (System.nanoTime() - start) / 1e9);
  }

  private void hop() throws IOException {
    Hopper hopper = hoppers.get(random.nextInt(CLIENTS));
    if (hopper.stream != null) {
      hopper.cut();
      if (random.nextInt(5) == 0) {
        away.add(hopper);
        if (away.size() > AWAY) {
          away.remove().connect(random.nextInt(NODES));
        }
      } else {
        hopper.connect(random.nextInt(NODES));
      }
    }
    for (int i = 0; i < 10; i++) {
      Hopper other = hoppers.get(random.nextInt(CLIENTS));
      if (other.stream != null && other.stream.ended()) {
        other.leave();
        other.connect(random.nextInt(NODES));
      }
    }
  }

  private void publish(int publisher) {
    int node = publisher % NODES;
    String name = "p" + publisher;
    int number = 0;
    try {
      for (batches.acquire(); !done; batches.acquire()) {
        try {
          HttpResponse<String> response = batch(node, name, number);
          List<String> results = response.body().lines().toList();
          if (response.statusCode() == 200) {
            for (int i = 0; i < results.size(); i++) {
              note(results.get(i), (number + i) % TOPICS + ":" + name + ":" + (number + i));
            }
            published.incrementAndGet();
            hops.release(HOPS_PER_BATCH);
          } else {
            // it is starting, or is being killed
            batches.release();
          }
        } catch (UncheckedIOException e) {
          unknown.addAndGet(BATCH);
          batches.release();
          await()
              .atMost(PATIENCE)
              .pollInterval(Duration.ofMillis(200))
              .until(() -> done || cluster.node(node).answers());
        }
        number += BATCH;
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } catch (RuntimeException | AssertionError e) {
      complaints.add(name + ": " + e);
    }
  }

  private HttpResponse<String> batch(int node, String name, int from) {
    return cluster
        .server(node)
        .post(
            "probe/batch?prefix=chaos&topics=" + TOPICS + "&from=" + from + "&count=" + BATCH,
            name);
  }

  private void note(String result, String data) {
    if (result.equals("-")) {
      refused.add(data);
    } else if (result.equals("?")) {
      unknown.incrementAndGet();
    } else {
      EventId id = EventId.parse(result);
      epochs.add(id.epoch());
      String other = acknowledged.put(id.sequence(), data);
      assertThat(other).as("an id given out twice: %s", result).isNull();
    }
  }

  /** The last event of each topic is certain to be stored. */
  private void markTheEnd() {
    AtomicInteger attempt = new AtomicInteger();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              List<String> results =
                  batch(0, "end" + attempt.incrementAndGet(), 0).body().lines().toList();
              return results.stream().allMatch(id -> id.length() > 1);
            });
  }

  /** Data by sequence, read from the broker. */
  private NavigableMap<Long, String> stream() throws Exception {
    NavigableMap<Long, String> model = new TreeMap<>();
    Connection connection = cluster.broker().connect();
    try {
      JetStreamSubscription all =
          connection
              .jetStream()
              .subscribe(
                  "starcast.t.>",
                  PushSubscribeOptions.builder().stream("STARCAST").ordered(true).build());
      long left = 1;
      while (left > 0) {
        Message message = all.nextMessage(Duration.ofSeconds(10));
        assertThat(message).as("the next message of the stream").isNotNull();
        String frame = new String(message.getData(), StandardCharsets.UTF_8);
        model.put(
            message.metaData().streamSequence(), frame.replaceAll("(?s)data:\\s?(.*)\\n", "$1"));
        left = message.metaData().pendingCount();
      }
    } finally {
      connection.close();
    }
    return model;
  }

  private void assertThatTheModelHasAllThatWasAcknowledged(NavigableMap<Long, String> model) {
    assertThat(epochs).as("seed %d", seed).hasSize(1);
    Set<String> stored = new HashSet<>();
    Map<String, Integer> numbers = new TreeMap<>();
    model.forEach(
        (sequence, data) -> {
          assertThat(stored.add(data)).as("seed %d: %s is stored once", seed, data).isTrue();
          String[] parts = data.split(":");
          int number = Integer.parseInt(parts[2]);
          Integer previous = numbers.put(parts[1], number);
          assertThat(number)
              .as("seed %d: the order of %s", seed, parts[1])
              .isGreaterThan(previous == null ? -1 : previous);
        });
    acknowledged.forEach(
        (sequence, data) -> {
          if (!data.equals(model.get(sequence))) {
            assertThat(model).as("seed %d", seed).containsEntry(sequence, data);
          }
        });
    assertThat(refused).as("seed %d", seed).doesNotContainAnyElementsOf(stored);
  }

  private void assertThatItIsThere(Hopper hopper, long end) {
    if (hopper.stream.ended()) {
      hopper.leave();
      hopper.connect(hopper.number);
    }
    assertThat(hopper.lastSequence()).as(hopper.what()).isGreaterThanOrEqualTo(end);
  }

  /** Notes the gaps that it was told of. */
  private static void check(
      Hopper hopper, List<Map.Entry<Long, String>> expected, List<String> gaps) {
    int next = 0;
    for (ReceivedEvent event : hopper.before) {
      if (event.event().equals("starcast-gap")) {
        gaps.add(
            "%s: told %s with the id %s before %s"
                .formatted(
                    hopper.what(),
                    event.data(),
                    event.lastEventId(),
                    next < expected.size() ? expected.get(next) : "the end"));
        continue;
      }
      if (event.event().equals("recover")) {
        continue;
      }
      long sequence = EventId.parse(event.lastEventId()).sequence();
      assertThat(next).as(hopper.what()).isLessThan(expected.size());
      assertThat(Map.entry(sequence, event.data())).as(hopper.what()).isEqualTo(expected.get(next));
      next++;
    }
    assertThat(next).as(hopper.what() + " got all").isEqualTo(expected.size());
  }
}
