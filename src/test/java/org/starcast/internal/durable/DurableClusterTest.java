package org.starcast.internal.durable;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.durable.Operation.Producer;

/** Durable streams of several nodes. */
@ExtendWith(ResponseRuntime.class)
class DurableClusterTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String ID = "notes/1";
  private static final String TEXT = "text/plain";

  private final MemoryStream order = new MemoryStream();
  private final List<Node> nodes = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private final class Node {
    private final MemoryStream.Node backplane = order.node();
    private final RunningBroadcaster running =
        new RunningBroadcaster(
            backplane,
            "endpoint.durable-streams.enabled",
            "true",
            "durable-streams.bytes",
            "65536");
    private final DurableStreams streams;

    Node() {
      running.broadcaster().lastEventId(); // which has it start
      streams = running.bean(DurableStreams.class);
      nodes.add(this);
    }

    CompletableFuture<Outcome> submit(Operation operation) {
      if (operation.kind() == Operation.Kind.CREATE) {
        return streams.create(ID, operation).toCompletableFuture();
      }
      DurableStream stream = streams.find(ID);
      return stream == null
          ? CompletableFuture.completedFuture(Outcome.NOT_FOUND)
          : streams.append(stream, operation).toCompletableFuture();
    }

    String text() {
      DurableStream stream = streams.find(ID);
      return stream == null
          ? null
          : new String(stream.read(stream.place("-1"), 1 << 20).data(), UTF_8);
    }
  }

  @AfterEach
  void stop() {
    nodes.forEach(node -> node.running.close());
    threads.shutdownNow();
  }

  private static Operation text(String text, Producer producer) {
    return Operation.append(TEXT, false, text.getBytes(UTF_8), producer, null);
  }

  private static Outcome get(CompletableFuture<Outcome> outcome) throws Exception {
    return outcome.get(60, TimeUnit.SECONDS);
  }

  @Test
  void allNodesHaveTheSameWhoeverWrites() throws Exception {
    List<Node> three = List.of(new Node(), new Node(), new Node());
    Operation creation = Operation.create(TEXT, null, null, false, null);
    List<CompletableFuture<Outcome>> creations =
        three.stream().map(node -> async(() -> get(node.submit(creation)))).toList();
    Map<Integer, Integer> statuses = new HashMap<>();
    for (CompletableFuture<Outcome> each : creations) {
      statuses.merge(get(each).status(), 1, Integer::sum);
    }
    assertThat(statuses).isEqualTo(Map.of(201, 1, 200, 2));

    // each number is sent to two nodes at once, as by a producer that tries again elsewhere
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      String id = "w" + w;
      int at = w;
      writers.add(
          async(
              () -> {
                for (int i = 0; i < 50; i++) {
                  Operation append = text(id + "." + i + " ", new Producer(id, 0, i));
                  CompletableFuture<Outcome> twin = three.get((at + 1) % 3).submit(append);
                  assertThat(get(three.get(at % 3).submit(append)).isAccepted()).isTrue();
                  assertThat(get(twin).isAccepted()).isTrue();
                }
                return null;
              }));
    }
    for (CompletableFuture<Void> writer : writers) {
      writer.get(60, TimeUnit.SECONDS);
    }
    String all = three.get(0).text();
    await().atMost(PATIENCE).until(() -> three.stream().allMatch(n -> all.equals(n.text())));
    for (int w = 0; w < 4; w++) {
      String id = "w" + w + ".";
      assertThat(List.of(all.split(" ")).stream().filter(each -> each.startsWith(id)))
          .containsExactlyElementsOf(IntStream.range(0, 50).mapToObj(i -> id + i).toList());
    }
  }

  private <T> CompletableFuture<T> async(java.util.concurrent.Callable<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    threads.execute(
        () -> {
          try {
            result.complete(task.call());
          } catch (Exception | AssertionError e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  @Test
  void oneOfTwoClosingAppendsIsTheLast() throws Exception {
    Node one = new Node();
    Node two = new Node();
    get(one.submit(Operation.create(TEXT, null, null, false, null)));
    two.backplane.lag(true);
    CompletableFuture<Outcome> first =
        one.submit(Operation.append(TEXT, true, "1".getBytes(UTF_8), null, null));
    // the other node does not know yet, and publishes its own
    await().atMost(PATIENCE).until(() -> get(first).isAccepted());
    two.backplane.lag(false);
    await().atMost(PATIENCE).until(() -> "1".equals(two.text()));
    Outcome late = get(two.submit(Operation.append(TEXT, true, "2".getBytes(UTF_8), null, null)));
    assertThat(late.status()).isEqualTo(409);
    assertThat(late.headers()).containsEntry("Stream-Closed", "true");
    assertThat(one.text()).isEqualTo("1");
  }

  @Test
  void whatIsRefusedWhenItsTurnComesChangesNothing() throws Exception {
    Node one = new Node();
    Node two = new Node();
    get(one.submit(Operation.create(TEXT, null, null, false, null)));
    await().atMost(PATIENCE).until(() -> two.text() != null);
    two.backplane.lag(true);
    get(one.submit(Operation.append(null, true, null, null, null)));
    CompletableFuture<Outcome> late = two.submit(text("x", null));
    assertThat(late).as("published, as this node does not know of the close").isNotDone();
    two.backplane.lag(false);
    assertThat(get(late).status()).isEqualTo(409);
    assertThat(one.text()).isEmpty();
    assertThat(two.text()).isEmpty();
  }

  @Test
  void aNodeThatMissedEventsForgetsItsStreams() throws Exception {
    Node one = new Node();
    Node two = new Node();
    get(one.submit(Operation.create(TEXT, null, null, false, null)));
    await().atMost(PATIENCE).until(() -> two.text() != null);
    DurableStream known = two.streams.find(ID);
    two.backplane.lag(true);
    Outcome lost = get(one.submit(text("lost", null)));
    get(one.submit(text("kept", null)));
    order.drop(Offset.parse(lost.headers().get("Stream-Next-Offset")).sequence());
    two.backplane.lag(false);
    await().atMost(PATIENCE).until(() -> two.streams.find(ID) == null);
    assertThat(known.isDeleted()).isTrue();
    assertThat(one.text()).isEqualTo("lostkept");
  }

  @Test
  void whatANodeWithoutItCreatesIsAnewOnAll() throws Exception {
    Node one = new Node();
    Node two = new Node();
    Operation creation = Operation.create(TEXT, null, null, false, null);
    get(one.submit(creation));
    await().atMost(PATIENCE).until(() -> two.text() != null);
    two.backplane.lag(true);
    Outcome lost = get(one.submit(text("old", null)));
    DurableStream old = one.streams.find(ID);
    order.drop(Offset.parse(lost.headers().get("Stream-Next-Offset")).sequence());
    two.backplane.lag(false);
    await().atMost(PATIENCE).until(() -> two.text() == null);
    Node late = new Node();
    assertThat(late.text()).isNull();

    CompletableFuture<Outcome> append = one.submit(text("older", null));
    assertThat(get(append).isAccepted()).isTrue();
    assertThat(late.text()).as("of a stream that it does not know").isNull();
    assertThat(get(two.submit(creation)).status()).isEqualTo(201);
    await().atMost(PATIENCE).until(() -> "".equals(one.text()) && "".equals(late.text()));
    assertThat(old.isDeleted()).isTrue();
    assertThat(get(one.streams.append(old, text("late", null)).toCompletableFuture()).status())
        .isEqualTo(404);
    get(late.submit(text("new", null)));
    await().atMost(PATIENCE).until(() -> nodes.stream().allMatch(n -> "new".equals(n.text())));
    assertThat(get(one.submit(creation)).status()).isEqualTo(200);
  }

  @Test
  void anAppendToAnOlderStreamOfTheIdChangesNone() throws Exception {
    Node one = new Node();
    Node two = new Node();
    Operation creation = Operation.create(TEXT, null, null, false, null);
    get(one.submit(creation));
    await().atMost(PATIENCE).until(() -> two.text() != null);
    two.backplane.lag(true);
    get(one.streams.delete(one.streams.find(ID)).toCompletableFuture());
    get(one.submit(creation));
    CompletableFuture<Outcome> late = two.submit(text("x", null));
    two.backplane.lag(false);
    assertThat(get(late).status()).isEqualTo(404);
    assertThat(one.text()).isEmpty();
    assertThat(two.text()).isEmpty();
  }

  @Test
  void aCreationOfANodeThatIsBehindReplacesNothing() throws Exception {
    Node one = new Node();
    Node two = new Node();
    two.backplane.lag(true);
    get(one.submit(Operation.create(TEXT, null, null, false, "x".getBytes(UTF_8))));
    CompletableFuture<Outcome> behind =
        two.submit(Operation.create("image/png", null, null, false, null));
    two.backplane.lag(false);
    assertThat(get(behind).status()).isEqualTo(409);
    assertThat(one.text()).isEqualTo("x");
    assertThat(two.text()).isEqualTo("x");
  }

  @Test
  void whatIsNotStoredYetTakesRoom() throws Exception {
    Node one = new Node();
    Node two = new Node();
    get(one.submit(Operation.create(TEXT, null, null, false, null)));
    await().atMost(PATIENCE).until(() -> two.text() != null);
    two.backplane.lag(true);
    String large = "x".repeat(20_000);
    List<CompletableFuture<Outcome>> taken =
        IntStream.range(0, 3).mapToObj(i -> two.submit(text(large, null))).toList();
    assertThat(get(two.submit(text(large, null))).status()).isEqualTo(503);
    two.backplane.lag(false);
    for (CompletableFuture<Outcome> each : taken) {
      assertThat(get(each).status()).isEqualTo(204);
    }
  }

  @Test
  void aNodeThatStartsLaterHasWhatTheOrderHas() throws Exception {
    Node one = new Node();
    get(one.submit(Operation.create("image/png", null, null, false, null)));
    byte[] bytes = {0, -1, 13, 10};
    get(one.submit(Operation.append("image/png", false, bytes, null, null)));
    Node two = new Node();
    await().atMost(PATIENCE).until(() -> two.streams.find(ID) != null);
    DurableStream stream = two.streams.find(ID);
    assertThat(stream.read(stream.place("-1"), 100).data()).isEqualTo(bytes);
    assertThat(stream.type()).isEqualTo("image/png");
  }
}
