package org.starcast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.ws.rs.sse.OutboundSseEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.FakeSink;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.backplane.NatsServer;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.SseStreams.NamedStream.State;

/**
 * Viewers of a named stream that were cut off behind each of its events, and come back: after the
 * server was started anew, or to another node. In one process and over sockets it is {@code
 * NamedIT}.
 */
@ExtendWith(ResponseRuntime.class)
class NamedCutsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String ID = "answers.1";
  private static final int ITEMS = 1000;

  /** How many come back at a time. */
  private static final int AT_A_TIME = 50;

  private record Seen(String id, String event) {}

  private final List<RunningBroadcaster> running = new ArrayList<>();

  @AfterEach
  void stop() {
    running.forEach(RunningBroadcaster::close);
  }

  private RunningBroadcaster node(String... settings) {
    RunningBroadcaster node = new RunningBroadcaster(settings);
    running.add(node);
    return node;
  }

  private static String[] with(String[] settings, String... more) {
    return Stream.of(settings, more).flatMap(Stream::of).toArray(String[]::new);
  }

  private static List<Seen> seen(FakeSink sink) {
    return sink.sent().stream()
        .filter(event -> event.getData() != null)
        .map(event -> new Seen(event.getId(), event.getName() + "=" + event.getData()))
        .toList();
  }

  private static FakeSink comeBack(RunningBroadcaster node, String id, List<SseClient> clients) {
    FakeSink sink = FakeSink.instant();
    clients.add(node.broadcaster().register(sink, Subscription.to(ID).resumeFrom(id)));
    return sink;
  }

  /** All of a stream of {@link #ITEMS}, which this node runs. */
  private static List<Seen> run(RunningBroadcaster node) throws Exception {
    NamedStream stream =
        node.bean(SseStreams.class)
            .named(
                ID,
                Source.of(IntStream.range(0, ITEMS).mapToObj(i -> "t" + i).toList()),
                StreamOptions.defaults());
    assertThat(stream.completion().toCompletableFuture().get(60, TimeUnit.SECONDS))
        .isEqualTo(State.COMPLETED);
    List<SseClient> clients = new ArrayList<>();
    FakeSink sink = comeBack(node, Subscription.EARLIEST, clients);
    await().atMost(PATIENCE).until(() -> seen(sink).size() == ITEMS + 2);
    clients.forEach(SseClient::close);
    List<Seen> all = seen(sink);
    assertThat(all.subList(1, ITEMS + 1))
        .extracting(Seen::event)
        .isEqualTo(IntStream.range(0, ITEMS).mapToObj(i -> "null=t" + i).toList());
    assertThat(all.get(0).event()).startsWith("starcast-start=");
    assertThat(all.get(ITEMS + 1).event()).startsWith("starcast-end=");
    return all;
  }

  private static void assertEachGetsTheRest(RunningBroadcaster node, List<Seen> all) {
    for (int first = 0; first < all.size(); first += AT_A_TIME) {
      List<SseClient> clients = new ArrayList<>();
      List<FakeSink> sinks = new ArrayList<>();
      int end = Math.min(all.size(), first + AT_A_TIME);
      for (int cut = first; cut < end; cut++) {
        String id = cut == 0 ? Subscription.EARLIEST : all.get(cut - 1).id();
        sinks.add(comeBack(node, id, clients));
      }
      for (int cut = first; cut < end; cut++) {
        FakeSink sink = sinks.get(cut - first);
        List<Seen> rest = all.subList(cut, all.size());
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(2))
            .until(() -> sink.sent().stream().anyMatch(NamedCutsTest::isEnd));
        assertThat(seen(sink)).as("cut behind event %d", cut).isEqualTo(rest);
      }
      clients.forEach(SseClient::close);
    }
  }

  private static boolean isEnd(OutboundSseEvent event) {
    return "starcast-end".equals(event.getName());
  }

  @Test
  void whoComesBackAfterARestartWithTheFileStoreHasTheSameItems(@TempDir Path log)
      throws Exception {
    String[] file = {"log.store", "file", "log.directory", log.resolve("log").toString()};
    // as many as there are: of those that wait for the disk it leaves out what the log would not
    // hold
    RunningBroadcaster before = node(with(file, "log.events", "2000"));
    List<Seen> all = run(before);
    running.remove(before);
    before.close();

    assertEachGetsTheRest(node(with(file, "log.events", "200")), all);
  }

  @Test
  void whoComesBackToAnotherNodeOverNatsHasTheSameItems() throws Exception {
    try (NatsServer broker = NatsServer.running()) {
      String[] settings = {
        "backplane", "nats", "backplane.nats.servers", broker.url(), "log.events", "200"
      };
      RunningBroadcaster one = node(settings);
      RunningBroadcaster other = node(settings);
      for (RunningBroadcaster node : running) {
        await().atMost(PATIENCE).until(() -> !node.broadcaster().lastEventId().isEmpty());
      }
      // as if time passed: a node that has just started runs nothing yet
      ClusterBus bus = one.bean(ClusterBus.class);
      for (int i = 0; i < 3; i++) {
        bus.send(
            ClusterBus.NODE_ALIVE,
            Json.createObjectBuilder()
                .add("n", 1_000_000 + i)
                .add("clients", 0)
                .add("since", 1)
                .add("ready", true)
                .build());
      }
      List<Seen> all = run(one);

      assertEachGetsTheRest(other, all);
      stop(); // before the broker
      running.clear();
    }
  }
}
