package org.starcast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.stream.Source.Emitter;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.SseStreams.NamedStream.State;

/** Named streams of several nodes. */
@ExtendWith(ResponseRuntime.class)
class NamedClusterTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String ID = "answers.1";

  private final MemoryStream stream = new MemoryStream();
  private final List<Node> nodes = new ArrayList<>();
  private final ScheduledExecutorService later = Executors.newScheduledThreadPool(4);

  private final class Node {
    private final MemoryStream.Node backplane = stream.node();
    private final RunningBroadcaster running =
        new RunningBroadcaster(backplane, "log.events", "200000", "streams.max", "1000000");
    private final SseStreams streams = running.bean(SseStreams.class);
    private final ClusterBus bus = running.bean(ClusterBus.class);
    private long beats = 1_000_000;

    Node() {
      nodes.add(this);
    }

    /** Its heartbeats come, as if time passed. */
    Node informed() {
      for (int i = 0; i < 3; i++) {
        bus.send(
            ClusterBus.NODE_ALIVE,
            Json.createObjectBuilder()
                .add("n", ++beats)
                .add("clients", 0)
                .add("since", 1)
                .add("ready", true)
                .build());
      }
      return this;
    }

    /** Is cut off, and declared gone by another one. */
    void lost(Node by) {
      backplane.close();
      by.bus.send(
          ClusterBus.NODE_GONE,
          Json.createObjectBuilder().add("gone", bus.node()).add("last", Long.MAX_VALUE).build());
    }

    /** Says of a run by its mark that it goes on. */
    void sayRunning(String mark) {
      JsonObjectBuilder run =
          Json.createObjectBuilder().add("stream", ID).add("mark", mark).add("at", 0);
      bus.send(
          "stream-running",
          Json.createObjectBuilder().add("runs", Json.createArrayBuilder().add(run)).build());
    }

    NamedStream named(String id, Source<String> source) {
      return streams.named(id, source, StreamOptions.defaults());
    }
  }

  @AfterEach
  void stop() {
    later.shutdownNow();
    nodes.forEach(node -> node.running.close());
  }

  /** A source whose items the test gives. */
  private static final class Manual {
    private final CompletableFuture<Emitter<String>> emitter = new CompletableFuture<>();
    private final AtomicInteger begun = new AtomicInteger();

    Source<String> source() {
      return Source.emitter(
          sink -> {
            begun.incrementAndGet();
            emitter.complete(sink);
          });
    }

    void emit(int from, int to) throws Exception {
      Emitter<String> sink = emitter.get(30, TimeUnit.SECONDS);
      for (int i = from; i < to; i++) {
        assertThat(sink.emit("t" + i)).isTrue();
      }
    }
  }

  private static void awaitState(Node node, String id, State state) {
    await()
        .atMost(PATIENCE)
        .until(() -> node.streams.named(id).filter(s -> s.state() == state).isPresent());
  }

  private static List<String> expected(int items, String end) {
    List<String> all = new ArrayList<>();
    all.add("starcast-start={\"stream\":\"answers.1\"}");
    IntStream.range(0, items).forEach(i -> all.add("t" + i));
    all.add("starcast-end={\"stream\":\"answers.1\"," + end + "}");
    return all;
  }

  private static void awaitSeen(NamedViewer viewer, List<String> events) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(viewer.seen()).isEqualTo(events));
  }

  @Test
  void anyNodeFindsShowsAndStopsIt() throws Exception {
    Node one = new Node().informed();
    Node other = new Node().informed();
    Manual manual = new Manual();
    NamedStream here = one.named(ID, manual.source());
    manual.emit(0, 5);
    awaitState(other, ID, State.RUNNING);
    Manual unused = new Manual();
    NamedStream there = other.named(ID, unused.source());
    NamedViewer viewer = new NamedViewer(ID).connect(other.running.broadcaster());
    await().atMost(PATIENCE).until(() -> there.items() == 5);

    there.stop();

    assertThat(there.completion().toCompletableFuture().get(30, TimeUnit.SECONDS))
        .isEqualTo(State.CANCELLED);
    assertThat(here.completion().toCompletableFuture().get(30, TimeUnit.SECONDS))
        .isEqualTo(State.CANCELLED);
    assertThat(unused.begun).hasValue(0);
    awaitSeen(viewer, expected(5, "\"outcome\":\"cancelled\",\"reason\":\"stopped\",\"items\":5"));
  }

  @Test
  void aNodeSaysOfItsOwnRunsAloneThatTheyGoOn() {
    Node one = new Node().informed();
    Node other = new Node().informed();
    String start = "starcast.stream.start.";
    String bounds = ".1.0.200.1000000.60000.wait";
    for (String mark :
        List.of(
            "none",
            "starcast.stream.item." + other.bus.node() + ".1.0",
            start + one.bus.node() + bounds)) {
      other.sayRunning(mark);
    }
    await()
        .atMost(PATIENCE)
        .until(() -> one.running.broadcaster().statistics().backplane().skipped() == 3);
    assertThat(one.streams.named(ID)).isEmpty();
    other.sayRunning(start + other.bus.node() + bounds);
    awaitState(one, ID, State.RUNNING);
  }

  @Test
  void ofTwoThatStartAtTheSameTimeOneRuns() throws Exception {
    Node one = new Node().informed();
    Node other = new Node().informed();
    // neither hears of the other before both have claimed
    one.backplane.lag(true);
    other.backplane.lag(true);
    Manual first = new Manual();
    Manual second = new Manual();
    NamedStream here = one.named(ID, first.source());
    NamedStream there = other.named(ID, second.source());
    other.backplane.lag(false);
    one.backplane.lag(false);
    first.emit(0, 3);
    first.emitter.join().complete();

    assertThat(here.completion().toCompletableFuture().get(30, TimeUnit.SECONDS))
        .isEqualTo(State.COMPLETED);
    assertThat(there.completion().toCompletableFuture().get(30, TimeUnit.SECONDS))
        .isEqualTo(State.COMPLETED);
    assertThat(second.begun).hasValue(0);
    assertThat(first.begun).hasValue(1);
  }

  @Test
  void aNodeThatStartsLearnsWhatRunsBeforeItStartsAnything() throws Exception {
    Node one = new Node().informed();
    Manual manual = new Manual();
    one.named(ID, manual.source());
    manual.emit(0, 3);
    await().atMost(PATIENCE).until(() -> one.streams.named(ID).orElseThrow().items() == 3);
    // all that the new one could read of it is gone
    stream.drop(stream.node().oldest() + 1_000);

    Node late = new Node();
    Manual unused = new Manual();
    NamedStream there = late.named(ID, unused.source());
    late.informed();
    await().atMost(PATIENCE).until(() -> late.streams.named(ID).orElseThrow() == there);
    manual.emitter.join().complete();

    assertThat(there.completion().toCompletableFuture().get(30, TimeUnit.SECONDS))
        .isEqualTo(State.COMPLETED);
    assertThat(unused.begun).hasValue(0);
  }

  @Test
  void whatRanOnANodeThatIsLostIsEndedOnceByTheOthers() throws Exception {
    Node one = new Node().informed();
    Node second = new Node().informed();
    Node third = new Node().informed();
    Manual manual = new Manual();
    one.named(ID, manual.source());
    manual.emit(0, 4);
    NamedViewer viewer = new NamedViewer(ID).connect(second.running.broadcaster());
    await().atMost(PATIENCE).until(() -> viewer.seen().size() == 5);

    one.lost(third);

    awaitState(second, ID, State.FAILED);
    awaitState(third, ID, State.FAILED);
    List<String> all = expected(4, "\"outcome\":\"failed\",\"reason\":\"lost\"");
    awaitSeen(viewer, all);
    awaitSeen(new NamedViewer(ID).connect(third.running.broadcaster()), all);
  }

  @Test
  void whatNobodyRunsWhenANodeStartsAloneIsEnded() throws Exception {
    Node one = new Node().informed();
    Manual manual = new Manual();
    one.named(ID, manual.source());
    manual.emit(0, 4);
    await().atMost(PATIENCE).until(() -> one.streams.named(ID).orElseThrow().items() == 4);
    one.backplane.close();

    Node alone = new Node();
    awaitState(alone, ID, State.RUNNING);
    alone.informed();

    awaitState(alone, ID, State.FAILED);
    awaitSeen(
        new NamedViewer(ID).connect(alone.running.broadcaster()),
        expected(4, "\"outcome\":\"failed\",\"reason\":\"lost\""));
  }

  @Test
  void whereNodesShareABackplaneNothingIsUnwatchedBeforeTheyCouldTell() {
    Node one = new Node();
    NamedStreams streams = one.running.bean(NamedStreams.class);

    assertThat(streams.unwatchedNanos(StreamOptions.defaults())).isZero();
    assertThat(streams.unwatchedNanos(unwatched(Duration.ofMillis(1))))
        .isEqualTo(Duration.ofSeconds(10).toNanos());
    assertThat(streams.unwatchedNanos(unwatched(Duration.ofMinutes(1))))
        .isEqualTo(Duration.ofMinutes(1).toNanos());
  }

  private static StreamOptions<Object> unwatched(Duration timeout) {
    return StreamOptions.defaults().unwatchedTimeout(timeout);
  }

  @Test
  void whatANodeHasOnlyClaimedWhenItEndsHasNoEnd() {
    Node one = new Node().informed();
    Node ending = new Node();
    Manual manual = new Manual();
    ending.named(ID, manual.source());
    nodes.remove(ending);
    ending.running.close();

    assertThat(one.streams.named(ID)).isEmpty();
    assertThat(one.running.broadcaster().history(ID, 10)).isEmpty();
    assertThat(manual.begun).hasValue(0);
  }

  /** What a run of the model is: by its seed alone, but for the timing. */
  private final class Run {
    private final Random random;
    private final String id;
    private final int items;
    private final int failsAt;
    private final int stopsAt;
    private final int starters;

    /** How many items are kept; 0 for all. */
    private final int kept;

    private final boolean drops;
    private long steps;
    private final List<NamedViewer> viewers = new ArrayList<>();
    private final Map<NamedViewer, Integer> cuts = new HashMap<>();

    Run(long seed) {
      random = new Random(seed);
      id = "model." + seed;
      items = random.nextInt(60);
      failsAt = items > 0 && random.nextInt(4) == 0 ? random.nextInt(items) : -1;
      stopsAt = random.nextInt(4) == 0 ? random.nextInt(items + 1) : -1;
      starters = 1 + random.nextInt(nodes.size());
      kept = random.nextInt(3) == 0 ? 4 + random.nextInt(30) : 0;
      drops = random.nextBoolean();
      int many = 1 + random.nextInt(4);
      for (int i = 0; i < many; i++) {
        NamedViewer viewer = new NamedViewer(id);
        viewers.add(viewer);
        cuts.put(viewer, random.nextInt(8));
      }
    }

    private Node anyNode() {
      return nodes.get(random.nextInt(nodes.size()));
    }

    private Source<String> source(AtomicInteger begun) {
      return Source.of(
          () -> {
            begun.incrementAndGet();
            return IntStream.range(0, items)
                .mapToObj(
                    i -> {
                      if (i == failsAt) {
                        throw new IllegalStateException("expected by the test");
                      }
                      return "t" + i;
                    })
                .iterator();
          });
    }

    void run() throws Exception {
      AtomicInteger begun = new AtomicInteger();
      List<NamedStream> handles = new ArrayList<>();
      boolean viewersFirst = random.nextBoolean();
      if (viewersFirst) {
        viewers.forEach(viewer -> viewer.connect(anyNode().running.broadcaster()));
      }
      List<CompletableFuture<NamedStream>> starting = new ArrayList<>();
      for (int i = 0; i < starters; i++) {
        Node node = nodes.get(i);
        starting.add(
            CompletableFuture.supplyAsync(
                () -> node.streams.named(id, source(begun), options()), later));
      }
      for (CompletableFuture<NamedStream> next : starting) {
        handles.add(next.get(30, TimeUnit.SECONDS));
      }
      NamedStream any = handles.get(random.nextInt(handles.size()));
      while (!any.completion().toCompletableFuture().isDone()) {
        if (stopsAt >= 0 && any.items() >= stopsAt) {
          anyNode().streams.named(id).ifPresent(NamedStream::stop);
        }
        step();
      }
      for (NamedStream handle : handles) {
        assertThat(handle.completion().toCompletableFuture().get(30, TimeUnit.SECONDS))
            .isEqualTo(any.state());
      }
      assertThat(begun.get()).as("sources that were begun").isLessThanOrEqualTo(1);
      check(any.state());
    }

    private Duration interval() {
      return Duration.ofNanos(id.hashCode() % 3 == 0 ? 0 : 300_000);
    }

    private StreamOptions<Object> options() {
      StreamOptions<Object> options = StreamOptions.defaults().interval(interval());
      if (kept > 0) {
        options = options.keepItems(kept);
        options = drops ? options.dropOldest() : options;
      }
      return options;
    }

    private void step() {
      if (kept > 0 && ++steps % 200 == 0) {
        // by which nodes tell who has read how much
        nodes.forEach(Node::informed);
      }
      NamedViewer viewer = viewers.get(random.nextInt(viewers.size()));
      if (!viewer.isConnected()) {
        viewer.connect(anyNode().running.broadcaster());
      } else if (cuts.merge(viewer, -1, Integer::sum) > 0) {
        viewer.cut();
      }
      Thread.onSpinWait();
    }

    /** What is missing is told where it is. */
    private void checkGaps(List<String> seen) {
      int next = 0;
      boolean gap = false;
      for (String event : seen) {
        if (event.startsWith("starcast-gap=")) {
          gap = true;
        } else if (event.startsWith("t")) {
          int item = Integer.parseInt(event.substring(1));
          if (gap) {
            assertThat(item).as("%s", seen).isGreaterThanOrEqualTo(next);
          } else {
            assertThat(item).as("%s", seen).isEqualTo(next);
          }
          next = item + 1;
          gap = false;
        } else if (event.startsWith("starcast-end=") && event.contains("completed")) {
          assertThat(next == items || gap).as("%s", seen).isTrue();
        }
      }
    }

    private void check(State state) {
      List<String> seen = null;
      for (NamedViewer viewer : viewers) {
        if (!viewer.isConnected()) {
          viewer.connect(anyNode().running.broadcaster());
        }
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(1))
            .untilAsserted(
                () ->
                    assertThat(viewer.seen())
                        .as("%s", viewer)
                        .anyMatch(event -> event.startsWith("starcast-end=")));
        // a start that came second is an event, too, which says nothing
        List<String> now =
            viewer.seen().stream().filter(event -> !event.startsWith("starcast-start=")).toList();
        if (kept > 0) {
          checkGaps(now);
        } else {
          assertThat(now).isEqualTo(seen == null ? now : seen);
        }
        seen = now;
        viewer.cut();
      }
      if (kept > 0) {
        if (state == State.COMPLETED) {
          assertThat(seen).as("%s", seen).anyMatch(event -> event.contains("completed"));
        }
        return;
      }
      String end = seen.get(seen.size() - 1);
      List<String> given = new ArrayList<>(seen.subList(0, seen.size() - 1));
      boolean failed = given.remove("error={\"error\":\"the stream failed\"}");
      int most = failsAt >= 0 ? failsAt : items;
      assertThat(given)
          .as("%s", seen)
          .isEqualTo(IntStream.range(0, given.size()).mapToObj(i -> "t" + i).toList())
          .hasSizeLessThanOrEqualTo(most);
      assertThat(end).contains("\"outcome\":\"" + state.name().toLowerCase(Locale.ROOT) + "\"");
      if (state == State.CANCELLED) {
        assertThat(stopsAt).as("somebody stopped it").isNotNegative();
      } else {
        assertThat(given).hasSize(most);
        assertThat(state).isEqualTo(failsAt >= 0 ? State.FAILED : State.COMPLETED);
        assertThat(failed).isEqualTo(failsAt >= 0);
      }
    }
  }

  @Test
  void streamsDoAsTheModelSays() throws Exception {
    for (int i = 0; i < 3; i++) {
      new Node();
    }
    nodes.forEach(Node::informed);
    Long one = Long.getLong("starcast.test.seed");
    int count = one != null ? 1 : 150 * Integer.getInteger("starcast.test.runs", 1);
    long first = one != null ? one : System.nanoTime();
    for (long seed = first; seed < first + count; seed++) {
      try {
        new Run(seed).run();
      } catch (Exception | AssertionError e) {
        throw new AssertionError("repeat with -Dstarcast.test.seed=" + seed, e);
      }
    }
  }
}
