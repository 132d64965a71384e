package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.testing.ReceivedEvent;

/**
 * Named streams whose node is killed, with the file store and with NATS, while viewers come and go:
 * who comes back, to the node or to another one, has the same items as everybody, and is told that
 * the stream is lost. Repeat a run with {@code -Dstarcast.test.seed}; failures name it.
 */
@EnabledIfSystemProperty(named = "payara.microJar", matches = ".+")
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class NamedKillIT {

  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final int VIEWERS = 8;
  private static final String GAP = "starcast-gap";
  private static final String LOST = "\"outcome\":\"failed\",\"reason\":\"lost\"";

  @TempDir Path temp;

  private final long seed = Long.getLong("starcast.test.seed", 20261130);
  private final Random random = new Random(seed);

  /** The nodes that viewers connect to; none while they shall not. */
  private volatile List<Server> nodes = List.of();

  /** Follows a stream over many connections, each cut after some events. */
  private final class Viewer {
    private final String id;
    private final Random cuts = new Random(random.nextLong());
    private final List<ReceivedEvent> got = new ArrayList<>();
    private boolean over;

    Viewer(String id) {
      this.id = id;
    }

    /** Goes on until the stream has ended, or there is no node. */
    Viewer follow() {
      for (Server server = any(); server != null && !over; server = any()) {
        try {
          read(server, 1 + cuts.nextInt(50));
        } catch (IOException | UncheckedIOException e) {
          // the node is being killed
        }
      }
      return this;
    }

    private Server any() {
      List<Server> now = nodes;
      return now.isEmpty() ? null : now.get(cuts.nextInt(now.size()));
    }

    private void read(Server server, int most) throws IOException {
      try (RawStream stream = open(server)) {
        assertThat(stream.status()).isEqualTo(200);
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(2))
            .until(() -> stream.count() >= most || stream.ended());
        List<ReceivedEvent> events = stream.events();
        synchronized (this) {
          got.addAll(events.subList(0, Math.min(most, events.size())));
          // behind it there may be the gap of the crash that came later
          over = got.stream().anyMatch(event -> event.event().equals("starcast-end"));
        }
      }
    }

    RawStream open(Server server) {
      ReceivedEvent last = last();
      return last == null
          ? server.open("streams/named/" + id)
          : server.open("streams/named/" + id, "Last-Event-ID: " + last.lastEventId());
    }

    private synchronized ReceivedEvent last() {
      return got.isEmpty() ? null : got.get(got.size() - 1);
    }

    synchronized int count() {
      return got.size();
    }

    synchronized List<String> seen() {
      return got.stream()
          .filter(event -> !event.event().equals(GAP))
          .map(event -> event.event() + " " + event.data())
          .toList();
    }

    synchronized long gaps() {
      return got.stream().filter(event -> event.event().equals(GAP)).count();
    }

    private boolean isOver() {
      return over;
    }
  }

  private List<Viewer> viewers(String id) {
    return IntStream.range(0, VIEWERS).mapToObj(i -> new Viewer(id)).toList();
  }

  /** Each on a thread of its own. */
  private static CompletableFuture<Void> follow(List<Viewer> viewers) {
    return CompletableFuture.allOf(
        viewers.stream()
            .map(
                viewer ->
                    CompletableFuture.runAsync(
                        viewer::follow, task -> new Thread(task, "viewer").start()))
            .toArray(CompletableFuture[]::new));
  }

  private static void start(Server server, String id, int items, int interval) {
    String query = "?items=" + items + "&interval=" + interval;
    assertThat(server.post("streams/named/" + id + query, "").body()).isEqualTo("RUNNING");
  }

  private static void awaitSeen(List<Viewer> viewers, int events) {
    await().atMost(PATIENCE).until(() -> viewers.stream().allMatch(v -> v.count() >= events));
  }

  /** All that is there of a stream that has ended, for one who comes late. */
  private List<String> all(Server server, String id) throws IOException {
    Viewer late = new Viewer(id);
    late.read(server, Integer.MAX_VALUE);
    assertThat(late.isOver()).as("it ends; seed %d", seed).isTrue();
    return late.seen();
  }

  private static List<String> items(List<String> seen) {
    return seen.stream().filter(event -> event.startsWith("message ")).toList();
  }

  /** The start, so many items, and the end. */
  private void assertWhole(List<String> all, String id, String end) {
    List<String> expected = new ArrayList<>();
    expected.add("starcast-start {\"stream\":\"named." + id + "\"}");
    IntStream.range(0, items(all).size()).forEach(i -> expected.add("message " + i));
    expected.add("starcast-end {\"stream\":\"named." + id + "\"," + end + "}");
    assertThat(all).as("seed %d", seed).isEqualTo(expected);
  }

  /** A node that has not reached its broker refuses clients. */
  private static void awaitBroker(Server server) {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              try (RawStream stream = server.stream("topic=any")) {
                return stream.status() == 200;
              }
            });
  }

  private static void awaitNothingMore(Viewer viewer, Supplier<Server> server) {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              try (RawStream stream = viewer.open(server.get())) {
                return stream.status() == 204;
              }
            });
  }

  @Test
  void whoComesBackToTheServerThatWasKilledHasAllThatIsStoredAndTheEnd() throws Exception {
    Path war = temp.resolve("starcast-test.war");
    TestWar.with(
            "starcast.log.store",
            "file",
            "starcast.log.directory",
            temp.resolve("log").toString(),
            "starcast.log.events",
            "50000",
            "starcast.retry",
            "PT0.1S")
        .as(ZipExporter.class)
        .exportTo(war.toFile(), true);
    try (ServerProcess payara =
        new ServerProcess(ServerProcess.Kind.PAYARA, temp.resolve("payara"), war, Map.of())) {
      payara.start();
      payara.ready();
      Server server = payara.server();
      start(server, "whole", 300, 0);
      Viewer whole = new Viewer("whole");
      whole.read(server, 100);
      start(server, "killed", 1_000_000, 2);
      nodes = List.of(server);
      List<Viewer> viewers = viewers("killed");
      CompletableFuture<Void> following = follow(viewers);
      awaitSeen(viewers, 300);

      payara.kill();
      nodes = List.of();
      following.join();
      assertThat(viewers).as("seed %d", seed).noneMatch(Viewer::isOver);
      payara.start();
      payara.ready();

      nodes = List.of(server);
      follow(viewers).join();
      List<String> all = all(server, "killed");
      assertWhole(all, "killed", LOST);
      int stored = items(all).size();
      for (Viewer viewer : viewers) {
        List<String> seen = viewer.seen();
        if (items(seen).size() > stored) {
          // it was sent before the crash that lost it, and the gap says so
          assertWhole(seen, "killed", LOST);
          assertThat(viewer.gaps()).as("seed %d", seed).isEqualTo(1);
        } else {
          assertThat(seen).as("seed %d", seed).isEqualTo(all);
        }
        awaitNothingMore(viewer, () -> server);
      }
      assertThat(server.post("streams/named/killed?items=3", "").body()).isEqualTo("FAILED");

      whole.follow();
      assertWhole(whole.seen(), "whole", "\"outcome\":\"completed\",\"items\":300");
      assertThat(items(whole.seen())).hasSize(300);
    }
  }

  @Test
  void whoGoesOnOnTheOtherNodesHasTheSameItemsAndTheEnd() throws Exception {
    try (Cluster cluster =
        new Cluster(
            temp, Map.of("STARCAST_LOG_EVENTS", "200", "STARCAST_RETRY", "PT0.1S"), Map.of())) {
      for (int node = 0; node < 3; node++) {
        awaitBroker(cluster.server(node));
      }
      start(cluster.server(1), "killed", 1_000_000, 5);
      start(cluster.server(0), "stays", 1_000_000, 5);
      nodes = List.of(cluster.server(0), cluster.server(1), cluster.server(2));
      List<Viewer> ofKilled = viewers("killed");
      List<Viewer> ofOther = viewers("stays");
      CompletableFuture<Void> killed = follow(ofKilled);
      CompletableFuture<Void> stays = follow(ofOther);
      // more than a node keeps of topics that are no streams
      awaitSeen(ofKilled, 300);
      awaitSeen(ofOther, 300);

      cluster.node(1).kill();
      nodes = List.of(cluster.server(0), cluster.server(2));
      killed.join();
      int before = ofOther.get(0).count();
      awaitSeen(ofOther, before + 50);
      cluster.server(2).delete("streams/named/stays");
      stays.join();
      cluster.node(1).start();
      cluster.node(1).ready();
      awaitBroker(cluster.server(1));

      for (int node = 0; node < 3; node++) {
        Server server = cluster.server(node);
        List<String> lost = all(server, "killed");
        assertWhole(lost, "killed", LOST);
        List<String> stopped = all(server, "stays");
        String end = "\"outcome\":\"cancelled\",\"reason\":\"stopped\",\"items\":";
        assertWhole(stopped, "stays", end + items(stopped).size());
        assertThat(ofKilled)
            .as("node %d, seed %d", node, seed)
            .allSatisfy(viewer -> assertThat(viewer.seen()).isEqualTo(lost));
        assertThat(ofOther)
            .as("node %d, seed %d", node, seed)
            .allSatisfy(viewer -> assertThat(viewer.seen()).isEqualTo(stopped));
        awaitNothingMore(ofKilled.get(node), () -> server);
      }
      for (List<Viewer> viewers : List.of(ofKilled, ofOther)) {
        assertThat(viewers).allSatisfy(viewer -> assertThat(viewer.gaps()).isZero());
      }
      assertThat(cluster.server(1).post("streams/named/killed?items=3", "").body())
          .isEqualTo("FAILED");
    }
  }
}
