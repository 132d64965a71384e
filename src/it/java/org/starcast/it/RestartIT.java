package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.internal.wire.EventId;
import org.starcast.testing.ReceivedEvent;

/**
 * Payara Micro with the file store as a process of its own, killed and stopped while clients read
 * and others publish: who comes back with its last id gets all that was stored, once and in order,
 * and a gap event where a crash took something away, there only. Repeat a run with {@code
 * -Dstarcast.test.seed}; failures name it.
 */
@EnabledIfSystemProperty(named = "payara.microJar", matches = ".+")
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class RestartIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int TOPICS = 5;
  private static final int CLIENTS = 30;
  private static final int PUBLISHERS = 4;

  @TempDir Path temp;

  private final long seed = Long.getLong("starcast.test.seed", 20261121);
  private final List<ServerProcess> started = new ArrayList<>();

  /** What publishers were told is published: data by sequence. */
  private final NavigableMap<Long, String> acknowledged = new ConcurrentSkipListMap<>();

  /** Another server, at another port, with the application. */
  private ServerProcess start(Path war) throws IOException {
    Path folder = temp.resolve("payara-" + started.size());
    ServerProcess server = new ServerProcess(ServerProcess.Kind.PAYARA, folder, war, Map.of());
    started.add(server);
    server.start();
    return server;
  }

  private ServerProcess ready(Path war) throws IOException {
    ServerProcess server = start(war);
    server.ready();
    return server;
  }

  /** A client that comes back again and again. */
  private static final class Reader {
    private final String query;
    private final List<Integer> topics;
    private final List<ReceivedEvent> before = new ArrayList<>();
    private RawStream stream;

    Reader(List<Integer> topics) {
      this.topics = topics;
      this.query = topics.stream().map(n -> "topic=restart." + n).collect(Collectors.joining("&"));
    }

    void connect(Server server) {
      String id = lastEventId();
      stream = id.isEmpty() ? server.stream(query) : server.stream(query, "Last-Event-ID: " + id);
      assertThat(stream.status()).isEqualTo(200);
      stream.withoutBody();
    }

    /** The server is gone. */
    void disconnected() {
      await().atMost(PATIENCE).until(stream::ended);
      before.addAll(stream.events());
      stream = null;
    }

    List<ReceivedEvent> events() {
      List<ReceivedEvent> all = new ArrayList<>(before);
      if (stream != null) {
        all.addAll(stream.events());
      }
      return all;
    }

    String lastEventId() {
      List<ReceivedEvent> all = events();
      return all.isEmpty() ? "" : all.get(all.size() - 1).lastEventId();
    }

    boolean wants(String data) {
      return topics.contains(topicOf(data));
    }
  }

  private static int topicOf(String data) {
    return Integer.parseInt(data.substring(0, data.indexOf(':')));
  }

  private static long sequence(ReceivedEvent event) {
    return EventId.parse(event.lastEventId()).sequence();
  }

  @AfterEach
  void end() {
    started.forEach(ServerProcess::close);
  }

  @Test
  void clientsResumeAcrossCrashesAndStops() throws Exception {
    Random random = new Random(seed);
    Path war = temp.resolve("starcast-test.war");
    File directory = temp.resolve("log").toFile();
    TestWar.with(
            "starcast.log.store",
            "file",
            "starcast.log.directory",
            directory.toString(),
            "starcast.log.events",
            "50000")
        .as(ZipExporter.class)
        .exportTo(war.toFile(), true);
    List<Reader> readers = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      List<Integer> topics =
          IntStream.range(0, TOPICS).filter(topic -> random.nextInt(3) > 0).boxed().toList();
      readers.add(new Reader(topics.isEmpty() ? List.of(0) : topics));
    }
    List<Long> lastBeforeCrash = new ArrayList<>();

    ServerProcess payara = ready(war);
    String epoch = epoch(payara);
    for (int crash = 0; crash < 2; crash++) {
      Server server = payara.server();
      readers.forEach(reader -> reader.connect(server));
      int goal = acknowledged.size() + 1000 + random.nextInt(500);
      CompletableFuture<Void> publishing = publish(server, "crash" + crash, Integer.MAX_VALUE);
      await().atMost(PATIENCE).until(() -> acknowledged.size() >= goal);
      payara.kill();
      publishing.join();
      readers.forEach(Reader::disconnected);
      lastBeforeCrash.add(acknowledged.lastKey());
      payara = ready(war);
      assertThat(epoch(payara)).as("seed %d", seed).isEqualTo(epoch);
    }
    Server third = payara.server();
    readers.forEach(reader -> reader.connect(third));
    publish(third, "stop", 300).join();
    payara.stop();
    readers.forEach(Reader::disconnected);

    payara = ready(war);
    Server last = payara.server();
    readers.forEach(reader -> reader.connect(last));
    publish(last, "last", 100).join();
    assertThatNobodyElseGetsTheDirectory(war);

    long end = acknowledged.lastKey();
    Reader witness = new Reader(IntStream.range(0, TOPICS).boxed().toList());
    witness.stream = last.stream(witness.query + "&lastEventId=earliest");
    await().atMost(PATIENCE).until(() -> !witness.events().isEmpty() && last(witness) == end);
    Map<Long, String> stored = new TreeMap<>();
    List<Long> crashes = new ArrayList<>();
    for (ReceivedEvent event : witness.events()) {
      if (event.event().equals("starcast-gap")) {
        crashes.add(sequence(event));
      } else {
        stored.put(sequence(event), event.data());
      }
    }
    assertThat(crashes).as("one hole for each crash; seed %d", seed).hasSize(2);
    assertThatOnlyTheEndsBeforeCrashesAreLost(stored, crashes, lastBeforeCrash);
    for (Reader reader : readers) {
      assertThatItMissedNothing(reader, stored, crashes);
    }
  }

  private static String epoch(ServerProcess payara) {
    try (RawStream stream = payara.server().stream("topic=epoch")) {
      await().atMost(PATIENCE).until(() -> stream.text().contains("id: "));
      String text = stream.text();
      return text.substring(text.indexOf("id: ") + 4, text.indexOf('-', text.indexOf("id: ")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long last(Reader reader) {
    return EventId.parse(reader.lastEventId()).sequence();
  }

  /** Publishes from several threads, until the server is gone or each has published so many. */
  private CompletableFuture<Void> publish(Server server, String name, int each) {
    return CompletableFuture.allOf(
        IntStream.range(0, PUBLISHERS)
            .mapToObj(
                thread ->
                    CompletableFuture.runAsync(
                        () -> publish(server, name + ":" + thread, thread, each),
                        task -> new Thread(task, "publisher-" + thread).start()))
            .toArray(CompletableFuture[]::new));
  }

  private void publish(Server server, String name, int first, int count) {
    try {
      for (int i = 0; i < count; i++) {
        int topic = (first + i) % TOPICS;
        String data = topic + ":" + name + ":" + i;
        var response = server.publish("topic", "restart." + topic, "data", data);
        if (response.statusCode() != 202) {
          return;
        }
        try (var json = Json.createReader(new StringReader(response.body()))) {
          EventId id = EventId.parse(json.readObject().getString("id"));
          String other = acknowledged.put(id.sequence(), data);
          assertThat(other).as("an id given out twice: %s", id).isNull();
        }
      }
    } catch (UncheckedIOException e) {
      // the server is gone
    }
  }

  private void assertThatNobodyElseGetsTheDirectory(Path war) throws Exception {
    ServerProcess second = start(war);
    await()
        .atMost(ServerProcess.BOOT)
        .until(
            () ->
                second.output().contains("is in use by another application or server")
                    || second.answers()
                    || !second.isAlive());
    assertThat(second.output())
        .contains("starcast.log.directory: ")
        .contains("is in use by another application or server");
    await()
        .atMost(ServerProcess.BOOT)
        .until(() -> second.output().contains("ready in") || !second.isAlive());
    assertThat(second.answers()).isFalse();
    second.kill();
  }

  /** What was acknowledged is stored, but for a run of events just before a crash. */
  private void assertThatOnlyTheEndsBeforeCrashesAreLost(
      Map<Long, String> stored, List<Long> crashes, List<Long> lastBeforeCrash) {
    long from = 0;
    for (int crash = 0; crash <= crashes.size(); crash++) {
      long until = crash < crashes.size() ? crashes.get(crash) : Long.MAX_VALUE;
      long start = from;
      long lastStored =
          stored.keySet().stream().filter(s -> s > start && s < until).reduce(0L, Math::max);
      assertThat(lastStored).as("something is stored; seed %d", seed).isPositive();
      boolean clean = crash == crashes.size();
      acknowledged
          .subMap(from, false, clean ? Long.MAX_VALUE : lastStored, true)
          .forEach((s, data) -> assertThat(stored).as("seed %d", seed).containsEntry(s, data));
      if (!clean) {
        int lost = acknowledged.subMap(lastStored, false, until, true).size();
        System.out.printf(
            "crash %d: %d events were acknowledged and not stored, of %d%n",
            crash + 1, lost, acknowledged.subMap(from, false, until, true).size());
        assertThat(lastBeforeCrash.get(crash)).isLessThanOrEqualTo(until);
      }
      from = until;
    }
  }

  private void assertThatItMissedNothing(
      Reader reader, Map<Long, String> stored, List<Long> crashes) {
    List<Map.Entry<Long, String>> expected =
        stored.entrySet().stream().filter(entry -> reader.wants(entry.getValue())).toList();
    await()
        .atMost(PATIENCE)
        .until(() -> last(reader) >= expected.get(expected.size() - 1).getKey());
    List<Map.Entry<Long, String>> got = new ArrayList<>();
    List<Long> gaps = new ArrayList<>();
    long before = 0;
    for (ReceivedEvent event : reader.events()) {
      if (event.event().equals("starcast-gap")) {
        long crash = crashes.get(gaps.size());
        assertThat(before).as("a gap at the crash; seed %d", seed).isLessThanOrEqualTo(crash);
        gaps.add(crash);
        before = crash;
        continue;
      }
      long sequence = sequence(event);
      assertThat(sequence).as("once and in order; seed %d", seed).isGreaterThan(before);
      before = sequence;
      if (gaps.size() < crashes.size()) {
        assertThat(sequence)
            .as("told of the gap; seed %d", seed)
            .isLessThan(crashes.get(gaps.size()));
      }
      if (stored.containsKey(sequence)) {
        got.add(Map.entry(sequence, event.data()));
      } else if (acknowledged.containsKey(sequence)) {
        // it was sent before the crash that lost it
        assertThat(event.data()).isEqualTo(acknowledged.get(sequence));
      }
    }
    assertThat(got).as("seed %d", seed).isEqualTo(expected);
    assertThat(gaps).as("seed %d", seed).isEqualTo(crashes);
  }
}
