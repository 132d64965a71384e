package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.starcast.FakeSink;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.engine.SteppedEngine.Viewer;
import org.starcast.testing.ReceivedEvent;

/** What one cycle of a drain thread does for a client, and what it leaves for the next. */
class ClientCycleTest {

  /** A message of which two fit into a batch of 1,024 bytes, and three do not. */
  private static final String LONG = "x".repeat(380);

  private static final String[] SMALL_BATCHES = {"batch-bytes", "1024"};

  /** Has the connection take nothing more, with one message on its way. */
  private static Viewer plug(SteppedEngine engine, Viewer viewer) {
    viewer.writer().stall();
    assertThat(viewer.client().send(SseMessage.of("plug"))).isTrue();
    assertThat(engine.run()).isEqualTo(1);
    assertThat(viewer.client().status()).isEqualTo(WriteStatus.BLOCKED);
    return viewer;
  }

  private static ReceivedEvent last(Viewer viewer) {
    List<ReceivedEvent> events = viewer.writer().events();
    return events.get(events.size() - 1);
  }

  @Test
  void whatIsQueuedIsOneWrite() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      int writes = viewer.writer().writes();
      long sent = viewer.client().sent();
      assertThat(engine.count(Metric.WRITES)).isEqualTo(writes);
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.IDLE);

      engine.publish("a", 1, 3);
      assertThat(engine.run()).isEqualTo(1);

      assertThat(viewer.data()).containsExactly("1", "2", "3");
      assertThat(viewer.writer().writes()).isEqualTo(writes + 1);
      assertThat(viewer.client().sent()).isEqualTo(sent + 3);
      assertThat(viewer.client().queuedBytes()).isZero();
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.IDLE);
      assertThat(engine.count(Metric.WRITES)).isEqualTo(writes + 1);
      assertThat(engine.count(Metric.WRITTEN)).isEqualTo(sent + 3);
      assertThat(engine.count(Metric.DELIVERED)).isEqualTo(3);
      assertThat(engine.count(Metric.BYTES)).isEqualTo(viewer.writer().size());
    }
  }

  @Test
  void theGreetingAndWhatFollowsItAreOneWrite() {
    try (SteppedEngine engine = new SteppedEngine("log.events", "0")) {
      Viewer viewer = engine.connecting(Subscription.to("a"), MemoryWriter.OPEN);
      engine.publish("a", 1, 2);
      viewer.writer().start();
      assertThat(engine.run()).isEqualTo(1);
      assertThat(viewer.writer().writes()).isEqualTo(1);
      assertThat(viewer.data()).containsExactly("1", "2");
    }
  }

  @Test
  void whoReadsTheLogGetsAllThatIsQueuedForItFirst() {
    try (SteppedEngine engine = new SteppedEngine(SMALL_BATCHES)) {
      Subscription three = Subscription.to("a").queue(3, 1 << 20).overflow(Overflow.DROP_OLDEST);
      Viewer viewer = engine.connecting(three, MemoryWriter.OPEN);
      engine.publish("a", "event");
      for (int i = 1; i <= 5; i++) {
        viewer.client().send(SseMessage.of(i + LONG));
      }
      viewer.writer().start();
      engine.run();
      assertThat(viewer.data().stream().map(data -> data.replace("x", "")))
          .satisfiesExactly(
              gap -> assertThat(gap).contains("\"missed\":2"),
              third -> assertThat(third).isEqualTo("3"),
              fourth -> assertThat(fourth).isEqualTo("4"),
              fifth -> assertThat(fifth).isEqualTo("5"),
              event -> assertThat(event).isEqualTo("event"));
    }
  }

  @Test
  void whatDoesNotFitIsForTheNextCycle() {
    try (SteppedEngine engine = new SteppedEngine(SMALL_BATCHES)) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      for (int i = 0; i < 5; i++) {
        engine.publish("a", i + LONG);
      }
      for (int arrived : new int[] {2, 4, 5}) {
        assertThat(engine.cycle()).isTrue();
        assertThat(viewer.data()).hasSize(arrived);
      }
      assertThat(engine.cycle()).isFalse();
    }
  }

  @Test
  void whoIsWokenForNothingWritesNothing() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      int writes = viewer.writer().writes();
      viewer.client().wakeUp();
      assertThat(engine.run()).isEqualTo(1);
      assertThat(viewer.writer().writes()).isEqualTo(writes);
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.IDLE);
    }
  }

  @Test
  void theGreetingComesFirstAndBehindItWhatWasMissedMeanwhile() {
    try (SteppedEngine engine = new SteppedEngine("log.events", "0")) {
      Subscription two = Subscription.to("a").queue(2, 1 << 20).overflow(Overflow.DROP_OLDEST);
      Viewer viewer = engine.connecting(two, MemoryWriter.OPEN);
      engine.publish("a", 1, 5);
      viewer.writer().start();

      assertThat(engine.cycle()).isTrue();
      assertThat(viewer.text()).startsWith("retry:");
      assertThat(viewer.data()).isEmpty();
      assertThat(engine.run()).isEqualTo(1);
      assertThat(viewer.names()).containsExactly("starcast-gap", "message", "message");
      assertThat(viewer.data().get(0)).contains("\"missed\":3");
      assertThat(viewer.data()).endsWith("4", "5");
      assertThat(engine.count(Metric.GAPS)).isEqualTo(1);
    }
  }

  @Test
  void aGapLeadsToWhatFollowsItAndIsToldOnce() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Subscription two = Subscription.to("a").queue(2, 1 << 20).overflow(Overflow.DROP_OLDEST);
      Viewer viewer = plug(engine, engine.connect(two));
      PublishResult third = null;
      for (int i = 1; i <= 5; i++) {
        PublishResult published = engine.publish("a", i);
        third = i == 3 ? published : third;
      }
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();

      assertThat(viewer.names()).containsExactly("message", "starcast-gap", "message", "message");
      ReceivedEvent gap = viewer.writer().events().get(1);
      ReceivedEvent following = viewer.writer().events().get(2);
      assertThat(gap.data())
          .isEqualTo("{\"next\":\"" + following.lastEventId() + "\",\"missed\":3}");
      assertThat(gap.lastEventId()).isEqualTo(third.id());
      engine.publish("a", 6);
      engine.run();
      assertThat(viewer.names()).containsOnlyOnce("starcast-gap");
      assertThat(engine.count(Metric.GAPS)).isEqualTo(1);
    }
  }

  /** What is dropped while it is made is a gap of its own, and only the last one has an id. */
  @Test
  void whatComesBehindAGapIsWaitedForWithoutACycleAndCoversWhatWasMissedBefore() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Subscription two =
          Subscription.to("a")
              .queue(2, 1 << 20)
              .overflow(Overflow.DROP_OLDEST)
              .onGap(() -> SseMessage.of("state"));
      Viewer viewer = plug(engine, engine.connect(two));
      engine.publish("a", 1, 5);
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();
      assertThat(viewer.data()).containsExactly("plug");
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.IDLE);

      engine.publish("a", 6, 7);
      assertThat(engine.run()).as("it looks, and waits on").isEqualTo(1);
      assertThat(viewer.data()).containsExactly("plug");
      engine.runTasks();
      assertThat(engine.run()).as("the first gap, and the next one's wait").isEqualTo(2);
      assertThat(viewer.names()).containsExactly("message", "starcast-gap", "message");
      assertThat(viewer.data().get(1)).endsWith("\"missed\":3}");
      String before = viewer.writer().events().get(0).lastEventId();
      assertThat(viewer.writer().events().get(1).lastEventId()).as("no other").isEqualTo(before);
      assertThat(viewer.data().get(2)).isEqualTo("state");

      engine.runTasks();
      assertThat(engine.run()).isEqualTo(1);
      assertThat(viewer.data().subList(3, 7))
          .satisfies(rest -> assertThat(rest.get(0)).endsWith("\"missed\":2}"))
          .endsWith("state", "6", "7");
      assertThat(viewer.writer().events().get(3).lastEventId()).endsWith("-5");
      assertThat(engine.count(Metric.GAPS)).isEqualTo(2);
    }
  }

  @Test
  void aWriterThatTakesNoMoreIsLeftAloneUntilItDoes() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      Client client = viewer.client();
      viewer.writer().stall();
      engine.publish("a", "first");
      long held = client.queuedBytes();
      long before = client.lastWrite();
      assertThat(engine.run()).isEqualTo(1);
      assertThat(client.status()).isEqualTo(WriteStatus.BLOCKED);
      assertThat(client.queued()).isZero();
      assertThat(client.queuedBytes()).as("what the writer has").isEqualTo(held);
      assertThat(client.lastWrite()).isGreaterThan(before);
      assertThat(engine.count(Metric.DELIVERED)).isEqualTo(1);
      assertThat(engine.engine().statisticsSnapshot().latency().count()).isZero();

      engine.publish("a", "second");
      assertThat(engine.run()).isZero();
      long written = client.lastWrite();
      viewer.writer().grant(5);
      assertThat(engine.run()).isEqualTo(1);
      assertThat(client.status()).isEqualTo(WriteStatus.BLOCKED);
      assertThat(client.lastWrite()).as("some is no write").isEqualTo(written);
      assertThat(client.queuedBytes()).isGreaterThan(held);
      assertThat(engine.engine().statisticsSnapshot().latency().count()).isZero();

      viewer.writer().grant(MemoryWriter.OPEN);
      assertThat(engine.cycle()).isTrue();
      assertThat(client.lastWrite()).isGreaterThan(written);
      assertThat(engine.engine().statisticsSnapshot().latency().count()).isEqualTo(1);
      assertThat(engine.run()).isEqualTo(1);
      assertThat(viewer.data()).containsExactly("first", "second");
      assertThat(client.queuedBytes()).isZero();
      assertThat(client.status()).isEqualTo(WriteStatus.IDLE);
      assertThat(engine.engine().statisticsSnapshot().latency().count()).isEqualTo(2);
      assertThat(engine.engine().statisticsSnapshot().latency().sum())
          .isBetween(Duration.ofNanos(1), Duration.ofHours(1));
      assertThat(engine.count(Metric.DELIVERED)).isEqualTo(2);
    }
  }

  @Test
  void aWriterThatTakesMoreBeforeItHasReturnedIsAskedAgain() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      viewer.writer().stall();
      viewer.writer().signalWithinWrite();
      engine.publish("a", 1, 2);
      assertThat(engine.run()).isEqualTo(2);
      assertThat(viewer.data()).containsExactly("1", "2");
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.IDLE);
    }
  }

  @Test
  void whatAFailedWriteHadIsDiscardedAndTheStreamEnds() {
    try (SteppedEngine engine = new SteppedEngine();
        LogCapture log = new LogCapture("org.starcast.internal.engine")) {
      Viewer gone = engine.connect(Subscription.to("a"));
      Viewer failed = engine.connect(Subscription.to("b"));
      int said = log.records().size();
      gone.writer().fail(new IOException("broken pipe"));
      failed.writer().fail(new IllegalStateException("expected by the test"));

      engine.publish("a", 1, 2);
      assertThat(engine.cycle()).isTrue();
      assertThat(gone.client().closeReason()).contains(CloseReason.CLIENT_GONE);
      assertThat(gone.writer().ended()).isFalse();
      assertThat(engine.count(Metric.DISCARDED)).isEqualTo(2);
      assertThat(engine.run()).isEqualTo(1);
      assertThat(gone.writer().aborted()).isTrue();
      assertThat(log.records()).hasSize(said);

      engine.publish("b", 1, 1);
      assertThat(engine.run()).isEqualTo(2);
      assertThat(failed.client().closeReason()).contains(CloseReason.ERROR);
      assertThat(failed.writer().aborted()).isTrue();
      assertThat(engine.count(Metric.DISCARDED)).isEqualTo(3);
      assertThat(engine.count(Metric.DELIVERED)).isZero();
      assertThat(log.records()).hasSize(said + 1);
    }
  }

  @Test
  void aStreamEndsWhenAllHasBeenWritten() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = plug(engine, engine.connect(Subscription.to("a")));
      engine.publish("a", 1, 2);
      viewer.client().close();
      assertThat(engine.run()).isZero();
      viewer.writer().grant(MemoryWriter.OPEN);
      assertThat(engine.run()).as("the rest of one, all others, the end").isEqualTo(3);
      assertThat(viewer.data()).containsExactly("plug", "1", "2");
      assertThat(viewer.writer().ended()).isTrue();
      assertThat(viewer.writer().aborted()).isFalse();
      assertThat(viewer.client().state()).isEqualTo(SseClient.State.CLOSED);
      assertThat(engine.engine().count()).isZero();
      assertThat(engine.engine().statisticsSnapshot().closed())
          .containsEntry(CloseReason.APPLICATION, 1L);
      viewer.client().writable();
      assertThat(engine.run()).isZero();
    }
  }

  @Test
  void anAbortWritesNothingMoreAndRefusesWhatWaits() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = plug(engine, engine.connect(Subscription.to("a").queue(1, 1024)));
      List<CompletableFuture<Boolean>> waiting = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        waiting.add(viewer.client().sendWhenRoom(SseMessage.of("w" + i)).toCompletableFuture());
      }
      viewer.client().abortNow(CloseReason.TIMEOUT);
      assertThat(engine.run()).isEqualTo(1);
      engine.runTasks();
      assertThat(viewer.data()).isEmpty();
      assertThat(viewer.writer().aborted()).isTrue();
      assertThat(viewer.client().heldBytes()).isZero();
      assertThat(engine.engine().count()).isZero();
      assertThat(waiting.subList(1, 3)).allMatch(CompletableFuture::isDone);
      assertThat(waiting.subList(1, 3)).noneMatch(CompletableFuture::join);
    }
  }

  @Test
  void whatWasOfferedAndNotReadIsDiscardedAtTheEnd() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = engine.connecting(Subscription.to("a"), MemoryWriter.OPEN);
      engine.publish("a", 1, 3);
      assertThat(viewer.client().pending()).isEqualTo(3);
      viewer.writer().start();
      viewer.client().abortNow(CloseReason.TIMEOUT);
      engine.run();
      assertThat(engine.count(Metric.DISCARDED)).isEqualTo(3);
      assertThat(viewer.client().pending()).isZero();
    }
  }

  @Test
  void whoWasGivenUpMeanwhileIsLeftAlone() throws Exception {
    try (SteppedEngine engine = new SteppedEngine()) {
      Client client =
          (Client) engine.engine().register(FakeSink.manual(), Subscription.to("a"), null);
      client.writable();
      engine.engine().clients().abandon(client);
      assertThat(engine.run()).isEqualTo(1);
      assertThat(client.state()).isEqualTo(SseClient.State.CLOSED);
      assertThat(engine.engine().count()).isZero();
    }
  }

  @Test
  void whatWaitsForRoomIsQueuedAsSoonAsThereIsSome() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = plug(engine, engine.connect(Subscription.to("a").queue(2, 1 << 20)));
      List<CompletableFuture<Boolean>> waiting = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        waiting.add(viewer.client().sendWhenRoom(SseMessage.of("w" + i)).toCompletableFuture());
      }
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();
      engine.runTasks();
      assertThat(viewer.data()).containsExactly("plug", "w0", "w1", "w2", "w3", "w4");
      assertThat(waiting).allMatch(CompletableFuture::isDone).allMatch(CompletableFuture::join);
    }
  }

  @Test
  void aResponseThatCannotBeEndedDisturbsNobody() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      viewer.writer().fail(new LinkageError("expected by the test"));
      viewer.client().close();
      assertThat(engine.run()).isEqualTo(1);
      assertThat(engine.engine().count()).isZero();
    }
  }

  @Test
  void aClientThatReadsTheLogGetsABatchEachCycle() {
    try (SteppedEngine engine = new SteppedEngine(SMALL_BATCHES)) {
      for (int i = 0; i < 200; i++) {
        engine.publish("a", i % 10 + LONG);
      }
      Viewer viewer =
          engine.connecting(
              Subscription.to("a").resumeFrom(Subscription.EARLIEST), MemoryWriter.OPEN);
      viewer.writer().start();
      assertThat(engine.cycle()).isTrue();
      int before = viewer.data().size();
      assertThat(engine.cycle()).isTrue();
      assertThat(viewer.data()).hasSize(before + 2);
      assertThat(engine.count(Metric.REPLAYED)).isEqualTo(before + 2);
      engine.run();
      assertThat(viewer.data()).hasSize(200);
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.IDLE);
      assertThat(engine.count(Metric.MATCHED)).isZero();
      assertThat(engine.count(Metric.DELIVERED)).isZero();
    }
  }

  @Test
  void whatAClientReadsThatItWasOfferedIsDelivered() {
    try (SteppedEngine engine = new SteppedEngine(SMALL_BATCHES)) {
      Viewer viewer = plug(engine, engine.connect(Subscription.to("a").queue(2, 1 << 20)));
      for (int i = 0; i < 200; i++) {
        engine.publish("a", i % 10 + LONG);
      }
      assertThat(engine.count(Metric.BEHIND)).isEqualTo(1);
      assertThat(viewer.client().pending()).isEqualTo(200);
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();
      assertThat(viewer.data()).hasSize(201);
      assertThat(viewer.client().pending()).isZero();
      assertThat(engine.count(Metric.DELIVERED)).isEqualTo(201);
      assertThat(engine.count(Metric.MATCHED)).isEqualTo(200);
    }
  }

  @Test
  void whoWaitsForAPageTakesNoCyclesAndGetsWhatIsSentToItAlone() {
    MemoryStream stream = new MemoryStream();
    try (SteppedEngine engine = new SteppedEngine(stream.node(), "log.events", "16")) {
      engine.publish("a", 1, 100);
      stream.holdReads();
      Viewer viewer = engine.connect(Subscription.to("a").resumeFrom("e1-10"));
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.IDLE);
      assertThat(viewer.data()).isEmpty();
      assertThat(viewer.client().send(SseMessage.of("direct"))).isTrue();
      engine.run();
      assertThat(viewer.data()).containsExactly("direct");
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.IDLE);
      stream.release();
      engine.run();
      assertThat(viewer.data()).hasSize(91).endsWith("99", "100");
    }
  }

  @Test
  void whoseEventsCannotBeReadIsClosedWithWhatItHad() {
    MemoryStream stream = new MemoryStream();
    try (SteppedEngine engine = new SteppedEngine(stream.node(), "log.events", "16")) {
      engine.publish("a", 1, 100);
      stream.failReads(new IllegalStateException("expected by the test"));
      Viewer viewer =
          engine.connecting(Subscription.to("a").resumeFrom("e1-10"), MemoryWriter.OPEN);
      assertThat(viewer.client().send(SseMessage.of("lost"))).isTrue();
      viewer.writer().start();
      engine.run();
      assertThat(viewer.client().closeReason()).contains(CloseReason.BACKPLANE);
      assertThat(viewer.data()).isEmpty();
      assertThat(engine.count(Metric.DISCARDED)).isEqualTo(1);
      assertThat(viewer.writer().aborted()).isTrue();
      assertThat(engine.engine().count()).isZero();
      stream.failReads(null);
    }
  }

  @Test
  void deliveriesAreTracedOnceForEachWrite() {
    List<Object> begun = new ArrayList<>();
    List<Object> ended = new ArrayList<>();
    Tracing tracing =
        new Tracing() {
          @Override
          public Object publishing(SseMessage message) {
            return "span of " + message.data().orElseThrow();
          }

          @Override
          public void published(Object span, PublishResult result) {}

          @Override
          public Object context(Object span) {
            return "context, " + span;
          }

          @Override
          public boolean deliveries() {
            return true;
          }

          @Override
          public Object delivering(SseClient client, List<Object> published) {
            begun.addAll(published);
            return begun.size();
          }

          @Override
          public void delivered(Object span) {
            ended.add(span);
          }
        };
    try (SteppedEngine engine = new SteppedEngine(null, tracing, new SteppedEngine.Silent())) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      assertThat(ended).isEmpty();
      viewer.writer().stall();
      engine.publish("a", 1, 2);
      engine.run();
      assertThat(begun).containsExactly("context, span of 1", "context, span of 2");
      assertThat(ended).containsExactly(2);
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();
      assertThat(ended).as("the rest of a write is no other").containsExactly(2);
      viewer.writer().fail(new IOException("broken pipe"));
      engine.publish("a", 3, 3);
      engine.run();
      assertThat(ended).containsExactly(2, 3);
    }
  }

  @Test
  void anEventReachesItsReadersOnlyWhenTheyHaveAllBeforeIt() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer viewer = plug(engine, engine.connect(Subscription.to("a")));
      PublishResult first = engine.publish("a", "1");
      assertThat(engine.order().readUpTo("a")).isEqualTo(first.sequence() - 1);
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();
      assertThat(engine.order().readUpTo("a")).isEqualTo(first.sequence());
      assertThat(last(viewer).lastEventId()).isEqualTo(first.id());
    }
  }
}
