package org.starcast.internal.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.engine.SteppedEngine.Viewer;
import org.starcast.spi.StoredEvent;
import org.starcast.testing.ReceivedEvent;

/**
 * How a client reads what it was not there for, phase by phase. That nothing is missing, and
 * nothing doubled, whatever happens, is in the model's hands: {@link ClientModelTest}.
 */
class LogCursorTest {

  /** A message of which two fit into a batch of 1,024 bytes. */
  private static final String LONG = "~".repeat(380);

  /** Where events come from that a client reads. */
  private enum Place {
    LOG,
    TOPICS,
    PAGES
  }

  private final MemoryStream stream = new MemoryStream();

  /** A node whose clients read from there. */
  private SteppedEngine node(Place place, int kept, String... more) {
    List<String> all = new ArrayList<>(List.of(more));
    all.addAll(List.of("log.events", place == Place.LOG ? "" + kept : "16", "log.age", "PT0S"));
    if (place == Place.TOPICS) {
      all.addAll(List.of("log.topics.\"a\".events", "" + kept));
    }
    return new SteppedEngine(stream.node(), all.toArray(String[]::new));
  }

  private SteppedEngine node(Place place, String... more) {
    return node(place, 5_000, more);
  }

  /** A client of a topic that reads on behind this sequence, and has not begun. */
  private static Viewer behind(SteppedEngine engine, Subscription subscription, long sequence) {
    Viewer viewer = engine.connecting(subscription.resumeFrom("e1-" + sequence), MemoryWriter.OPEN);
    viewer.writer().start();
    return viewer;
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(Integer::toString).toList();
  }

  private static String id(Viewer viewer, int event) {
    return viewer.writer().events().get(event).lastEventId();
  }

  /** The numbers that messages of {@link #LONG} begin with. */
  private static List<String> heads(Viewer viewer) {
    return viewer.data().stream().map(data -> data.replace("~", "")).toList();
  }

  private static void publishLong(SteppedEngine engine, int from, int to) {
    numbers(from, to).forEach(number -> engine.publish("a", number + LONG));
  }

  // ---- slices

  @ParameterizedTest
  @EnumSource(Place.class)
  void aCycleLooksAtAThousandEventsAndNoMore(Place place) {
    try (SteppedEngine engine = node(place)) {
      engine.publish("a", 1, 3_000);
      // none of them is for it
      Viewer viewer = behind(engine, Subscription.none().topic("a", "nobody"), 255);
      assertThat(engine.cycle()).isTrue();
      assertThat(viewer.client().cursor.next()).isEqualTo(256 + 1024);
      assertThat(engine.cycle()).isTrue();
      assertThat(viewer.client().cursor.next()).isEqualTo(256 + 2048);
      engine.run();
      assertThat(viewer.client().cursor).as("it is live").isNull();
      assertThat(viewer.data()).isEmpty();
      assertThat(engine.count(Metric.REPLAYED)).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void whatABatchHasNoRoomForIsReadInTheNextCycle(Place place) {
    try (SteppedEngine engine = node(place, "batch-bytes", "1024")) {
      publishLong(engine, 1, 600);
      Viewer viewer = behind(engine, Subscription.to("a"), 10);
      for (int arrived : new int[] {2, 4, 6}) {
        assertThat(engine.cycle()).isTrue();
        assertThat(viewer.data()).hasSize(arrived);
        assertThat(viewer.client().cursor.next()).isEqualTo(11 + arrived);
      }
      engine.run();
      assertThat(heads(viewer)).isEqualTo(numbers(11, 600));
      // the last of them are queued when it goes live
      assertThat(engine.count(Metric.REPLAYED)).isBetween(590 - 64L, 590L);
    }
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void whatIsPublishedMeanwhileIsReadBehindIt(Place place) {
    try (SteppedEngine engine = node(place, "batch-bytes", "1024")) {
      publishLong(engine, 1, 300);
      Viewer viewer = behind(engine, Subscription.to("a"), 10);
      engine.cycle();
      publishLong(engine, 301, 320);
      assertThat(viewer.client().pending()).isEqualTo(20);
      engine.run();
      assertThat(heads(viewer)).isEqualTo(numbers(11, 320));
      assertThat(viewer.client().pending()).isZero();
      assertThat(engine.count(Metric.MATCHED)).isEqualTo(20);
      assertThat(engine.count(Metric.DELIVERED)).isEqualTo(20);
      publishLong(engine, 321, 321);
      engine.run();
      assertThat(heads(viewer)).endsWith("320", "321");
    }
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void whoIsClosedGetsWhatThereWasByThenAndNothingMore(Place place) {
    try (SteppedEngine engine = node(place, "batch-bytes", "1024")) {
      publishLong(engine, 1, 300);
      Viewer viewer = behind(engine, Subscription.to("a"), 9);
      engine.cycle();
      viewer.client().close();
      publishLong(engine, 301, 320);
      engine.run();
      assertThat(heads(viewer)).isEqualTo(numbers(10, 300));
      assertThat(viewer.client().state()).isEqualTo(SseClient.State.CLOSED);
      assertThat(viewer.writer().aborted()).isFalse();
    }
  }

  /** By a later one of before the close, and of what is for it. */
  @Test
  void anEventIsLeftOutForALaterOneThatComes() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Subscription coalescing = Subscription.to("a").overflow(Overflow.COALESCE);
      Viewer viewer = engine.connecting(coalescing.clientId("one"), MemoryWriter.OPEN);
      Viewer closed = engine.connecting(coalescing.clientId("two"), MemoryWriter.OPEN);
      Viewer last = engine.connecting(coalescing.clientId("three"), MemoryWriter.OPEN);
      Viewer other = engine.connecting(Subscription.to("a"), MemoryWriter.OPEN);
      SseMessage.Builder keyed = SseMessage.builder().topic("a").coalesce("k");
      for (int i = 1; i <= 3; i++) {
        engine.publish(keyed.data(i));
      }
      closed.client().close();
      engine.publish(keyed.data(4));
      last.client().close();
      engine.publish(SseMessage.builder().topic("a").coalesce("k").data(5).except("one"));
      for (Viewer each : List.of(viewer, closed, last, other)) {
        each.writer().start();
      }
      engine.run();
      assertThat(other.data()).isEqualTo(numbers(1, 5));
      // the last of its key is not for it, so that nothing is left out for it
      assertThat(viewer.data()).isEqualTo(numbers(1, 4));
      assertThat(last.data()).isEqualTo(numbers(1, 4));
      assertThat(closed.data()).as("what came after its end").isEqualTo(numbers(1, 3));
      assertThat(engine.count(Metric.COALESCED)).isZero();
    }
  }

  @Test
  void whatIsLeftOutIsCountedUnlessItIsOfThePast() {
    try (SteppedEngine engine = new SteppedEngine()) {
      SseMessage.Builder keyed = SseMessage.builder().topic("a").coalesce("k");
      engine.publish("a", "0");
      String id = engine.engine().lastEventId();
      engine.publish(keyed.data(1));
      engine.publish(keyed.data(2));
      Subscription coalescing = Subscription.to("a").overflow(Overflow.COALESCE);
      Viewer viewer = engine.connecting(coalescing.resumeFrom(id), MemoryWriter.OPEN);
      engine.publish(keyed.data(3));
      engine.publish(keyed.data(4));
      engine.publish("a", "5");
      viewer.writer().start();
      engine.run();
      assertThat(viewer.data()).containsExactly("4", "5");
      assertThat(engine.count(Metric.COALESCED)).isEqualTo(1);
      assertThat(engine.count(Metric.DELIVERED)).isEqualTo(2);
      assertThat(engine.count(Metric.MATCHED)).isEqualTo(3);
      assertThat(viewer.client().pending()).isZero();
    }
  }

  // ---- what goes while it is read

  /** A client that takes a little and stands in the log, of which it has read up to there. */
  private static Viewer stalled(SteppedEngine engine, Subscription subscription) {
    publishLong(engine, 1, 190);
    Viewer viewer = engine.connecting(subscription, 1_500);
    viewer.writer().start();
    engine.run();
    assertThat(viewer.client().status()).isEqualTo(WriteStatus.BLOCKED);
    assertThat(viewer.client().cursor.next()).isBetween(3L, 20L);
    return viewer;
  }

  @ParameterizedTest
  @ValueSource(strings = {"log.topics.\"a\".events", "log.topics.\"b\".events"})
  void whatTheLogLetsGoOfMeanwhileComesFromElsewhere(String history) {
    try (SteppedEngine engine =
        new SteppedEngine(
            stream.node(), "log.events", "200", "batch-bytes", "1024", history, "5000")) {
      Viewer viewer = stalled(engine, Subscription.to("a").resumeFrom("e1-2"));
      publishLong(engine, 191, 700);
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();
      assertThat(heads(viewer)).isEqualTo(numbers(3, 700));
      assertThat(engine.count(Metric.GAPS)).isZero();
      assertThat(stream.reads() > 0).isEqualTo(history.contains("b"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 400})
  void whatTheLogLetsGoOfAndNobodyHasIsAGap(int lost) {
    try (SteppedEngine engine = new SteppedEngine("log.events", "200", "batch-bytes", "1024")) {
      Viewer viewer = stalled(engine, Subscription.to("a").resumeFrom(Subscription.EARLIEST));
      int read = (int) viewer.client().cursor.next() - 1;
      int evicted = read + lost;
      publishLong(engine, 191, evicted + 200);
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();
      List<String> expected = new ArrayList<>(numbers(1, read));
      expected.add(gap(engine, evicted + 1));
      expected.addAll(numbers(evicted + 1, evicted + 200));
      assertThat(heads(viewer)).isEqualTo(expected);
      // who comes back behind it has all before it
      assertThat(id(viewer, read)).endsWith("-" + evicted);
      assertThat(engine.count(Metric.GAPS)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void theLastThatTheLogHasLetGoOfComesFromElsewhere(Place place) {
    try (SteppedEngine engine = node(place)) {
      engine.publish("a", 1, 100);
      Viewer viewer = engine.connect(Subscription.to("a").resumeFrom("e1-83"));
      assertThat(viewer.data()).isEqualTo(numbers(84, 100));
      assertThat(engine.count(Metric.GAPS)).isZero();
    }
  }

  @Test
  void theOldestOfTheStreamIsReadAndWhatIsDroppedMeanwhileIsAGap() {
    try (SteppedEngine engine = node(Place.PAGES)) {
      engine.publish("a", 1, 300);
      stream.drop(50);
      Viewer oldest = engine.connect(Subscription.to("a").resumeFrom("e1-50"));
      assertThat(oldest.data()).isEqualTo(numbers(51, 300));
    }
    MemoryStream other = new MemoryStream();
    try (SteppedEngine engine = new SteppedEngine(other.node(), "log.events", "16")) {
      engine.publish("a", 1, 300);
      other.holdReads();
      Viewer viewer = engine.connect(Subscription.to("a").resumeFrom("e1-10"));
      other.drop(120);
      other.release();
      engine.run();
      assertThat(viewer.data().get(0)).isEqualTo("{\"next\":\"e1-121\"}");
      assertThat(viewer.data().subList(1, 181)).isEqualTo(numbers(121, 300));
    }
  }

  private static String gap(SteppedEngine engine, long next) {
    return "{\"next\":\"" + engine.order().epoch() + "-" + next + "\"}";
  }

  @Test
  void whatTheHistoryOfItsTopicLetsGoOfIsAGapUpToWhatThatHas() {
    try (SteppedEngine engine = node(Place.TOPICS, 50, "batch-bytes", "1024")) {
      publishLong(engine, 1, 60);
      Viewer viewer = engine.connecting(Subscription.to("a").resumeFrom("e1-12"), 1_500);
      viewer.writer().start();
      engine.run();
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.BLOCKED);
      publishLong(engine, 61, 200);
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();
      assertThat(heads(viewer)).as("the stream behind it has all").isEqualTo(numbers(13, 200));
    }
    try (SteppedEngine engine =
        new SteppedEngine("log.events", "16", "log.topics.\"a\".events", "50")) {
      engine.publish("a", 1, 60);
      String id = engine.order().epoch() + "-12";
      Viewer many = engine.connecting(Subscription.to("a").resumeFrom(id), MemoryWriter.OPEN);
      Viewer one = engine.connecting(Subscription.to("a").resumeFrom(id), MemoryWriter.OPEN);
      engine.publish("a", 61, 63);
      one.writer().start();
      engine.run();
      assertThat(one.data()).startsWith(gap(engine, 14)).endsWith("63").hasSize(51);
      engine.publish("a", 64, 200);
      many.writer().start();
      engine.run();
      assertThat(many.data()).startsWith(gap(engine, 151)).endsWith("200").hasSize(51);
      assertThat(id(many, 0)).endsWith("-150");
    }
  }

  @Test
  void eachEventIsJudgedByTheSubscriptionOfItsTime() {
    try (SteppedEngine engine =
        new SteppedEngine(
            "log.events",
            "16",
            "log.topics.\"a\".events",
            "500",
            "log.topics.\"b\".events",
            "500")) {
      String id = engine.publish("a", "0").id();
      Viewer viewer = engine.connecting(Subscription.to("a").resumeFrom(id), MemoryWriter.OPEN);
      List<String> expected = new ArrayList<>();
      for (int i = 1; i <= 90; i++) {
        if (i == 31) {
          viewer.client().subscribe("b");
        }
        if (i == 61) {
          viewer.client().unsubscribe("a");
        }
        engine.publish("a", "a" + i);
        engine.publish("b", "b" + i);
        if (i <= 60) {
          expected.add("a" + i);
        }
        if (i > 30) {
          expected.add("b" + i);
        }
      }
      viewer.writer().start();
      engine.run();
      assertThat(viewer.data()).isEqualTo(expected);
    }
  }

  // ---- gaps

  @Test
  void aGapBehindWhichThereIsNothingYetLeadsNowhere() {
    try (SteppedEngine engine = new SteppedEngine(stream.node())) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      engine.order().missed(5);
      engine.run();
      assertThat(viewer.data()).containsExactly("{}");
      assertThat(id(viewer, 0)).isEqualTo("e1-5");
      // who comes with less is told, too, and who has it is not
      Viewer without = engine.connect(Subscription.to("a").resumeFrom("e1-4"));
      Viewer with = engine.connect(Subscription.to("a").resumeFrom("e1-5"));
      assertThat(without.data()).containsExactly("{}");
      assertThat(with.data()).isEmpty();
    }
  }

  @Test
  void aGapBehindWhichThereIsNothingYetIsMadeGoodOnce() {
    try (SteppedEngine engine = new SteppedEngine(stream.node())) {
      Viewer viewer = engine.connect(Subscription.to("a").onGap(() -> SseMessage.of("state")));
      engine.order().missed(5);
      for (int i = 0; i < 3; i++) {
        engine.run();
        engine.runTasks();
      }
      assertThat(viewer.data()).containsExactly("{}", "state");
    }
  }

  @Test
  void whoIsNewGetsTheStatesAndThenTheId() {
    try (SteppedEngine engine = new SteppedEngine("log.retain.\"s.*\"", "latest")) {
      String id = engine.publish("s.1", "state").id();
      Viewer viewer = engine.connect(Subscription.to("s.1"));
      assertThat(viewer.data()).containsExactly("state");
      assertThat(viewer.text()).containsSubsequence("data: state\n", "id: " + id + "\n");
      assertThat(viewer.text().indexOf("id:")).isGreaterThan(viewer.text().indexOf("data:"));
    }
  }

  @Test
  void holesBehindEachOtherAreOneGap() {
    MemoryStream.Node node = stream.node();
    try (SteppedEngine engine = new SteppedEngine(node);
        SteppedEngine other = new SteppedEngine(stream.node())) {
      other.publish("a", 1, 1);
      node.lag(true);
      other.publish("a", 2, 3);
      stream.drop(3);
      node.lag(false);
      node.lag(true);
      other.publish("a", 4, 5);
      stream.drop(5);
      node.lag(false);
      other.publish("a", 6, 6);
      assertThat(engine.order().logged()).isEqualTo(4);
      Viewer viewer = engine.connect(Subscription.to("a").resumeFrom("e1-1"));
      assertThat(viewer.data()).containsExactly("{\"next\":\"e1-6\"}", "6");
      assertThat(id(viewer, 0)).isEqualTo("e1-5");
    }
  }

  private static final String[] HISTORIES = {
    "log.topics.\"a\".events", "10", "log.topics.\"b\".events", "2"
  };

  /**
   * As after a restart whose file lacks 4 to 9, which the histories had when it ended, and with one
   * event that has come since, which they had not.
   */
  private static SteppedEngine withHole() {
    List<StoredEvent> stored = new ArrayList<>();
    try (SteppedEngine before = new SteppedEngine(HISTORIES)) {
      for (int i = 1; i <= 12; i++) {
        before.publish(List.of("a", "b", "c").get(i % 3), i);
      }
      stored.addAll(before.order().states());
    }
    SteppedEngine engine = new SteppedEngine(HISTORIES);
    engine.order().began("e1", 0, stored);
    Map<Long, StoredEvent> events =
        stored.stream().collect(Collectors.toMap(StoredEvent::sequence, event -> event));
    for (long i = 1; i <= 12; i++) {
      if (i == 9) {
        engine.order().missed(9);
      } else if (i < 4 || i > 9) {
        engine.order().received(events.getOrDefault(i, event("b", i)), null);
      }
    }
    return engine;
  }

  @Test
  void aHoleThatTheHistoriesCoverIsNoGap() {
    try (SteppedEngine engine = withHole()) {
      Viewer resumed = engine.connect(Subscription.to("a").resumeFrom("e1-2"));
      assertThat(resumed.data()).containsExactly("3", "6", "9", "12");
      Viewer within = engine.connect(Subscription.to("a").resumeFrom("e1-6"));
      assertThat(within.data()).containsExactly("9", "12");
      Viewer fromStart =
          engine.connect(Subscription.to("a", "c").resumeFrom(Subscription.EARLIEST));
      assertThat(fromStart.data()).containsExactly("2", "3", "5", "6", "8", "9", "11", "12");
      // the history of this one had let go of what the file lacks
      Viewer without = engine.connect(Subscription.to("a", "b").resumeFrom("e1-3"));
      assertThat(without.data()).containsExactly("{\"next\":\"e1-10\"}", "10", "12");
      assertThat(engine.count(Metric.GAPS)).isEqualTo(1);

      // what is lost now nobody has
      engine.order().missed(15);
      engine.order().received(event("a", 16), null);
      engine.run();
      assertThat(resumed.data()).endsWith("12", "{\"next\":\"e1-16\"}", "16");
      Viewer late = engine.connect(Subscription.to("a").resumeFrom("e1-2"));
      assertThat(late.data())
          .containsExactly("3", "{\"next\":\"e1-10\"}", "12", "{\"next\":\"e1-16\"}", "16");
    }
  }

  private static StoredEvent event(String topic, long sequence) {
    byte[] bytes = ("data: " + sequence + "\n\n").getBytes(UTF_8);
    return new StoredEvent(
        sequence, sequence, List.of(topic), null, List.of(), bytes, bytes.length);
  }

  @Test
  void theStatesComeBehindTheGapWithoutIdsAndThenTheId() {
    try (SteppedEngine engine =
        new SteppedEngine("log.events", "16", "log.retain.\"s.*\"", "latest")) {
      engine.publish("s.1", "state 1");
      engine.publish("s.2", "state 2");
      engine.publish("a", 1, 50);
      Viewer viewer = engine.connect(Subscription.all().resumeFrom("zzz-1"));
      assertThat(viewer.data().subList(0, 4))
          .containsExactly(gap(engine, 37), "state 1", "state 2", "35");
      List<ReceivedEvent> events = viewer.writer().events();
      assertThat(events.subList(0, 3)).allMatch(event -> event.lastEventId().isEmpty());
      assertThat(viewer.text())
          .containsSubsequence("data: state 2\n", "id: " + engine.order().epoch() + "-36\n", "35");
    }
  }

  /** What comes behind a gap covers what was missed when it began to be made, and no more. */
  @Test
  void whatIsLetGoOfWhileItIsMadeIsAnotherGap() {
    try (SteppedEngine engine =
        new SteppedEngine("log.events", "16", "log.retain.\"s.*\"", "latest")) {
      engine.publish("s.1", "retained");
      engine.publish("a", 1, 49);
      Viewer viewer =
          engine.connect(
              Subscription.all().resumeFrom("zzz-1").onGap(() -> SseMessage.of("state")));
      assertThat(viewer.data()).isEmpty();
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.IDLE);
      engine.publish("a", 50, 149);
      engine.run();
      assertThat(viewer.data()).isEmpty();
      engine.runTasks();
      engine.run();
      assertThat(viewer.names()).containsExactly("starcast-gap", "message");
      assertThat(viewer.data()).endsWith("state");
      assertThat(id(viewer, 0)).isEmpty();
      engine.runTasks();
      engine.run();
      assertThat(viewer.data().subList(2, 6))
          .containsExactly(gap(engine, 135), "state", "retained", "134");
      assertThat(viewer.data()).hasSize(21).endsWith("149");
      assertThat(engine.count(Metric.GAPS)).isEqualTo(2);
    }
  }

  // ---- ids that this node does not know

  @Test
  void anIdThatAnotherNodeGaveIsGoneOnFromThoughThisOneHasNotGotThere() {
    MemoryStream.Node node = stream.node();
    try (SteppedEngine engine = new SteppedEngine(node);
        SteppedEngine other = new SteppedEngine(stream.node())) {
      other.publish("a", 1, 1);
      node.lag(true);
      other.publish("a", 2, 10);
      Viewer viewer = engine.connect(Subscription.to("a").resumeFrom("e1-10"));
      assertThat(viewer.client().firstOffered()).isEqualTo(11);
      node.lag(false);
      other.publish("a", 11, 11);
      engine.run();
      assertThat(viewer.data()).containsExactly("11");
    }
  }

  @Test
  void anIdThatTheStreamHasLetGoOfIsKnown() {
    MemoryStream.Node node = stream.node();
    try (SteppedEngine engine = new SteppedEngine(node);
        SteppedEngine other = new SteppedEngine(stream.node())) {
      other.publish("a", 1, 1);
      node.lag(true);
      other.publish("a", 2, 10);
      stream.drop(10);
      Viewer viewer = engine.connect(Subscription.to("a").resumeFrom("e1-9"));
      node.lag(false);
      other.publish("a", 11, 11);
      engine.run();
      assertThat(viewer.data()).containsExactly("{\"next\":\"e1-11\"}", "11");
      Viewer second = engine.connect(Subscription.to("a").resumeFrom("e1-10"));
      assertThat(second.data()).containsExactly("11");
    }
  }

  @Test
  void anIdThatThisNodeHasPassedBeforeItWasLookedUpIsNoGap() {
    MemoryStream.Node node = stream.node();
    try (SteppedEngine engine = new SteppedEngine(node);
        SteppedEngine other = new SteppedEngine(stream.node())) {
      other.publish("a", 1, 1);
      node.lag(true);
      // takes a sequence, and is no event
      stream.node().command("some", new byte[0]);
      stream.holdReads();
      Viewer viewer = engine.connect(Subscription.to("a").resumeFrom("e1-2"));
      node.lag(false);
      other.publish("a", 2, 2);
      stream.release();
      engine.run();
      assertThat(viewer.data()).containsExactly("2");
    }
  }

  // ---- pages

  @Test
  void aPageIsAskedForOnceAndWaitedFor() {
    try (SteppedEngine engine = node(Place.PAGES)) {
      engine.publish("a", 1, 600);
      stream.holdReads();
      Viewer viewer = behind(engine, Subscription.to("a"), 10);
      engine.run();
      assertThat(viewer.client().cursor.waits()).isTrue();
      viewer.client().wakeUp();
      engine.run();
      assertThat(stream.reads()).isEqualTo(1);
      stream.release();
      assertThat(engine.run()).isPositive();
      assertThat(viewer.data()).isEqualTo(numbers(11, 600));
    }
  }

  @Test
  void whoTakesNothingAsksForItsPageAgain() {
    try (SteppedEngine engine = node(Place.PAGES, "batch-bytes", "1024")) {
      publishLong(engine, 1, 300);
      Viewer viewer = engine.connecting(Subscription.to("a").resumeFrom("e1-10"), 1_500);
      viewer.writer().start();
      engine.run();
      assertThat(viewer.client().status()).isEqualTo(WriteStatus.BLOCKED);
      assertThat(viewer.client().cursor.waits()).isFalse();
      viewer.writer().grant(MemoryWriter.OPEN);
      engine.run();
      assertThat(heads(viewer)).isEqualTo(numbers(11, 300));
    }
  }

  @Test
  void whereAClientStandsDecidesWhetherItIsPast() {
    try (SteppedEngine engine = node(Place.LOG)) {
      engine.publish("a", 1, 10);
      Viewer viewer = engine.connecting(Subscription.to("a").resumeFrom("e1-3"), MemoryWriter.OPEN);
      LogCursor cursor = viewer.client().cursor;
      assertThat(Stream.of(3L, 4L).map(cursor::isPast)).containsExactly(true, true);
      assertThat(cursor.isPast(5)).isFalse();
      assertThat(cursor.nearEnd(7)).isTrue();
      assertThat(cursor.nearEnd(6)).isFalse();
      Viewer gap = engine.connecting(Subscription.to("a").resumeFrom("zzz-1"), MemoryWriter.OPEN);
      assertThat(gap.client().cursor.isPast(0)).as("it has not been told").isFalse();
      assertThat(gap.client().cursor.nearEnd(100)).isFalse();
    }
  }
}
