package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.PublishResult;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.backplane.Answering;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.engine.SteppedEngine.Viewer;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/** What the order of events does with what the backplane hands over. */
@ExtendWith(ResponseRuntime.class)
class EventOrderTest {

  private static final String ITEM = LibraryEvents.STREAM_ITEM + "s";

  /** Notes what it is told, and does something when it is told of a stream's event. */
  private static final class Notes extends SteppedEngine.Silent {
    private final List<String> told = new ArrayList<>();
    private StreamHistories order;

    @Override
    public void commanded(EventId at, String type, byte[] body) {
      told.add(at + " " + type + " " + new String(body, StandardCharsets.UTF_8));
    }

    @Override
    public void commandsMissed(StreamHistories of) {
      order = of;
      told.add("commands missed");
    }

    @Override
    public void stored(EventId at, String key) {
      told.add(at + " stored " + key);
    }

    @Override
    public Runnable streamed(EventId at, StoredEvent event) {
      told.add(at + " streamed, the last is " + order.last());
      return event.topics().contains("silent") ? null : () -> told.add(at + " done");
    }

    /** What has been told since this was called last. */
    List<String> since() {
      List<String> all = List.copyOf(told);
      told.clear();
      return all;
    }
  }

  private final MemoryStream stream = new MemoryStream();
  private final Notes notes = new Notes();

  private SteppedEngine shared(String... settings) {
    return new SteppedEngine(stream.node(), null, notes, settings);
  }

  private SteppedEngine alone(String... settings) {
    return new SteppedEngine(null, null, notes, settings);
  }

  private static OutgoingEvent envelope(String topic, String sender, String key) {
    byte[] body = "data: x\n\n".getBytes(StandardCharsets.UTF_8);
    return OutgoingEvent.of(List.of(topic), sender, List.of(), null, key, body);
  }

  private static StoredEvent event(long sequence, String topic, String sender) {
    return envelope(topic, sender, null).at("e1", sequence, 0);
  }

  /** Nobody holds the lock that publishers and others wait for. */
  private static void assertFree(SteppedEngine engine) throws Exception {
    CompletableFuture.runAsync(() -> engine.order().betweenEvents(() -> true))
        .get(60, TimeUnit.SECONDS);
  }

  // ---- events

  @Test
  void anEventIsKeptOfferedAndCounted() throws Exception {
    try (SteppedEngine engine = alone()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      engine.connect(Subscription.to("a"));
      PublishResult published = engine.publish("a", "1");
      assertFree(engine);
      engine.run();
      assertThat(viewer.data()).containsExactly("1");
      assertThat(engine.order().last()).hasToString(published.id());
      assertThat(engine.order().lastEventId()).isEqualTo(published.id());
      assertThat(engine.order().epoch()).isEqualTo(engine.order().last().epoch()).isNotEmpty();
      assertThat(engine.order().sequence()).isEqualTo(published.sequence());
      assertThat(engine.order().announced()).isEqualTo(published.sequence());
      assertThat(engine.order().nextSequence()).isEqualTo(published.sequence() + 1);
      assertThat(engine.count(Metric.PUBLISHED)).isEqualTo(1);
      assertThat(engine.count(Metric.MATCHED)).isEqualTo(2);
      assertThat(engine.count(Metric.LOGGED)).isEqualTo(1);
      assertThat(engine.count(Metric.LOGGED_BYTES)).isPositive();
      assertThat(engine.engine().history("a", 5)).hasSize(1);
      assertThat(engine.engine().busiestTopics(5))
          .extracting(TopicCount::topic)
          .containsExactly("a");
      assertFree(engine);
    }
  }

  @Test
  void whereNothingIsKeptTheOrderGoesOn() throws Exception {
    try (SteppedEngine engine = alone("log.events", "0")) {
      EventOrder order = engine.order();
      assertThat(order.logs()).isFalse();
      Viewer viewer = engine.connect(Subscription.to("a").overflow(Overflow.CATCH_UP));
      PublishResult published = engine.publish("a", "1");
      engine.run();
      assertThat(viewer.data()).containsExactly("1");
      assertThat(order.announced()).isZero();
      assertThat(order.nextSequence()).isEqualTo(published.sequence() + 1);
      assertThat(engine.engine().history("a", 5)).isEmpty();
      assertThat(order.states()).isEmpty();
      assertThat(order.room("a")).isNull();
      assertThat(order.topicLogs()).isNull();
      assertThat(engine.count(Metric.LOGGED)).isZero();
      assertThat(engine.count(Metric.LOGGED_BYTES)).isZero();
      order.keep("a", TopicBounds.LATEST, 0);
      order.forget("a", 0);
      order.missed(published.sequence() + 5);
      assertThat(order.sequence()).isEqualTo(published.sequence() + 5);
      engine.publish("a", "2");
      engine.run();
      assertThat(viewer.data()).containsExactly("1", "2");
    }
  }

  @Test
  void whatComesBeforeTheNodeIsReadyIsKeptForTheFirstClient() throws Exception {
    CompletableFuture<Void> reached = new CompletableFuture<>();
    Backplane slow =
        new Answering(stream.node()) {
          @Override
          public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
            super.start(receiver, threads);
            return reached;
          }
        };
    try (SteppedEngine engine =
        new SteppedEngine(slow, null, notes, "backplane.start-timeout", "PT0S")) {
      assertThat(engine.order().isReady()).isFalse();
      engine.publish("a", "before");
      assertThat(engine.count(Metric.PUBLISHED)).isZero();
      assertThat(engine.order().announced()).isEqualTo(1);
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> engine.connect(Subscription.to("a")));
      reached.complete(null);
      assertThat(engine.order().isReady()).isTrue();
      assertFree(engine);
      engine.publish("a", "after");
      Viewer viewer = engine.connect(Subscription.to("a").resumeFrom(Subscription.EARLIEST));
      assertThat(viewer.data()).containsExactly("before", "after");
      assertThat(engine.count(Metric.PUBLISHED)).isEqualTo(1);
    }
  }

  @Test
  void onceItHasStoppedNothingIsDeliveredAndNobodyIsTold() throws Exception {
    try (SteppedEngine engine = alone()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      engine.publish("a", "1");
      engine.run();
      engine.order().stop();
      assertThat(engine.order().isStopped()).isTrue();
      assertFree(engine);
      notes.since();
      long last = engine.order().sequence();
      engine.order().received(event(last + 1, "a", ITEM), envelope("a", ITEM, "key"));
      assertFree(engine);
      assertThat(engine.publish("a", "2").matched()).isZero();
      engine.run();
      assertThat(viewer.data()).containsExactly("1");
      assertThat(notes.since()).isEmpty();
      assertThat(engine.order().sequence()).isEqualTo(last);
      assertThat(engine.count(Metric.PUBLISHED)).isEqualTo(1);
    }
  }

  @Test
  void anEventOfWhichNothingElseIsKnownIsDelivered() {
    try (SteppedEngine engine = shared()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      engine.order().received(event(1, "a", null), null);
      engine.run();
      assertThat(viewer.data()).containsExactly("x");
      assertThat(notes.since()).containsExactly("commands missed");
    }
  }

  @Test
  void whoHasAKeyIsToldWhereItIsStored() {
    try (SteppedEngine engine = shared()) {
      notes.since();
      engine.order().received(event(1, "a", null), envelope("a", null, "key 1"));
      engine.order().received(event(2, "a", null), envelope("a", null, null));
      assertThat(notes.since()).containsExactly("e1-1 stored key 1");
    }
  }

  @Test
  void anEventOfANamedStreamIsToldBeforeItIsDeliveredAndWhatFollowsIsDoneThen() {
    try (SteppedEngine engine = shared()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      notes.since();
      engine.order().received(event(1, "a", ITEM), envelope("a", ITEM, null));
      engine.order().received(event(2, "silent", ITEM), envelope("silent", ITEM, null));
      engine.order().received(event(3, "a", "someone"), envelope("a", "someone", null));
      assertThat(notes.since())
          .containsExactly(
              "e1-1 streamed, the last is e1-0", "e1-1 done", "e1-2 streamed, the last is e1-1");
      engine.run();
      assertThat(viewer.data()).hasSize(2);
    }
  }

  @Test
  void commandsAreOfTheEpochThatTheyCameIn() {
    try (SteppedEngine engine = shared()) {
      notes.since();
      engine.order().commanded(7, "some", "body".getBytes(StandardCharsets.UTF_8));
      assertThat(notes.since()).containsExactly("e1-7 some body");
    }
  }

  @Test
  void aTopicThatNobodyHearsIsSaidOnceWhoeverPublishes() {
    Logger logger = Logger.getLogger(UnheardTopics.class.getName());
    logger.setLevel(Level.FINE);
    try (LogCapture log = new LogCapture(UnheardTopics.class)) {
      for (boolean isShared : new boolean[] {false, true}) {
        try (SteppedEngine engine = isShared ? shared() : alone()) {
          int before = log.records().size();
          engine.connect(Subscription.to("heard"));
          engine.publish("heard", "1");
          // for all but a client that would have got it
          engine.publish(SseMessage.builder().topic("excepted").data("1").except("nobody"));
          assertThat(log.records()).hasSize(before);
          engine.publish("unheard", "1");
          assertThat(log.records()).hasSize(before + 1);
          engine.publish("unheard", "2");
          assertThat(log.records()).hasSize(before + 1);
          // it has been published to before, when it was heard
          engine.publish("heard", "2");
          assertThat(log.records()).hasSize(before + 1);
        }
      }
    } finally {
      logger.setLevel(null);
    }
  }

  @Test
  void whereMemoryIsShortAnEventMakesRoom() {
    for (boolean isShared : new boolean[] {false, true}) {
      String[] settings = {"queue.total-bytes", "1048576", "log.events", "16"};
      try (SteppedEngine engine = isShared ? shared(settings) : alone(settings)) {
        Viewer viewer =
            engine.connect(
                Subscription.to("a").queue(1_000, 1 << 24).overflow(Overflow.DISCONNECT));
        viewer.writer().stall();
        for (int i = 0; i < 20; i++) {
          engine.publish("a", "x".repeat(100_000));
        }
        assertThat(engine.engine().memory().used()).isLessThanOrEqualTo(1 << 20);
        engine.run();
        assertThat(viewer.client().closeReason()).isPresent();
      }
    }
  }

  // ---- what is lost, and what begins anew

  @Test
  void whatTheNodeMissesItsClientsAreToldBehindWhatTheyHave() throws Exception {
    MemoryStream.Node node = stream.node();
    try (SteppedEngine engine = new SteppedEngine(node, null, notes);
        SteppedEngine other = new SteppedEngine(stream.node())) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      other.publish("a", "1");
      node.lag(true);
      other.publish("a", 2, 3);
      stream.drop(3);
      notes.since();
      node.lag(false);
      assertThat(notes.since()).containsExactly("commands missed");
      assertThat(engine.order().last()).hasToString("e1-3");
      assertThat(engine.order().announced()).isEqualTo(3);
      assertFree(engine);
      engine.run();
      assertThat(viewer.names()).containsExactly("message", "starcast-gap");
      assertThat(viewer.data()).startsWith("1");
    }
  }

  @Test
  void whatComesWithTheBeginningOfNamedStreamsIsToldOnANodeThatIsAlone() {
    List<StoredEvent> states =
        List.of(event(2, "a", ITEM), event(3, "b", "someone"), event(9, "a", ITEM));
    try (SteppedEngine engine = alone()) {
      notes.since();
      engine.order().began("e7", 5, states);
      assertThat(notes.since())
          .containsExactly("commands missed", "e7-2 streamed, the last is e7-5", "e7-2 done");
      assertThat(engine.order().lastEventId()).isEqualTo("e7-5");
    }
    try (SteppedEngine engine = shared()) {
      notes.since();
      engine.order().began("e7", 5, states);
      assertThat(notes.since()).containsExactly("commands missed");
    }
  }

  @Test
  void anOrderThatBeginsAnewIsAGapForWhoWasThere() throws Exception {
    try (SteppedEngine engine = shared()) {
      Viewer viewer = engine.connect(Subscription.to("a"));
      engine.publish("a", 1, 5);
      engine.run();
      stream.restart("e2");
      assertFree(engine);
      // at once, before it has been told
      engine.publish("a", 6, 6);
      engine.run();
      assertThat(viewer.names().subList(5, 7)).containsExactly("starcast-gap", "message");
      assertThat(viewer.data()).endsWith("6");
      assertThat(viewer.writer().events().get(6).lastEventId()).isEqualTo("e2-1");
    }
  }

  /** Who registers just then may be in nobody's list yet when the order begins. */
  @Test
  void whoFollowsAnotherOrderFollowsThisOneAtTheLatestThen() throws Exception {
    try (SteppedEngine engine = shared()) {
      Client client = engine.connecting(Subscription.to("a"), MemoryWriter.OPEN).client();
      LogCursor before = client.cursor;
      engine.order().restartIfLate(client);
      assertThat(client.cursor).as("it follows it already").isSameAs(before);
      client.restart("e0", engine.order().cursorFrom(1), 7);
      engine.order().restartIfLate(client);
      assertThat(client.follows("e1")).isTrue();
      assertThat(client.firstOffered()).isEqualTo(1);
      assertFree(engine);
    }
  }

  @Test
  void anIdThatNobodyGaveIsNoReasonToLeaveAnEventOut() throws Exception {
    try (SteppedEngine engine = shared()) {
      engine.publish("a", 1, 3);
      Viewer viewer = engine.connect(Subscription.to("a").resumeFrom("e1-100"));
      assertThat(viewer.names()).containsExactly("starcast-gap", "message", "message", "message");
      assertThat(viewer.client().firstOffered()).isEqualTo(4);
      assertFree(engine);
      engine.publish("a", 4, 4);
      engine.run();
      assertThat(viewer.data()).endsWith("4");
    }
  }

  // ---- what is kept

  @ParameterizedTest
  @CsvSource({
    "PT50S, PT0S, 5000",
    "PT0S, PT0S, 10000",
    "PT1000S, PT0S, 10000",
    "PT50S, PT20S, 2000",
    "PT50S, PT60S, 5000",
    "PT0S, PT60S, 6000",
  })
  void whatIsTooOldIsLetGoOfWithinATenthOfItsAge(String age, String ofTopic, long millis) {
    String[] settings = {"log.age", age, "log.topics.\"a\".events", "5"};
    String[] aged = {"log.age", age, "log.topics.\"a\".age", ofTopic};
    try (SteppedEngine engine = alone(ofTopic.equals("PT0S") ? settings : aged)) {
      TimingWheel.Entry expiry = engine.order().expiry(engine.engine().config());
      assertThat(expiry.onTime(0)).isEqualTo(Duration.ofMillis(millis).toNanos());
    }
  }

  @Test
  void whatIsTooOldIsLetGoOfThoughNothingIsPublished() throws Exception {
    try (SteppedEngine engine = shared("log.age", "PT1H")) {
      // of 1970
      engine.order().received(event(1, "a", null), envelope("a", null, null));
      assertThat(engine.order().logged()).isEqualTo(1);
      engine.order().expiry(engine.engine().config()).onTime(0);
      assertThat(engine.order().logged()).isZero();
      assertFree(engine);
    }
  }

  @Test
  void aTopicIsKeptByBoundsOfItsOwnUntilItIsForgotten() throws Exception {
    try (SteppedEngine engine = alone("log.events", "16")) {
      EventOrder order = engine.order();
      assertThat(order.room("s")).isNull();
      order.keep("s", new TopicBounds(5, 0, 0), 0);
      assertFree(engine);
      engine.publish("s", 1, 3);
      engine.publish("other", 1, 100);
      assertThat(order.room("s").events()).isEqualTo(2);
      assertThat(engine.engine().history("s", 10)).hasSize(3);
      order.forget("s", 0);
      assertFree(engine);
      assertThat(engine.engine().history("s", 10)).isEmpty();
    }
  }

  @Test
  void aSharedBackplaneStoresTheLatestOfRetainedTopicsAndThisOneAllThatHistoriesHave() {
    String[] settings = {"log.topics.\"a\".events", "5", "log.retain.\"r\"", "latest"};
    try (SteppedEngine engine = shared(settings)) {
      engine.publish("a", 1, 3);
      engine.publish("r", 4, 5);
      assertThat(engine.order().states()).extracting(StoredEvent::sequence).containsExactly(5L);
    }
    try (SteppedEngine engine = alone(settings)) {
      engine.publish("a", 1, 3);
      assertThat(engine.order().states())
          .as("and what is known of their completeness")
          .hasSizeGreaterThan(3);
    }
  }

  @Test
  void droppedItemsAreCounted() {
    try (SteppedEngine engine = alone()) {
      engine.order().dropped(3);
      assertThat(engine.count(Metric.STREAM_ITEMS_DROPPED)).isEqualTo(3);
    }
  }

  @Test
  void whatHappensBetweenTwoEventsSaysWhatBecameOfIt() throws Exception {
    try (SteppedEngine engine = alone()) {
      assertThat(engine.order().betweenEvents(() -> true)).isTrue();
      assertThat(engine.order().betweenEvents(() -> false)).isFalse();
      assertFree(engine);
      assertThat(engine.order().topics()).isEmpty();
      assertFree(engine);
    }
  }

  @Test
  void theFirstThatNobodyHasReadIsWhereTheSlowestIsNot() {
    try (SteppedEngine engine = alone()) {
      assertThat(engine.order().readUpTo("a")).isZero();
      engine.publish("a", 1, 3);
      long last = engine.order().sequence();
      Viewer slow = engine.connect(Subscription.to("a"));
      assertThat(engine.order().readUpTo("a")).isEqualTo(last);
      slow.writer().stall();
      engine.publish("a", 4, 4);
      engine.run();
      engine.publish("a", 5, 5);
      assertThat(engine.order().readUpTo("a")).isEqualTo(last + 1);
      engine.connect(Subscription.to("a"));
      assertThat(engine.order().readUpTo("a")).isEqualTo(last + 2);
    }
  }
}
