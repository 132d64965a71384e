package org.starcast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.sse.OutboundSseEvent;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.FakeSink;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.backplane.Answering;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.OutgoingEvent;
import org.starcast.stream.Source.Emitter;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.SseStreams.NamedStream.State;

/** Named streams on one node. */
@ExtendWith(ResponseRuntime.class)
class NamedStreamsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String ID = "answers.1";
  private static final String START = "starcast-start={\"stream\":\"answers.1\"}";

  @TempDir Path temp;

  private final List<RunningBroadcaster> running = new ArrayList<>();
  private RunningBroadcaster node;
  private SseStreams streams;

  /** Starts the node. */
  void start(String... settings) {
    node = new RunningBroadcaster(settings);
    running.add(node);
    streams = node.bean(SseStreams.class);
  }

  /** The settings of the file store, and more. */
  private String[] file(String... more) {
    String[] store = {"log.store", "file", "log.directory", temp.resolve("log").toString()};
    return Stream.of(store, more).flatMap(Stream::of).toArray(String[]::new);
  }

  @AfterEach
  void stop() {
    running.forEach(RunningBroadcaster::close);
  }

  private static State await(NamedStream stream) throws Exception {
    return stream.completion().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static List<String> items(int count) {
    return IntStream.range(0, count).mapToObj(i -> "t" + i).toList();
  }

  private static String end(String rest) {
    return "starcast-end={\"stream\":\"answers.1\"," + rest + "}";
  }

  private static List<String> all(List<String> items, String end) {
    return Stream.of(List.of(START), items, List.of(end)).flatMap(List::stream).toList();
  }

  private void awaitSeen(NamedViewer viewer, List<String> events) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(viewer.seen()).isEqualTo(events));
  }

  /** A source that gives what the test emits. */
  private static final class Manual {
    private final CompletableFuture<Emitter<String>> emitter = new CompletableFuture<>();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    Source<String> source() {
      return Source.emitter(
          sink -> {
            begun.incrementAndGet();
            sink.onClose(closed::incrementAndGet);
            emitter.complete(sink);
          });
    }

    void emit(int from, int to) throws Exception {
      Emitter<String> sink = emitter.get(30, TimeUnit.SECONDS);
      for (int i = from; i < to; i++) {
        assertThat(sink.emit("t" + i)).isTrue();
      }
    }

    void complete() throws Exception {
      emitter.get(30, TimeUnit.SECONDS).complete();
    }

    void fail() throws Exception {
      emitter.get(30, TimeUnit.SECONDS).fail(new IllegalStateException("secret"));
    }
  }

  @Test
  void aSourceRunsOnceAndEverybodyGetsAllOfIt() throws Exception {
    start();
    Manual manual = new Manual();
    NamedViewer early = new NamedViewer(ID).connect(node.broadcaster());
    NamedStream stream = streams.named(ID, manual.source(), StreamOptions.defaults());
    manual.emit(0, 10);
    NamedViewer late = new NamedViewer(ID).connect(node.broadcaster());
    assertThat(streams.named(ID, Source.of(List.of("x")), StreamOptions.defaults()))
        .isSameAs(stream);
    assertThat(stream.state()).isEqualTo(State.RUNNING);
    manual.emit(10, 20);
    manual.complete();

    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    List<String> all = all(items(20), end("\"outcome\":\"completed\",\"items\":20"));
    awaitSeen(early, all);
    awaitSeen(late, all);
    awaitSeen(new NamedViewer(ID).connect(node.broadcaster()), all);
    assertThat(stream.items()).isEqualTo(20);
    assertThat(streams.named(ID)).containsSame(stream);
    assertThat(manual.begun).hasValue(1);
    assertThat(manual.closed).hasValue(1);
  }

  @Test
  void whoHasTheEndFindsThatItHasEnded() throws Exception {
    start();
    for (int i = 0; i < 200; i++) {
      String id = "answers.ended." + i;
      CompletableFuture<Boolean> over = new CompletableFuture<>();
      // asks as soon as it gets the event, on the thread that writes it
      FakeSink sink =
          FakeSink.instant(
              event -> {
                if ("starcast-end".equals(event.getName())) {
                  over.complete(streams.named(id).orElseThrow().state() == State.COMPLETED);
                }
              });
      streams.watch(sink, id);
      streams.named(id, Source.of(List.of("x")), StreamOptions.defaults());

      assertThat(over.get(30, TimeUnit.SECONDS)).as("stream %d", i).isTrue();
    }
  }

  @Test
  void aViewerThatLeavesStopsNothing() throws Exception {
    start();
    Manual manual = new Manual();
    NamedStream stream = streams.named(ID, manual.source(), StreamOptions.defaults());
    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());
    manual.emit(0, 5);
    viewer.cut();
    manual.emit(5, 10);
    manual.complete();

    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    viewer.connect(node.broadcaster());
    awaitSeen(viewer, all(items(10), end("\"outcome\":\"completed\",\"items\":10")));
  }

  @Test
  void failureIsToldToThoseWhoComeLateAndNothingOfItsCause() throws Exception {
    start();
    Manual manual = new Manual();
    NamedStream stream = streams.named(ID, manual.source(), StreamOptions.defaults());
    manual.emit(0, 3);
    manual.fail();

    assertThat(await(stream)).isEqualTo(State.FAILED);
    awaitSeen(
        new NamedViewer(ID).connect(node.broadcaster()),
        Stream.of(
                List.of(START),
                items(3),
                List.of(
                    "error={\"error\":\"the stream failed\"}",
                    end("\"outcome\":\"failed\",\"reason\":\"error\",\"items\":4")))
            .flatMap(List::stream)
            .toList());
  }

  @Test
  void stoppingEndsItBehindWhatWasPublishedAndClosesTheSource() throws Exception {
    start();
    Manual manual = new Manual();
    NamedStream stream =
        streams.named(
            ID,
            manual.source(),
            StreamOptions.defaults().closing(SseMessage.builder().event("bye").data("").build()));
    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());
    manual.emit(0, 3);
    Awaitility.await().atMost(PATIENCE).until(() -> stream.items() == 3);

    stream.stop();
    stream.stop();

    assertThat(await(stream)).isEqualTo(State.CANCELLED);
    awaitSeen(
        viewer,
        Stream.of(
                List.of(START),
                items(3),
                List.of(
                    "bye=", end("\"outcome\":\"cancelled\",\"reason\":\"stopped\",\"items\":4")))
            .flatMap(List::stream)
            .toList());
    Awaitility.await().atMost(PATIENCE).until(() -> manual.closed.get() == 1);
  }

  @Test
  void whatNobodyWatchesIsStoppedIfThatIsAskedFor() throws Exception {
    start();
    Manual manual = new Manual();
    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());
    NamedStream stream =
        streams.named(
            ID, manual.source(), StreamOptions.defaults().unwatchedTimeout(Duration.ofMillis(100)));
    NamedStream unwatched =
        streams.named(
            "answers.2",
            new Manual().source(),
            StreamOptions.defaults().unwatchedTimeout(Duration.ofMillis(100)));

    assertThat(await(unwatched)).isEqualTo(State.CANCELLED);
    assertThat(stream.state()).isEqualTo(State.RUNNING);
    viewer.cut();
    assertThat(await(stream)).isEqualTo(State.CANCELLED);
    assertThat(viewer.connect(node.broadcaster())).isNotNull();
    awaitSeen(
        viewer,
        List.of(START, end("\"outcome\":\"cancelled\",\"reason\":\"unwatched\",\"items\":0")));
  }

  @Test
  void watchingEndsWithTheStreamAndIsNotBegunAgain() throws Exception {
    start();
    Manual manual = new Manual();
    FakeSink early = FakeSink.instant();
    SseClient waits = streams.watch(early, ID);
    NamedStream stream = streams.named(ID, manual.source(), StreamOptions.defaults());
    manual.emit(0, 3);
    FakeSink late = FakeSink.instant();
    SseClient watches = streams.watch(late, ID);
    manual.complete();

    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    waits.whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    watches.whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    FakeSink behind = FakeSink.instant();
    streams.watch(behind, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    List<Object> all =
        List.of(
            "{\"stream\":\"answers.1\"}",
            "t0",
            "t1",
            "t2",
            "{\"stream\":\"answers.1\",\"outcome\":\"completed\",\"items\":3}");
    assertThat(early.data()).isEqualTo(all);
    assertThat(late.data()).isEqualTo(all);
    assertThat(behind.data()).isEqualTo(all);
  }

  @Test
  void streamsEvictNeitherEachOtherNorWhatElseIsPublished() throws Exception {
    start("log.events", "16");
    for (int i = 0; i < 10; i++) {
      node.broadcaster().publish("chat", "m" + i);
    }
    for (int i = 1; i <= 20; i++) {
      NamedStream stream =
          streams.named("answers." + i, Source.of(items(100)), StreamOptions.defaults());
      assertThat(await(stream)).isEqualTo(State.COMPLETED);
    }

    FakeSink first = FakeSink.instant();
    streams.watch(first, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    NamedViewer chat = new NamedViewer("chat").connect(node.broadcaster());

    assertThat(first.data()).hasSize(102).containsSubsequence("t0", "t50", "t99");
    awaitSeen(chat, IntStream.range(0, 10).mapToObj(i -> "m" + i).toList());
    assertThat(node.broadcaster().history("chat", 99)).hasSize(10);
  }

  @Test
  void whereAllIsKeptThatMayBeTheSourceWaitsUntilSomebodyHasRead() throws Exception {
    start();
    AtomicInteger given = new AtomicInteger();
    Source<String> source =
        Source.of(Stream.generate(() -> "t" + given.getAndIncrement()).limit(200));
    NamedStream stream = streams.named(ID, source, StreamOptions.defaults().keepItems(10));
    Awaitility.await().atMost(PATIENCE).until(() -> stream.items() >= 10);
    // it is asked for no more: other streams end meanwhile
    for (int i = 2; i < 10; i++) {
      assertThat(
              await(streams.named("answers." + i, Source.of(items(5)), StreamOptions.defaults())))
          .isEqualTo(State.COMPLETED);
    }
    assertThat(given.get()).isBetween(10, 12);
    assertThat(stream.state()).isEqualTo(State.RUNNING);

    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());

    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    awaitSeen(viewer, all(items(200), end("\"outcome\":\"completed\",\"items\":200")));
    assertThat(dropped()).isZero();
  }

  @Test
  void theEndWaitsForNoReader() throws Exception {
    start();
    StreamOptions<Object> options =
        StreamOptions.defaults()
            .keepItems(10)
            .closing(SseMessage.builder().event("bye").data("").build());
    NamedStream stream = streams.named(ID, Source.of(items(10)), options);
    Source<String> failing =
        Source.of(
            Stream.concat(
                items(10).stream(),
                Stream.generate(
                    () -> {
                      throw new IllegalStateException("expected by the test");
                    })));
    NamedStream failed = streams.named("answers.2", failing, options);

    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    assertThat(await(failed)).isEqualTo(State.FAILED);
    List<String> all = new ArrayList<>(items(10));
    all.add("bye=");
    awaitSeen(
        new NamedViewer(ID).connect(node.broadcaster()),
        all(all, end("\"outcome\":\"completed\",\"items\":11")));
    assertThat(dropped()).isZero();
  }

  @Test
  void whatComesWhileAnItemWaitsKeepsItsPlace() throws Exception {
    start();
    Manual manual = new Manual();
    NamedRun run =
        (NamedRun) streams.named(ID, manual.source(), StreamOptions.defaults().keepItems(5));
    manual.emit(0, 7);
    Awaitility.await().atMost(PATIENCE).until(() -> run.items() == 5);
    NamedSource<?> source = run.own();
    SseMessage ping = SseMessage.builder().event("ping").data("").build();
    // such as one that was on its way when the item came
    CompletableFuture<Boolean> sent = source.sendWhenRoom(ping).toCompletableFuture();
    assertThat(sent).isNotDone();

    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());

    assertThat(sent.get(30, TimeUnit.SECONDS)).isTrue();
    manual.emit(7, 20);
    manual.complete();
    assertThat(await(run)).isEqualTo(State.COMPLETED);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> viewer.seen().contains(end("\"outcome\":\"completed\",\"items\":21")));
    assertThat(viewer.seen()).filteredOn(event -> event.startsWith("t")).isEqualTo(items(20));
    assertThat(viewer.seen().indexOf("ping=")).isGreaterThan(viewer.seen().indexOf("t4"));
    assertThat(dropped()).isZero();
  }

  private static StreamOptions<Object> pinging(AtomicInteger made) {
    return StreamOptions.defaults()
        .heartbeat(
            Duration.ofMillis(2),
            () -> {
              made.incrementAndGet();
              return SseMessage.builder().event("ping").data("").build();
            });
  }

  @Test
  void pingsAreLeftOutWhileThereIsNoRoomForOne() throws Exception {
    start();
    Manual manual = new Manual();
    AtomicInteger made = new AtomicInteger();
    NamedStream stream = streams.named(ID, manual.source(), pinging(made).keepItems(5));
    AtomicInteger time = new AtomicInteger();
    NamedStream clock = streams.named("clock.1", Source.emitter(e -> {}), pinging(time));

    Awaitility.await().atMost(PATIENCE).until(() -> stream.items() == 5 && time.get() > 100);
    // those that are kept, and one that waits
    assertThat(made).hasValueLessThanOrEqualTo(6);
    clock.stop();

    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());
    manual.emit(0, 3);
    Awaitility.await().atMost(PATIENCE).until(() -> made.get() > 10);
    manual.complete();
    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    long all = stream.items();
    String end = end("\"outcome\":\"completed\",\"items\":" + all);
    Awaitility.await().atMost(PATIENCE).until(() -> viewer.seen().contains(end));
    assertThat(viewer.seen()).filteredOn(event -> event.startsWith("t")).isEqualTo(items(3));
    assertThat(viewer.seen()).filteredOn("ping="::equals).hasSize((int) all - 3);
    assertThat(dropped()).isZero();
  }

  @Test
  void whatAHistoryOfTheConfigurationWouldLetGoOfUnreadWaitsToo() throws Exception {
    start("log.topics.\"answers.*\".events", "10", "log.topics.\"answers.b.*\".bytes", "4096");
    for (String id : List.of(ID, "answers.b.1")) {
      NamedStream stream = streams.named(id, Source.of(items(100)), StreamOptions.defaults());
      Awaitility.await().atMost(PATIENCE).until(() -> stream.items() >= 3);
      // it is asked for no more: another stream ends meanwhile
      await(streams.named("other." + id, Source.of(items(100)), StreamOptions.defaults()));
      assertThat(stream.items()).isLessThan(11);
      assertThat(stream.state()).isEqualTo(State.RUNNING);

      NamedViewer viewer = new NamedViewer(id).connect(node.broadcaster());

      assertThat(await(stream)).isEqualTo(State.COMPLETED);
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> viewer.seen().stream().anyMatch(event -> event.startsWith("starcast-end")));
      assertThat(viewer.seen()).hasSize(102).containsSequence(items(100));
    }
    assertThat(dropped()).isZero();
  }

  private static List<String> names(FakeSink sink) {
    return sink.sent().stream().map(OutboundSseEvent::getName).toList();
  }

  private long dropped() {
    return node.broadcaster().statistics().get(Metric.STREAM_ITEMS_DROPPED);
  }

  /** What others published before it begins is not looked at. */
  @Test
  void whoWaitsForAStreamBeginsBehindWhatIsThereByThen() throws Exception {
    start();
    node.broadcaster().publish("others", "before");
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> node.broadcaster().lastEventId().endsWith("-1"));
    String last = node.broadcaster().lastEventId();
    List<Subscription> subscriptions = new ArrayList<>();
    FakeSink sink = FakeSink.instant();
    SseClient viewer =
        new StreamsBean(
                (into, subscription) -> {
                  subscriptions.add(subscription);
                  return node.broadcaster().register(into, subscription);
                },
                SseMessage::of,
                null,
                node.bean(NamedStreams.class),
                () -> null)
            .watch(sink, ID);
    assertThat(subscriptions.get(0).resumeFrom()).contains(last);

    NamedStream stream = streams.named(ID, Source.of(items(3)), StreamOptions.defaults());
    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    viewer.whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(sink.data()).hasSize(5).containsSubsequence("t0", "t1", "t2");
  }

  @Test
  void bytesAreABoundToo() throws Exception {
    start("message.max-bytes", "4096");
    List<String> large = IntStream.range(0, 100).mapToObj(i -> "x".repeat(3_000) + i).toList();
    NamedStream stream =
        streams.named(ID, Source.of(large), StreamOptions.defaults().keepBytes(40_000));
    Awaitility.await().atMost(PATIENCE).until(() -> stream.items() >= 10);
    assertThat(await(streams.named("answers.2", Source.of(large), StreamOptions.defaults())))
        .isEqualTo(State.COMPLETED);
    assertThat(stream.items()).isBetween(10L, 13L);

    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());

    awaitSeen(viewer, all(large, end("\"outcome\":\"completed\",\"items\":100")));
  }

  @Test
  void whatWaitsForReadersIsStoppedAtOnce() throws Exception {
    start();
    NamedStream stream =
        streams.named(
            ID,
            Source.of(items(100)),
            StreamOptions.defaults()
                .keepItems(10)
                .closing(SseMessage.builder().event("bye").data("").build()));
    Awaitility.await().atMost(PATIENCE).until(() -> stream.items() >= 10);

    stream.stop();

    assertThat(await(stream)).isEqualTo(State.CANCELLED);
    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(viewer.seen())
                    .startsWith(START, "t0", "t1")
                    .contains("bye=")
                    .noneMatch(event -> event.startsWith("starcast-gap"))
                    .anyMatch(event -> event.startsWith("starcast-end=")));
  }

  @Test
  void whatMayDropItsOldestItemsCountsThemAndTellsWhoComesLate() throws Exception {
    start("log.events", "16");
    NamedStream stream =
        streams.named(
            ID, Source.of(items(100)), StreamOptions.defaults().keepItems(10).dropOldest());

    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    node.broadcaster().publish("other", "x");
    NamedViewer late = new NamedViewer(ID).connect(node.broadcaster());
    FakeSink watching = FakeSink.instant();
    streams.watch(watching, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);

    assertThat(dropped()).isBetween(80L, 91L);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> late.seen().contains(end("\"outcome\":\"completed\",\"items\":100")));
    assertThat(names(watching)).contains("starcast-gap", "starcast-end");
    assertThat(watching.data()).contains("t99").doesNotContain("t0", "t50");
  }

  @Test
  void allTogetherTakeSoMuchAndThoseThatHaveEndedGoFirst() throws Exception {
    start("streams.total-bytes", "65536", "log.events", "16");
    Manual manual = new Manual();
    NamedStream running = streams.named(ID, manual.source(), StreamOptions.defaults());
    manual.emit(0, 20);
    for (int i = 2; i < 12; i++) {
      await(streams.named("answers." + i, Source.of(items(50)), StreamOptions.defaults()));
    }
    manual.complete();
    await(running);

    assertThat(node.broadcaster().statistics().get(Metric.TOPIC_LOGGED_BYTES))
        .isLessThan(65_536 + 20_000);
    NamedViewer all = new NamedViewer(ID).connect(node.broadcaster());
    awaitSeen(all, all(items(20), end("\"outcome\":\"completed\",\"items\":20")));
    FakeSink gone = FakeSink.instant();
    streams.watch(gone, "answers.2").whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(names(gone)).contains("starcast-gap");
    assertThat(dropped()).isZero();
  }

  @Test
  void oneThatWasWatchedToItsEndIsThereForWhoWasCutOffThoughThereIsLittleRoom() throws Exception {
    start("streams.total-bytes", "65536", "log.events", "16");
    FakeSink watching = FakeSink.instant();
    SseClient viewer = streams.watch(watching, ID);
    await(streams.named(ID, Source.of(items(20)), StreamOptions.defaults()));
    viewer.whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    for (int i = 2; i < 22; i++) {
      await(streams.named("answers." + i, Source.of(items(50)), StreamOptions.defaults()));
    }

    FakeSink back = FakeSink.instant();
    streams.watch(back, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(names(back)).doesNotContain("starcast-gap");
    assertThat(back.data()).isEqualTo(watching.data()).hasSize(22);
    FakeSink gone = FakeSink.instant();
    streams.watch(gone, "answers.2").whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(names(gone)).contains("starcast-gap");
  }

  @Test
  void whoAsksForOneThatIsForgottenIsRefusedAndWhoIsEarlyWaits() throws Exception {
    start();
    NamedStream stream =
        streams.named(
            ID, Source.of(items(3)), StreamOptions.defaults().keep(Duration.ofMillis(100)));
    await(stream);
    Awaitility.await().atMost(PATIENCE).until(() -> streams.named(ID).isEmpty());

    assertThatThrownBy(() -> streams.watch(FakeSink.instant(), ID))
        .isInstanceOfSatisfying(
            WebApplicationException.class,
            refused -> assertThat(refused.getResponse().getStatus()).isEqualTo(410));
    SseClient early = streams.watch(FakeSink.instant(), "answers.2");
    assertThat(early.state()).isNotEqualTo(SseClient.State.CLOSED);

    NamedStream again = streams.named(ID, Source.of(items(2)), StreamOptions.defaults());
    FakeSink sink = FakeSink.instant();
    streams.watch(sink, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(await(again)).isEqualTo(State.COMPLETED);
    assertThat(sink.data()).contains("t1").doesNotContain("t2");
  }

  @Test
  void whoHasAnIdOfAProcessThatIsGoneIsRefusedWhereNothingIsKnownOfTheStream() {
    HttpServletRequest request =
        (HttpServletRequest)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) ->
                    method.getName().equals("getHeader") && arguments[0].equals("Last-Event-ID")
                        ? "abc123-7"
                        : null);
    node = new RunningBroadcaster(request);
    running.add(node);
    streams = node.bean(SseStreams.class);

    assertThatThrownBy(() -> streams.watch(FakeSink.instant(), ID))
        .isInstanceOfSatisfying(
            WebApplicationException.class,
            refused -> assertThat(refused.getResponse().getStatus()).isEqualTo(410));
  }

  @Test
  void withAHistoryOfItsOwnItIsKeptWhateverElseIsPublished() throws Exception {
    start("log.events", "16", "log.topics.\"answers.*\".events", "1000");
    NamedStream stream = streams.named(ID, Source.of(items(100)), StreamOptions.defaults());
    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    for (int i = 0; i < 100; i++) {
      node.broadcaster().publish("other", "x" + i);
    }

    FakeSink late = FakeSink.instant();
    streams.watch(late, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    NamedViewer other = new NamedViewer(ID).connect(node.broadcaster());

    List<String> all = all(items(100), end("\"outcome\":\"completed\",\"items\":100"));
    awaitSeen(other, all);
    assertThat(late.data()).hasSize(102).containsSubsequence("t0", "t50", "t99");
  }

  @Test
  void onlySoManyGoOnAndAFreePlaceIsTakenAgain() throws Exception {
    start("streams.max", "1");
    Manual manual = new Manual();
    NamedStream stream = streams.named(ID, manual.source(), StreamOptions.defaults());
    AtomicInteger closed = new AtomicInteger();
    Stream<String> refused = Stream.of("a").onClose(closed::incrementAndGet);

    assertThatThrownBy(
            () -> streams.named("answers.2", Source.of(refused), StreamOptions.defaults()))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("starcast.streams.max: 1 named streams go on");

    assertThat(closed).hasValue(1);
    manual.complete();
    await(stream);
    NamedStream next =
        streams.named("answers.2", Source.of(List.of("a")), StreamOptions.defaults());
    assertThat(await(next)).isEqualTo(State.COMPLETED);
  }

  @Test
  void onceForgottenAnIdStartsAnew() throws Exception {
    start("streams.keep", "PT1S");
    NamedStream first = streams.named(ID, Source.of(List.of("a")), StreamOptions.defaults());
    assertThat(await(first)).isEqualTo(State.COMPLETED);
    Awaitility.await().atMost(PATIENCE).until(() -> streams.named(ID).isEmpty());

    NamedStream second = streams.named(ID, Source.of(List.of("b")), StreamOptions.defaults());

    assertThat(second).isNotSameAs(first);
    assertThat(await(second)).isEqualTo(State.COMPLETED);
    FakeSink sink = FakeSink.instant();
    streams.watch(sink, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(sink.data()).contains("b").doesNotContain("a");
  }

  @Test
  void whatIsNoIdIsRefused() {
    start();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> streams.named("a.*", Source.of(List.of("a")), StreamOptions.defaults()));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> streams.named("starcast.a", Source.of(List.of("a")), StreamOptions.defaults()))
        .withMessageContaining("the library's");
    assertThatIllegalArgumentException().isThrownBy(() -> streams.watch(FakeSink.instant(), "a.*"));
    assertThat(streams.named(ID)).isEmpty();
  }

  @Test
  void whereNothingIsKeptNothingIsNamed() {
    start("log.events", "0");
    assertThatIllegalStateException()
        .isThrownBy(() -> streams.named(ID, Source.of(List.of("a")), StreamOptions.defaults()))
        .withMessageContaining("starcast.log.events");
  }

  @Test
  void aMessageThatIsTooLargeFailsIt() throws Exception {
    start("message.max-bytes", "1024");
    NamedStream stream =
        streams.named(ID, Source.of(List.of("a", "x".repeat(2000), "b")), StreamOptions.defaults());

    assertThat(await(stream)).isEqualTo(State.FAILED);
  }

  /** A log that takes nothing while it is told to. */
  private static final class Refusing extends Answering {
    private volatile Predicate<String> refused = sender -> false;
    private volatile boolean throwing;

    Refusing() {
      super(new LocalBackplane(StarcastConfig.read(key -> Optional.empty(), Set.of())));
    }

    @Override
    public CompletionStage<Long> append(OutgoingEvent event) {
      if (event.sender() == null || !refused.test(event.sender())) {
        return super.append(event);
      }
      RuntimeException failure = new IllegalStateException("expected by the test");
      if (throwing) {
        throw failure;
      }
      return CompletableFuture.failedStage(failure);
    }
  }

  private Refusing startRefusing() {
    Refusing log = new Refusing();
    node = new RunningBroadcaster(log);
    running.add(node);
    streams = node.bean(SseStreams.class);
    return log;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoWaitsForOneWhoseStartIsNotStoredIsToldAndWhoComesBackIsRefused(boolean throwing)
      throws Exception {
    Refusing log = startRefusing();
    log.throwing = throwing;
    log.refused = sender -> true;
    FakeSink sink = FakeSink.instant();
    SseClient early = streams.watch(sink, ID);
    Manual manual = new Manual();

    NamedStream stream = streams.named(ID, manual.source(), StreamOptions.defaults());

    assertThat(await(stream)).isEqualTo(State.FAILED);
    early.whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(sink.data()).containsExactly("{\"error\":\"the stream failed\"}");
    assertThat(names(sink)).contains("error");
    assertThat(manual.begun).hasValue(0);
    assertThat(streams.named(ID)).isEmpty();
    assertThatThrownBy(() -> streams.watch(FakeSink.instant(), ID))
        .isInstanceOfSatisfying(
            WebApplicationException.class,
            refused -> assertThat(refused.getResponse().getStatus()).isEqualTo(410));

    log.refused = sender -> false;
    NamedStream again = streams.named(ID, Source.of(items(2)), StreamOptions.defaults());
    assertThat(await(again)).isEqualTo(State.COMPLETED);
    FakeSink late = FakeSink.instant();
    streams.watch(late, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(late.data()).contains("t0", "t1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoseItemIsNotStoredHasFailedForAllViewers(boolean throwing) throws Exception {
    Refusing log = startRefusing();
    log.throwing = throwing;
    log.refused = sender -> sender.startsWith("starcast.stream.item.");
    FakeSink sink = FakeSink.instant();
    SseClient early = streams.watch(sink, ID);

    NamedStream stream = streams.named(ID, Source.of(items(9)), StreamOptions.defaults());

    assertThat(await(stream)).isEqualTo(State.FAILED);
    early.whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(names(sink)).contains("starcast-start", "starcast-end");
    assertThat(sink.data()).noneMatch(data -> data.toString().startsWith("t"));
    assertThat(sink.data().get(1).toString())
        .contains("\"outcome\":\"failed\",\"reason\":\"error\"");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anEndThatIsNotStoredIsPublishedAgain(boolean throwing) throws Exception {
    Refusing log = startRefusing();
    log.throwing = throwing;
    AtomicInteger ends = new AtomicInteger();
    log.refused = sender -> sender.contains(".completed.") && ends.incrementAndGet() == 1;
    FakeSink sink = FakeSink.instant();
    SseClient viewer = streams.watch(sink, ID);

    NamedStream stream = streams.named(ID, Source.of(items(9)), StreamOptions.defaults());

    assertThat(await(stream)).isEqualTo(State.COMPLETED);
    viewer.whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(ends).hasValue(2);
    assertThat(names(sink)).endsWith("starcast-end");
    assertThat(sink.data()).hasSize(11);
  }

  @Test
  void whatRanWhenTheProcessEndedHasFailedAfterTheRestart() throws Exception {
    String[] file = file();
    start(file);
    Manual manual = new Manual();
    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());
    NamedStream stream = streams.named(ID, manual.source(), StreamOptions.defaults());
    manual.emit(0, 7);
    Awaitility.await().atMost(PATIENCE).until(() -> viewer.seen().size() == 8);
    NamedStream done =
        streams.named("answers.2", Source.of(List.of("a")), StreamOptions.defaults());
    await(done);

    running.remove(node);
    node.close();
    assertThat(await(stream)).isEqualTo(State.FAILED);
    start(file);

    viewer.connect(node.broadcaster());
    awaitSeen(
        viewer, all(items(7), end("\"outcome\":\"failed\",\"reason\":\"stopped\",\"items\":7")));
    assertThat(streams.named(ID).orElseThrow().state()).isEqualTo(State.FAILED);
    assertThat(streams.named("answers.2").orElseThrow().state()).isEqualTo(State.COMPLETED);
  }

  @Test
  void oneWhoseStartIsGoneIsReadFromWhatIsLeftAfterARestart() throws Exception {
    start(file());
    await(
        streams.named(
            ID, Source.of(items(50)), StreamOptions.defaults().keepItems(5).dropOldest()));
    running.remove(node);
    node.close();
    start(file("log.events", "20"));

    FakeSink sink = FakeSink.instant();
    streams.watch(sink, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(names(sink)).contains("starcast-end");
    assertThat(sink.data()).contains("t48", "t49").doesNotContain("t0");
  }

  @Test
  void theHistoriesOfTopicsAreThereAfterARestartHoweverMuchElseWasPublished() throws Exception {
    Path log = temp.resolve("log");
    String[] file = file("log.events", "2000", "log.topics.\"orders\".events", "5");
    start(file);
    for (int i = 0; i < 10; i++) {
      node.broadcaster().publish("chat", "m" + i);
      node.broadcaster().publish("orders", "o" + i);
    }
    String id = node.broadcaster().lastEventId();
    await(streams.named(ID, Source.of(items(300)), StreamOptions.defaults()));
    for (int i = 2; i < 12; i++) {
      await(streams.named("answers." + i, Source.of(items(500)), StreamOptions.defaults()));
      String end = "{\"stream\":\"answers." + i + "\",\"outcome\"";
      Awaitility.await().atMost(PATIENCE).until(() -> text(log).contains(end));
    }
    // the segment that they were in
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> Files.notExists(log.resolve("events-0000000000000000001.log")));

    for (int restart = 0; restart < 2; restart++) {
      running.remove(node);
      node.close();
      start(file);

      FakeSink first = FakeSink.instant();
      streams.watch(first, ID).whenClosed().toCompletableFuture().get(30, TimeUnit.SECONDS);
      assertThat(first.data()).hasSize(302).containsSubsequence("t0", "t150", "t299");
      assertThat(names(first)).doesNotContain("starcast-gap");
      NamedViewer chat = new NamedViewer("chat").connect(node.broadcaster());
      List<String> said = new ArrayList<>(IntStream.range(0, 10).mapToObj(i -> "m" + i).toList());
      said.addAll(Collections.nCopies(restart, "after"));
      awaitSeen(chat, said);
      NamedViewer orders = new NamedViewer("orders").connect(node.broadcaster());
      awaitSeen(orders, List.of("o5", "o6", "o7", "o8", "o9"));
      assertThat(node.broadcaster().history("chat", 99)).hasSize(10 + restart);
      FakeSink back = FakeSink.instant();
      node.broadcaster().register(back, Subscription.to("chat").resumeFrom(id));
      node.broadcaster().publish("chat", "after");
      Awaitility.await().atMost(PATIENCE).until(() -> back.data().contains("after"));
      assertThat(names(back)).doesNotContain("starcast-gap");
      assertThat(streams.named(ID).orElseThrow().state()).isEqualTo(State.COMPLETED);
      assertThat(streams.named(ID).orElseThrow().items()).isEqualTo(300);
    }
  }

  @Test
  void whatTheFileOfTheLogLacksComesFromTheHistoryOfItsTopic() throws Exception {
    Path log = temp.resolve("log");
    String[] file = file("log.events", "4000", "log.topics.\"orders\".events", "4000");
    start(file);
    List<String> all = items(3_500);
    all.forEach(item -> node.broadcaster().publish("orders", item));
    running.remove(node);
    node.close();
    try (Stream<Path> files = Files.list(log)) {
      // one in the midst
      List<Path> segments =
          files
              .filter(each -> each.getFileName().toString().startsWith("events-"))
              .sorted()
              .toList();
      assertThat(segments).hasSizeGreaterThan(2);
      Files.write(segments.get(1), new byte[] {1, 2, 3});
    }

    start(file);

    awaitSeen(new NamedViewer("ord*").connect(node.broadcaster()), all);
  }

  @Test
  void whatACrashCutOffHasFailedAfterTheRestart() throws Exception {
    Path log = temp.resolve("log");
    start("log.store", "file", "log.directory", log.toString(), "log.sync", "PT0S");
    Manual manual = new Manual();
    streams.named(ID, manual.source(), StreamOptions.defaults());
    manual.emit(0, 7);
    Awaitility.await().atMost(PATIENCE).until(() -> streams.named(ID).orElseThrow().items() == 7);
    Awaitility.await().atMost(PATIENCE).until(() -> text(log).contains("t6"));
    // what a process leaves that is killed
    Path left = temp.resolve("left");
    Files.createDirectory(left);
    try (Stream<Path> files = Files.list(log)) {
      for (Path file : files.toList()) {
        Files.copy(file, left.resolve(file.getFileName()));
      }
    }

    start("log.store", "file", "log.directory", left.toString());

    NamedViewer viewer = new NamedViewer(ID).connect(node.broadcaster());
    List<String> all = all(items(7), end("\"outcome\":\"failed\",\"reason\":\"lost\""));
    // and that something may have been lost in the crash
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(viewer.seen())
                    .filteredOn(event -> !event.startsWith("starcast-gap="))
                    .isEqualTo(all));
    assertThat(streams.named(ID).orElseThrow().state()).isEqualTo(State.FAILED);
  }

  private static String text(Path folder) throws IOException {
    StringBuilder text = new StringBuilder();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        text.append(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return text.toString();
  }
}
