package org.starcast.internal.durable;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseMessage;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.durable.Operation.Producer;
import org.starcast.internal.http.Problem;

/** Durable streams on one node. */
@ExtendWith(ResponseRuntime.class)
class DurableStreamsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String ID = "notes/1";
  private static final String TEXT = "text/plain";
  private static final String JSON = "application/json";
  private static final int ALL = 1 << 20;
  private static final byte[] ONE = {'x'};

  @TempDir Path temp;

  private final List<RunningBroadcaster> running = new ArrayList<>();
  private DurableStreams streams;

  private void start(String... settings) {
    List<String> all = new ArrayList<>(List.of("endpoint.durable-streams.enabled", "true"));
    all.addAll(List.of(settings));
    RunningBroadcaster node = new RunningBroadcaster(all.toArray(String[]::new));
    running.add(node);
    node.broadcaster().lastEventId(); // which has it start
    streams = node.bean(DurableStreams.class);
  }

  @AfterEach
  void stop() {
    running.forEach(RunningBroadcaster::close);
  }

  private Outcome submit(Operation operation) throws Exception {
    return submit(ID, operation);
  }

  private Outcome submit(String id, Operation operation) throws Exception {
    if (operation.kind() == Operation.Kind.CREATE) {
      return get(streams.create(id, operation));
    }
    DurableStream stream = streams.find(id);
    return stream == null ? Outcome.NOT_FOUND : get(streams.append(stream, operation));
  }

  private static Outcome get(CompletionStage<Outcome> outcome) throws Exception {
    return outcome.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private Outcome create(String type) throws Exception {
    return submit(Operation.create(type, null, null, false, null));
  }

  private Outcome append(String text) throws Exception {
    return append(TEXT, text.getBytes(UTF_8), null, null);
  }

  private Outcome append(String type, byte[] body, Producer producer, String sequence)
      throws Exception {
    return submit(Operation.append(type, false, body, producer, sequence));
  }

  private Outcome close() throws Exception {
    return submit(Operation.append(null, true, null, null, null));
  }

  private Outcome count(long epoch, long sequence) throws Exception {
    Producer by = new Producer("p", epoch, sequence);
    return append(TEXT, (epoch + "." + sequence + " ").getBytes(UTF_8), by, null);
  }

  private String text() {
    DurableStream stream = streams.find(ID);
    return new String(stream.read(stream.place("-1"), ALL).data(), UTF_8);
  }

  private static String next(Outcome outcome) {
    return outcome.headers().get("Stream-Next-Offset");
  }

  @Test
  void whatIsAppendedIsReadFromAnyOffset() throws Exception {
    start();
    assertThat(append("x").status()).isEqualTo(404);
    Outcome created = create(TEXT);
    assertThat(created.status()).isEqualTo(201);
    assertThat(create("TEXT/plain; charset=utf-8").status()).isEqualTo(200);
    assertThat(create(JSON).status()).isEqualTo(409);

    Outcome first = append("a\r\nb\0");
    Outcome second = append("é\n");
    assertThat(first.status()).isEqualTo(204);
    assertThat(List.of(next(created), next(first), next(second)))
        .isSorted()
        .doesNotHaveDuplicates();
    assertThat(text()).isEqualTo("a\r\nb\0é\n");

    DurableStream stream = streams.find(ID);
    DurableStream.Slice rest = stream.read(stream.place(next(first)), ALL);
    assertThat(new String(rest.data(), UTF_8)).isEqualTo("é\n");
    assertThat(rest.next()).hasToString(next(second));
    assertThat(stream.read(stream.place("now"), ALL).isEmpty()).isTrue();
    DurableStream.Slice part = stream.read(stream.place("-1"), 3);
    assertThat(part.isUpToDate()).isFalse();
    assertThat(part.next()).hasToString(next(first));
  }

  @Test
  void anOffsetOfAnotherStreamIsNone() throws Exception {
    start();
    create(TEXT);
    String old = next(append("x"));
    streams.delete(streams.find(ID)).toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(streams.find(ID)).isNull();
    create(TEXT);
    DurableStream stream = streams.find(ID);
    assertThat(stream.place(old)).isNull();
    assertThat(stream.place("zz-0000000000000009")).isNull();
    for (String wrong : List.of("", "0", "a,b", "zz-9", "-2", "a-000000000000000x")) {
      assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> stream.place(wrong));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[{},[],[1,2]]", "\"a\\nb\"", "null", " 1.50 ", "[[]]", "1e400"})
  void jsonIsReadAsTheMessagesThatWereWritten(String body) throws Exception {
    start();
    create(JSON);
    byte[] messages = Operation.messages(body.getBytes(UTF_8));
    append(JSON, messages, null, null);
    append(JSON, Operation.messages("7".getBytes(UTF_8)), null, null);
    assertThat(text()).isEqualTo("[" + new String(messages, UTF_8) + ",7]");
    assertThat(streams.find(ID).read(streams.find(ID).place("now"), ALL).data())
        .isEqualTo("[]".getBytes(UTF_8));
  }

  @Test
  void whatIsNoJsonIsNotTaken() {
    for (String wrong :
        List.of("", "{", "1,2", "1] ,[2", "1]", "{\"a\":}", "\u0000", "[".repeat(99_999))) {
      assertThatIllegalArgumentException()
          .as(Problem.excerpt(wrong, 20))
          .isThrownBy(() -> Operation.messages(wrong.getBytes(UTF_8)));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Operation.messages(new byte[] {'"', (byte) 0xff, '"'}));
    assertThat(Operation.messages("[]".getBytes(UTF_8))).isNull();
  }

  @Test
  void eventsSayWhatTheOperationSaid() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    Operation binary =
        Operation.append("image/png", true, bytes, new Producer("p\n", 3, 1L << 52), "é");
    Operation read = Operation.of(binary.toJson("image/png"));
    assertThat(read).usingRecursiveComparison().isEqualTo(binary);
    Operation text = Operation.append("text/csv", false, "a,\r\n\0".getBytes(UTF_8), null, null);
    assertThat(Operation.of(text.toJson("text/csv"))).usingRecursiveComparison().isEqualTo(text);
    Operation creation =
        Operation.create(
            JSON,
            60L,
            Instant.parse("2030-01-01T00:00:00Z"),
            true,
            "{\"a\":[1]},2".getBytes(UTF_8));
    assertThat(Operation.of(creation.toJson(JSON))).usingRecursiveComparison().isEqualTo(creation);
    for (String wrong :
        List.of("", "{}", "{\"op\":\"x\"}", "{\"op\":\"append\",\"base64\":\"?\"}")) {
      assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> Operation.of(wrong));
    }
  }

  @Test
  void aClosedStreamTakesNothing() throws Exception {
    start();
    create(TEXT);
    append("x");
    assertThat(create(TEXT).status()).isEqualTo(200);
    Outcome closed = close();
    assertThat(closed.status()).isEqualTo(204);
    assertThat(closed.headers()).containsEntry("Stream-Closed", "true");
    assertThat(close().status()).isEqualTo(204);
    Outcome late = append(JSON, "1".getBytes(UTF_8), null, null);
    assertThat(late.status()).isEqualTo(409);
    assertThat(late.headers())
        .containsEntry("Stream-Closed", "true")
        .containsEntry("Stream-Next-Offset", next(closed));
    assertThat(create(TEXT).status()).isEqualTo(409);
    assertThat(text()).isEqualTo("x");
  }

  @Test
  void aProducerIsCountedAndFencedOff() throws Exception {
    start();
    create(TEXT);
    assertThat(count(0, 1).headers()).containsEntry("Producer-Expected-Seq", "0");
    assertThat(count(0, 0).status()).isEqualTo(200);
    assertThat(count(0, 1).status()).isEqualTo(200);
    Outcome again = count(0, 0);
    assertThat(again.status()).isEqualTo(204);
    assertThat(again.headers()).containsEntry("Producer-Seq", "1");
    assertThat(count(0, 3).status()).isEqualTo(409);
    assertThat(count(2, 1).status()).isEqualTo(400);
    assertThat(count(2, 0).status()).isEqualTo(200);
    Outcome zombie = count(1, 0);
    assertThat(zombie.status()).isEqualTo(403);
    assertThat(zombie.headers()).containsEntry("Producer-Epoch", "2");
    submit(Operation.append(null, true, null, new Producer("p", 2, 1), null));
    assertThat(count(2, 1).status()).as("the close, once more").isEqualTo(204);
    assertThat(count(2, 0).status()).as("one before it, once more").isEqualTo(204);
    assertThat(count(2, 2).status()).isEqualTo(409);
    assertThat(text()).isEqualTo("0.0 0.1 2.0 ");
  }

  @Test
  void writersWhoCoordinateThemselvesAreKeptInOrder() throws Exception {
    start();
    create(TEXT);
    assertThat(append(TEXT, "b".getBytes(UTF_8), null, "09").status()).isEqualTo(204);
    assertThat(append(TEXT, "c".getBytes(UTF_8), null, "09").status()).isEqualTo(409);
    assertThat(append(TEXT, "c".getBytes(UTF_8), null, "1").status()).isEqualTo(204);
    assertThat(append(TEXT, "d".getBytes(UTF_8), null, "09a").status()).isEqualTo(409);
    assertThat(text()).isEqualTo("bc");
  }

  @Test
  void whatHasExpiredIsNotThereAndCanBeCreatedAnew() throws Exception {
    start();
    submit(Operation.create(TEXT, null, Instant.EPOCH, false, "old".getBytes(UTF_8)));
    assertThat(streams.find(ID)).isNull();
    assertThat(append("x").status()).isEqualTo(404);
    assertThat(submit(Operation.create(TEXT, 3600L, null, false, null)).status()).isEqualTo(201);
    assertThat(text()).isEmpty();
    submit(Operation.create(TEXT, 0L, null, false, null));
    assertThat(streams.find(ID)).as("whose time-to-live has not passed").isNotNull();
  }

  @Test
  void whoWaitsIsToldOfTheEndOfItsTime() throws Exception {
    start();
    Instant soon = Instant.now().plusMillis(200);
    submit(Operation.create(TEXT, null, soon, false, null));
    DurableStream stream = streams.find(ID);
    List<String> told = new CopyOnWriteArrayList<>();
    if (stream != null) { // else the machine is slow
      assertThat(stream.await(stream.place("now"), () -> told.add("gone"))).isTrue();
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                streams.sweep();
                assertThat(told).containsExactly("gone");
              });
      assertThat(stream.isDeleted()).isTrue();
    }
  }

  @Test
  void aFarEndIsNoneAndStopsNoOther() throws Exception {
    start();
    Instant far = OffsetDateTime.MAX.toInstant();
    submit(Operation.create(TEXT, null, far, false, null));
    submit("b", Operation.create(TEXT, null, Instant.EPOCH, false, null));
    streams.sweep();
    assertThat(streams.find(ID).expires()).isEqualTo(far);
    assertThat(streams.find("b")).isNull();
  }

  @Test
  void whatIsAcceptedWhileTheStreamIsClosedIsThere() throws Exception {
    start();
    for (int round = 0; round < 60; round++) {
      String id = "round" + round;
      submit(id, Operation.create(TEXT, null, null, false, null));
      DurableStream stream = streams.find(id);
      Operation last = Operation.append(null, true, null, null, null);
      CompletableFuture<Outcome> closed =
          CompletableFuture.supplyAsync(() -> streams.append(stream, last))
              .thenCompose(outcome -> outcome);
      int accepted = 0;
      Outcome append;
      do {
        append = get(streams.append(stream, Operation.append(TEXT, false, ONE, null, null)));
        accepted += append.isAccepted() ? 1 : 0;
      } while (append.isAccepted());
      get(closed);
      assertThat(stream.read(stream.place("-1"), ALL).data()).hasSize(accepted);
    }
  }

  @Test
  void whatOtherNodesCouldNotReadIsRefused() throws Exception {
    String[] file = {"log.store", "file", "log.directory", temp.resolve("log").toString()};
    start(file);
    create(JSON);
    List<Integer> refused = new ArrayList<>();
    for (int depth = 980; depth <= 1000; depth++) {
      byte[] body = ("{\"a\":".repeat(depth) + 1 + "}".repeat(depth)).getBytes(UTF_8);
      byte[] messages;
      try {
        messages = Operation.messages(body);
      } catch (IllegalArgumentException e) {
        continue; // which is 400, too
      }
      int status = append(JSON, messages, null, null).status();
      assertThat(status).isIn(204, 400);
      if (status == 400) {
        refused.add(depth);
      }
    }
    assertThat(refused).isNotEmpty();
    String before = text();
    running.remove(0).close();
    start(file);
    assertThat(text()).isEqualTo(before).hasSizeGreaterThan(1000);
  }

  @Test
  void anAppendIsToTheStreamThatWasFound() throws Exception {
    start();
    create(TEXT);
    DurableStream found = streams.find(ID);
    get(streams.delete(found));
    create(JSON);
    Operation late = Operation.append(TEXT, false, "{".getBytes(UTF_8), null, null);
    assertThat(get(streams.append(found, late)).status()).isEqualTo(404);
    assertThat(text()).isEqualTo("[]");
  }

  @Test
  void whatIsNoUtf8HasRoomAsWhatReadersGet() throws Exception {
    start("message.max-bytes", "1024");
    create(TEXT);
    byte[] wrong = new byte[340];
    Arrays.fill(wrong, (byte) 0xff);
    Operation large = Operation.append(TEXT, false, wrong, null, null);
    assertThatIllegalArgumentException().isThrownBy(() -> submit(large));
    assertThat(append(TEXT, Arrays.copyOf(wrong, 300), null, null).status()).isEqualTo(204);
    new Reader("-1").awaitSeen("data " + "\ufffd".repeat(300), "control {\"upToDate\":true}");
  }

  /** How many appends of a producer each there is room for. */
  private int producersThatFit() throws Exception {
    create(TEXT);
    for (int i = 0; i < 1000; i++) {
      Producer by = new Producer("p".repeat(250) + i, 0, 0);
      if (append(TEXT, ONE, by, null).status() == 503) {
        return i;
      }
    }
    return -1;
  }

  @Test
  void producersTakeRoomAndLeaveIt() throws Exception {
    start("durable-streams.bytes", "65536");
    int most = producersThatFit();
    assertThat(most).isBetween(100, 200);
    get(streams.delete(streams.find(ID)));
    assertThat(producersThatFit()).isEqualTo(most);
  }

  @Test
  void producersThatAreForgottenTakeNoRoom() throws Exception {
    start("durable-streams.bytes", "1000000");
    create(TEXT);
    for (int i = 0; i < 3000; i++) {
      Producer by = new Producer("p" + i, 0, 0);
      assertThat(append(TEXT, ONE, by, null).status()).as("append %s", i).isEqualTo(200);
    }
    get(streams.delete(streams.find(ID)));
  }

  @Test
  void onlyWhoHasNotReadItIsWoken() throws Exception {
    start();
    create(TEXT);
    DurableStream stream = streams.find(ID);
    Offset end = stream.place("now");
    Offset beyond = new Offset(end.epoch(), end.sequence() + 1000);
    assertThat(streams.isUnknown(stream, end)).isFalse();
    assertThat(streams.isUnknown(stream, beyond)).isTrue();
    List<String> woken = new CopyOnWriteArrayList<>();
    Runnable early = () -> woken.add("beyond");
    assertThat(stream.await(beyond, early)).isTrue();
    assertThat(stream.await(end, () -> woken.add("end"))).isTrue();
    append("x");
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(woken).containsExactly("end"));
    assertThat(stream.cancel(early)).as("still waits").isTrue();
  }

  @Test
  void thoseWhoWaitAreBoundedPerCallerAndAddress() {
    Map<String, String> settings =
        Map.of(
            "starcast.max-clients",
            "4",
            "starcast.max-clients-per-principal",
            "2",
            "starcast.max-clients-per-address",
            "3");
    WaitingPolls polls =
        new WaitingPolls(
            StarcastConfig.read(key -> Optional.ofNullable(settings.get(key)), settings.keySet())
                .limits());
    Runnable first = polls.enter("ann", "192.0.2.1");
    assertThat(polls.enter("ann", "192.0.2.1")).isNotNull();
    assertThat(polls.enter("ann", "192.0.2.2")).as("of the caller").isNull();
    assertThat(polls.enter(null, "192.0.2.1")).isNotNull();
    assertThat(polls.enter("bob", "192.0.2.1")).as("of the address").isNull();
    assertThat(polls.enter("bob", "192.0.2.2")).isNotNull();
    assertThat(polls.enter("bob", "192.0.2.3")).as("in all").isNull();
    first.run();
    assertThat(polls.enter("bob", "192.0.2.1")).isNotNull();
  }

  @Test
  void whatThereIsNoRoomForIsRefused() throws Exception {
    start("durable-streams.max", "1", "durable-streams.bytes", "65536");
    create("application/octet-stream");
    byte[] half = new byte[33_000];
    assertThat(append("application/octet-stream", half, null, null).status()).isEqualTo(204);
    Outcome full = append("application/octet-stream", half, null, null);
    assertThat(full.status()).isEqualTo(503);
    assertThat(full.headers()).containsKey("Retry-After");
    Operation another = Operation.create(TEXT, null, null, false, null);
    assertThat(submit("b", another).status()).isEqualTo(503);
    streams.delete(streams.find(ID)).toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(submit("b", another).status()).isEqualTo(201);
  }

  @Test
  void whatIsTooLargeForOneEventIsRefused() throws Exception {
    start("message.max-bytes", "1024");
    create(TEXT);
    Operation large = Operation.append(TEXT, false, new byte[1000], null, null);
    assertThatIllegalArgumentException().isThrownBy(() -> submit(large));
    Operation lines = Operation.append(TEXT, false, "\n".repeat(150).getBytes(UTF_8), null, null);
    assertThatIllegalArgumentException().isThrownBy(() -> submit(lines));
    assertThat(append("x".repeat(900)).status()).isEqualTo(204);
  }

  @Test
  void aStreamIsThereAfterARestart() throws Exception {
    String[] file = {"log.store", "file", "log.directory", temp.resolve("log").toString()};
    start(file);
    create(TEXT);
    count(0, 0);
    String next = next(append(TEXT, "ü".getBytes(UTF_8), new Producer("p", 0, 1), "a"));
    running.remove(0).close();
    start(file);
    assertThat(text()).isEqualTo("0.0 ü");
    assertThat(streams.find(ID).headers()).containsEntry("Stream-Next-Offset", next);
    assertThat(count(0, 1).status()).isEqualTo(204);
    assertThat(append(TEXT, "x".getBytes(UTF_8), null, "a").status()).isEqualTo(409);
    assertThat(count(0, 2).status()).isEqualTo(200);
  }

  /** A reader that takes one event at a time. */
  private final class Reader implements Flow.Subscriber<SseMessage> {
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private Flow.Subscription subscription;

    Reader(String offset) {
      DurableStream stream = streams.find(ID);
      new LiveReader(stream, stream.place(offset), null, 3).subscribe(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(1);
    }

    @Override
    public void onNext(SseMessage message) {
      String data = message.data().orElseThrow().toString();
      String shown = data.replaceAll("\"stream(NextOffset|Cursor)\":\"[^\"]*\",?", "");
      seen.add(message.event().orElseThrow() + " " + shown);
      subscription.request(1);
    }

    @Override
    public void onError(Throwable failure) {
      seen.add("failed");
    }

    @Override
    public void onComplete() {
      seen.add("end");
    }

    void awaitSeen(String... events) {
      await().atMost(PATIENCE).untilAsserted(() -> assertThat(seen).containsExactly(events));
    }
  }

  @Test
  void aLiveReaderGetsWhatThereIsAndWhatComesUpToTheEnd() throws Exception {
    start();
    create(TEXT);
    Reader empty = new Reader("now");
    empty.awaitSeen("control {\"upToDate\":true}");
    append("abc");
    append("def");
    Reader early = new Reader("-1");
    submit(Operation.append(TEXT, true, "g".getBytes(UTF_8), null, null));
    early.awaitSeen(
        "data abc",
        "control {}",
        "data def",
        "control {\"upToDate\":true}",
        "data g",
        "control {\"streamClosed\":true,\"upToDate\":true}",
        "end");
    new Reader("now").awaitSeen("control {\"streamClosed\":true,\"upToDate\":true}", "end");
    await().atMost(PATIENCE).until(() -> empty.seen.contains("end"));
    assertThat(empty.seen).contains("data g", "data abc").doesNotContain("failed");
  }

  @Test
  void aLiveReaderEndsWithItsStream() throws Exception {
    start();
    create("image/png");
    append("image/png", new byte[] {1, 2, 3, 4, 5}, null, null);
    Reader reader = new Reader("-1");
    streams.delete(streams.find(ID)).toCompletableFuture().get(30, TimeUnit.SECONDS);
    reader.awaitSeen("data AQIDBAU=", "control {\"upToDate\":true}", "end");
  }

  @Test
  void nothingIsKeptWhereItIsSwitchedOff() throws Exception {
    start("endpoint.durable-streams.enabled", "false");
    Operation creation = Operation.create(TEXT, null, null, false, null);
    assertThat(streams.create(ID, creation).toCompletableFuture()).isNotDone();
    assertThat(streams.find(ID)).isNull();
  }
}
