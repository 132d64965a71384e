package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.PublishResult;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.backplane.Answering;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.internal.security.Grant;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;
import org.starcast.testing.ReceivedEvent;

/** Nodes that share a backplane, whose log is longer than theirs. */
@ExtendWith(ResponseRuntime.class)
class SharedLogTest {

  private static final String[] SHORT = {"log.events", "16", "log.age", "PT0S"};

  private final MemoryStream shared = new MemoryStream();

  private EngineFixture node(String... settings) {
    return node(shared.node(), settings);
  }

  private static EngineFixture node(Backplane backplane, String... settings) {
    List<String> all = new ArrayList<>(List.of(SHORT));
    all.addAll(List.of(settings));
    return new EngineFixture(backplane, all.toArray(String[]::new));
  }

  private static String[] numbers(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(Integer::toString).toArray(String[]::new);
  }

  private static void publish(EngineFixture fixture, int from, int to) {
    for (String number : numbers(from, to)) {
      fixture.publish("a", number);
    }
  }

  private static Subscription from(String id) {
    return Subscription.to("a").resumeFrom(id);
  }

  private static List<String> names(Stream stream) {
    return stream.writer().events().stream().map(ReceivedEvent::event).toList();
  }

  @Test
  void whatOneNodePublishesTheClientsOfAllGetInTheSameOrder() {
    try (EngineFixture one = node();
        EngineFixture two = node()) {
      Stream here = one.connect(Subscription.to("a"));
      Stream there = two.connect(Subscription.to("*"));
      for (int i = 1; i <= 10; i++) {
        (i % 2 == 0 ? one : two).publish("a", "" + i);
      }
      here.awaitData(numbers(1, 10));
      there.awaitData(numbers(1, 10));
      assertThat(here.writer().events()).isEqualTo(there.writer().events());
    }
  }

  @Test
  void anEventOfAnotherNodeReplacesTheOneOfItsKeyThatWaits() {
    try (EngineFixture here = node();
        EngineFixture other = node()) {
      Subscription subscription = Subscription.to("a").overflow(Overflow.COALESCE);
      Stream stalled = here.connect(subscription).plug();
      for (String data : List.of("1", "2", "3")) {
        other.publish(SseMessage.builder().topic("a").coalesce("k").data(data));
      }
      stalled.unplug();
      stalled.awaitData("plug", "3");
    }
  }

  @Test
  void theBackplaneHasToKeepTheLatestOfRetainedTopicsAndNoHistories() {
    try (EngineFixture node =
        node("log.topics.\"chat.*\".events", "5", "log.retain.\"price.*\"", "latest")) {
      for (String topic : List.of("chat.a", "price.a", "chat.b", "price.a", "chat.a", "price.b")) {
        node.publish(topic, "x");
      }
      assertThat(node.engine().order().states())
          .extracting(StoredEvent::sequence)
          .containsExactly(4L, 6L);
    }
  }

  @Test
  void theResultSaysWhenItIsStored() {
    try (EngineFixture node = node()) {
      PublishResult result = node.publish("a", "1");
      assertThat(result.id()).isEmpty();
      assertThat(result.stored().toCompletableFuture()).isCompletedWithValue("e1-1");
    }
    try (EngineFixture alone = new EngineFixture()) {
      PublishResult result = alone.publish("a", "1");
      assertThat(result.stored().toCompletableFuture()).isCompletedWithValue(result.id());
    }
  }

  @Test
  void whatIsOlderThanTheNodesLogIsReadOnceForAllWhoAskForIt() {
    try (EngineFixture node = node()) {
      publish(node, 1, 1000);
      List<Stream> streams = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        streams.add(node.connect(from("e1-100")));
      }
      publish(node, 1001, 1010);
      for (Stream stream : streams) {
        stream.awaitData(numbers(101, 1010));
        assertThat(names(stream)).containsOnly("message");
      }
      // 884 events, at most 100 for each read and 256 for each page
      assertThat(shared.reads()).isBetween(9, 20);
    }
  }

  @Test
  void theEarliestIsThatOfTheStream() {
    try (EngineFixture node = node()) {
      publish(node, 1, 300);
      node.connect(from(Subscription.EARLIEST)).awaitData(numbers(1, 300));
    }
    try (EngineFixture node = node("backplane.replay-events", "100")) {
      publish(node, 301, 400);
      node.connect(from(Subscription.EARLIEST)).awaitData(numbers(301, 400));
    }
  }

  @Test
  void whoAsksForMoreThanIsReadBackIsToldOfTheGap() {
    try (EngineFixture node = node("backplane.replay-events", "100")) {
      publish(node, 1, 300);
      Stream stream = node.connect(from("e1-199"));
      stream.awaitIdle();
      assertThat(names(stream)).startsWith("starcast-gap");
      assertThat(stream.writer().data()).endsWith(numbers(285, 300));
      node.connect(from("e1-200")).awaitData(numbers(201, 300));
    }
  }

  @Test
  void whoWaitsForAPageTakesNoTurnsAndMissesNothing() {
    try (EngineFixture node = node()) {
      publish(node, 1, 100);
      shared.holdReads();
      Stream stream = node.connect(from("e1-10"));
      EngineFixture.until(() -> shared.reads() == 1);
      publish(node, 101, 150);
      assertThat(stream.client().send("direct")).isTrue();
      stream.awaitData("direct");
      shared.release();
      List<String> expected = new ArrayList<>(List.of("direct"));
      expected.addAll(List.of(numbers(11, 150)));
      stream.awaitData(expected.toArray(String[]::new));
    }
  }

  @Test
  void whoFallsBehindTheNodesLogGoesOnWithTheStream() {
    try (EngineFixture node = node()) {
      Stream stream = node.connect(Subscription.to("a").queue(4, 1024)).plug();
      publish(node, 1, 500);
      stream.unplug();
      List<String> expected = new ArrayList<>(List.of("plug"));
      expected.addAll(List.of(numbers(1, 500)));
      stream.awaitData(expected.toArray(String[]::new));
      assertThat(node.engine().statisticsSnapshot().get(Metric.GAPS)).isZero();
    }
  }

  @Test
  void whoseEventsCannotBeReadIsClosedToComeBack() {
    try (EngineFixture node = node()) {
      publish(node, 1, 100);
      shared.failReads(new BackplaneException("away", false, null));
      Stream stream = node.connect(from("e1-10"), Grant.ALL);
      stream.awaitClosed();
      assertThat(stream.client().closeReason()).contains(CloseReason.BACKPLANE);
      shared.failReads(null);
      node.connect(from("e1-10")).awaitData(numbers(11, 100));
    }
  }

  @Test
  void whatIsDroppedWhileItIsReadIsAGap() {
    try (EngineFixture node = node()) {
      publish(node, 1, 300);
      shared.holdReads();
      Stream stream = node.connect(from("e1-10"));
      EngineFixture.until(() -> shared.reads() == 1);
      shared.drop(120);
      shared.release();
      stream.awaitIdle();
      EngineFixture.until(() -> stream.writer().data().size() == 181);
      assertThat(names(stream)).startsWith("starcast-gap").containsOnlyOnce("starcast-gap");
      assertThat(stream.writer().data()).endsWith(numbers(121, 300));
    }
  }

  @Test
  void whatANodeNeverReceivedIsAGapForItsClients() {
    MemoryStream.Node backplane = shared.node();
    try (EngineFixture behind = node(backplane);
        EngineFixture other = node()) {
      Stream stream = behind.connect(Subscription.to("a"));
      publish(other, 1, 3);
      stream.awaitData("1", "2", "3");
      backplane.lag(true);
      publish(other, 4, 9);
      int missed = behind.commandsMissed();
      shared.drop(6);
      backplane.lag(false);
      publish(other, 10, 10);
      // control messages may have been among them
      assertThat(behind.commandsMissed()).isEqualTo(missed + 1);
      // it may be told before there is a next event
      EngineFixture.until(() -> stream.writer().data().size() == 8);
      assertThat(names(stream)).containsOnlyOnce("starcast-gap");
      assertThat(names(stream).indexOf("starcast-gap")).isEqualTo(3);
      assertThat(stream.writer().data()).startsWith("1", "2", "3").endsWith("7", "8", "9", "10");
      // and who comes back with what it had before is told so as well
      behind.connect(from("e1-4")).awaitData("{\"next\":\"e1-7\"}", "7", "8", "9", "10");
    }
  }

  @Test
  void whoComesFromANodeThatWasAheadGetsNothingTwice() {
    MemoryStream.Node backplane = shared.node();
    try (EngineFixture behind = node(backplane);
        EngineFixture ahead = node()) {
      publish(ahead, 1, 3);
      backplane.lag(true);
      publish(ahead, 4, 9);
      Stream stream = behind.connect(from("e1-7"));
      stream.awaitIdle();
      backplane.lag(false);
      publish(ahead, 10, 12);
      stream.awaitData("8", "9", "10", "11", "12");
      assertThat(names(stream)).containsOnly("message");
    }
  }

  @Test
  void whoComesWithAnIdThatNobodyGaveIsToldAndHearsAllFromNowOn() {
    try (EngineFixture node = node()) {
      publish(node, 1, 3);
      Stream stream = node.connect(from("e1-50"));
      stream.awaitIdle();
      assertThat(names(stream)).startsWith("starcast-gap");
      publish(node, 4, 5);
      EngineFixture.until(() -> stream.writer().data().contains("5"));
      assertThat(stream.writer().data()).endsWith("1", "2", "3", "4", "5");
    }
  }

  @Test
  void anIdThatNobodyGaveIsKnownOnceItIsGiven() {
    MemoryStream.Node backplane = shared.node();
    try (EngineFixture behind = node(backplane);
        EngineFixture ahead = node()) {
      publish(ahead, 1, 3);
      Stream early = behind.connect(from("e1-7"));
      early.awaitIdle();
      assertThat(names(early)).startsWith("starcast-gap");
      backplane.lag(true);
      publish(ahead, 4, 9);
      Stream stream = behind.connect(from("e1-7"));
      stream.awaitIdle();
      backplane.lag(false);
      stream.awaitData("8", "9");
      assertThat(names(stream)).containsOnly("message");
    }
  }

  @Test
  void anOrderThatBeginsAnewIsAGapForAll() {
    try (EngineFixture node = node()) {
      publish(node, 1, 100);
      Stream level = node.connect(Subscription.to("a"));
      Stream stalled = node.connect(Subscription.to("a").queue(2, 1024)).plug();
      publish(node, 101, 110);
      level.awaitData(numbers(101, 110));
      shared.holdReads();
      Stream reading = node.connect(from("e1-10"));
      EngineFixture.until(() -> shared.reads() == 1);

      int missed = node.commandsMissed();
      shared.restart("e2");
      assertThat(node.commandsMissed()).isEqualTo(missed + 1);
      publish(node, 1, 2);
      shared.release();
      stalled.unplug();

      EngineFixture.until(() -> reading.writer().data().contains("2"));
      EngineFixture.until(() -> stalled.writer().data().contains("2"));
      for (Stream stream : List.of(reading, stalled)) {
        assertThat(stream.writer().data()).endsWith("1", "2");
        assertThat(names(stream)).containsOnlyOnce("starcast-gap");
      }
      EngineFixture.until(() -> level.writer().data().size() == 13);
      assertThat(level.writer().data()).endsWith("1", "2");
      assertThat(names(level)).containsOnlyOnce("starcast-gap");
      assertThat(level.writer().events().get(12).lastEventId()).isEqualTo("e2-2");
      assertThat(node.engine().lastEventId()).isEqualTo("e2-2");

      // who was away, too
      Stream back = node.connect(from("e1-100"));
      back.awaitData("{\"next\":\"e2-1\"}", "1", "2");
    }
  }

  @Test
  void aPublicationThatFailsAtOnceThrowsAndLaterIsReported() {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    List<CompletableFuture<Long>> answers =
        new ArrayList<>(
            List.of(
                CompletableFuture.failedFuture(new BackplaneException("full", false, null)),
                answer));
    try (EngineFixture node =
        node(
            new Answering(shared.node()) {
              @Override
              public CompletableFuture<Long> append(OutgoingEvent envelope) {
                return answers.remove(0);
              }
            })) {
      assertThatThrownBy(() -> node.publish("a", "1"))
          .isInstanceOf(BackplaneException.class)
          .hasMessage("full");
      PublishResult result = node.publish("a", "2");
      assertThat(node.unpublished()).isEmpty();
      answer.completeExceptionally(new BackplaneException("timeout", true, null));
      EngineFixture.until(() -> node.unpublished().size() == 1);
      assertThat(node.unpublished().get(0)).isInstanceOf(BackplaneException.class);
      assertThat(result.stored().toCompletableFuture()).isCompletedExceptionally();
    }
  }

  @Test
  void aNodeThatHasNotReachedItsBackplaneTakesNoClients() throws Exception {
    CompletableFuture<Void> reached = new CompletableFuture<>();
    MemoryStream.Node backplane = shared.node();
    try (EngineFixture node =
        node(
            new Answering(backplane) {
              @Override
              public CompletableFuture<Void> start(Receiver receiver, ThreadFactory threads) {
                return reached.thenCompose(
                    begin -> super.start(receiver, threads).toCompletableFuture());
              }
            },
            "backplane.start-timeout",
            "PT0S")) {
      assertThatThrownBy(() -> node.connect(Subscription.to("a")))
          .isInstanceOfSatisfying(
              RefusedException.class, e -> assertThat(e.getResponse().getStatus()).isEqualTo(503));
      assertThat(node.engine().lastEventId()).isEmpty();
      reached.complete(null);
      Stream stream = node.connect(Subscription.to("a"));
      node.publish("a", "1");
      stream.awaitData("1");
      assertThat(stream.client().state()).isEqualTo(SseClient.State.OPEN);
    }
  }

  @Test
  void aBackplaneThatCanNeverWorkFailsTheStart() {
    assertThatThrownBy(
            () ->
                node(
                    new Answering(shared.node()) {
                      @Override
                      public CompletableFuture<Void> start(
                          Receiver receiver, ThreadFactory threads) {
                        return CompletableFuture.failedFuture(
                            new IllegalArgumentException("starcast.backplane.some: key"));
                      }
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("starcast.backplane.some: key");
  }

  @Test
  void theLocalBackplaneHasNothingToRead() {
    LocalBackplane local = new LocalBackplane(StarcastConfig.defaults());
    assertThat(local.oldest()).isEqualTo(Long.MAX_VALUE);
    assertThat(local.read(1, 10).toCompletableFuture()).isCompletedWithValue(List.of());
    assertThat(local.isShared()).isFalse();
  }

  @Test
  void aChangedSubscriptionHoldsWhileTheClientReadsPages() {
    try (EngineFixture node = node()) {
      Stream stream = node.connect(Subscription.to("a").queue(1, 1 << 20)).plug();
      publish(node, 1, 10);
      stream.client().subscribe("b");
      stream.client().unsubscribe("a");
      for (int i = 11; i <= 50; i++) {
        node.publish("a", "not any more");
        node.publish("b", "" + i);
      }
      stream.unplug();
      List<String> expected = new ArrayList<>(List.of("plug"));
      expected.addAll(List.of(numbers(1, 50)));
      stream.awaitData(expected.toArray(String[]::new));
      assertThat(node.engine().statisticsSnapshot().get(Metric.MISSED)).isZero();
    }
  }

  @Test
  void whoTakesNothingHoldsNoPage() {
    try (EngineFixture node = node("batch-bytes", "1024")) {
      publish(node, 1, 300);
      Stream stream = node.connect(from("e1-10"), 200);
      EngineFixture.until(stream.writer()::blocked);
      int before = shared.reads();
      stream.unplug().awaitData(numbers(11, 300));
      // the cache has it still
      assertThat(shared.reads() - before).isLessThanOrEqualTo(3);
    }
  }

  @Test
  void fewPagesAreReadAtOnceHoweverManyComeBack() {
    try (EngineFixture node = node()) {
      publish(node, 1, 20_000);
      shared.holdReads();
      List<Stream> streams = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        streams.add(node.connect(from("e1-" + (15_000 - i * 256))));
      }
      EngineFixture.until(() -> shared.reads() == ReplayCache.MAX_READS);
      streams.forEach(stream -> stream.client().send("direct"));
      for (Stream stream : streams) {
        stream.awaitData("direct");
      }
      assertThat(shared.reads()).isEqualTo(ReplayCache.MAX_READS);
      shared.release();
      for (int i = 0; i < 50; i++) {
        int missing = 20_000 - (15_000 - i * 256);
        Stream stream = streams.get(i);
        EngineFixture.until(() -> stream.writer().data().size() == missing + 1);
      }
    }
  }

  @Test
  void whoRegistersWhileAnotherOrderBeginsFollowsIt() {
    MemoryStream shared = new MemoryStream();
    AtomicReference<Runnable> meanwhile = new AtomicReference<>();
    class Intercepting extends Answering {
      Intercepting() {
        super(shared.node());
      }

      @Override
      public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
        return super.start(
            new Receiver() {
              @Override
              public void began(String epoch, long after, List<? extends StoredEvent> states) {
                List<StoredEvent> slow =
                    new ArrayList<>(states) {
                      private static final long serialVersionUID = 1;

                      @Override
                      public java.util.stream.Stream<StoredEvent> stream() {
                        Runnable r = meanwhile.get();
                        if (r != null) {
                          r.run();
                        }
                        return super.stream();
                      }
                    };
                receiver.began(epoch, after, slow);
              }

              @Override
              public void received(StoredEvent event, OutgoingEvent envelope) {
                receiver.received(event, envelope);
              }

              @Override
              public void missed(long upTo) {
                receiver.missed(upTo);
              }

              @Override
              public void commanded(long sequence, String type, byte[] body) {
                receiver.commanded(sequence, type, body);
              }

              @Override
              public List<? extends StoredEvent> states() {
                return receiver.states();
              }
            },
            threads);
      }
    }
    try (EngineFixture fixture = new EngineFixture(new Intercepting())) {
      fixture.publish("a", "old");
      AtomicReference<Stream> made = new AtomicReference<>();
      meanwhile.set(
          () -> {
            // another thread: no lock keeps it from registering
            Thread request =
                new Thread(
                    () -> made.set(fixture.connecting(Subscription.to("a"), MemoryWriter.OPEN)));
            request.start();
            // it has got as far as it can
            EngineFixture.until(
                () -> made.get() != null || request.getState() == Thread.State.WAITING);
          });
      shared.restart("e2");
      EngineFixture.until(() -> made.get() != null);
      Stream stream = made.get();
      stream.writer().start();
      fixture.publish("a", "new");
      EngineFixture.until(() -> stream.writer().data().contains("new"));
    }
  }

  @Test
  void aNodeThatIsBehindTakesNoIdBack() {
    MemoryStream shared = new MemoryStream();
    MemoryStream.Node backplane = shared.node();
    try (EngineFixture behind = new EngineFixture(backplane, "heartbeat", "PT1S");
        EngineFixture ahead = new EngineFixture(shared.node())) {
      ahead.publish("a", "1");
      backplane.lag(true);
      for (int i = 2; i <= 10; i++) {
        ahead.publish("a", "" + i);
      }
      Stream stream = behind.connect(Subscription.to("a").resumeFrom("e1-10")).awaitIdle();
      EngineFixture.until(
          () -> {
            stream.client().onTime(System.nanoTime() + Duration.ofMinutes(1).toNanos());
            return behind.engine().statisticsSnapshot().get(Metric.HEARTBEATS) > 0;
          });
      stream.awaitIdle();
      assertThat(stream.text()).doesNotContain("id: e1-1\n");
    }
  }

  @Test
  void whoHasWhatTheNodeMissesIsToldOfNoGap() {
    MemoryStream shared = new MemoryStream();
    MemoryStream.Node backplane = shared.node();
    try (EngineFixture behind = new EngineFixture(backplane);
        EngineFixture ahead = new EngineFixture(shared.node())) {
      ahead.publish("a", "1");
      backplane.lag(true);
      for (int i = 2; i <= 10; i++) {
        ahead.publish("a", "" + i);
      }
      Stream stream = behind.connect(Subscription.to("a").resumeFrom("e1-10")).awaitIdle();
      shared.drop(5);
      backplane.lag(false);
      ahead.publish("a", "11");
      EngineFixture.until(() -> stream.writer().data().contains("11"));
      assertThat(stream.writer().data()).containsExactly("11");
    }
  }
}
