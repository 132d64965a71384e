package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.backplane.Answering;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.security.Grant;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/** Where clients begin, and what is kept for them: a log of 16 events, and what else there is. */
class HistoryTest {

  /** Has all from this sequence on, as far as it is asked. */
  private static final class Stream extends Answering {
    private final long oldest;
    private final boolean isShared;

    Stream(long oldest, boolean isShared) {
      super(new MemoryStream().node());
      this.oldest = oldest;
      this.isShared = isShared;
    }

    @Override
    public boolean isShared() {
      return isShared;
    }

    @Override
    public long oldest() {
      return oldest;
    }

    @Override
    public CompletionStage<List<StoredEvent>> read(long from, long to) {
      throw new AssertionError("nothing is read yet");
    }
  }

  private static final Stream NOTHING = new Stream(Long.MAX_VALUE, false);

  private static History history(Stream stream, String... settings) {
    String[] all = Arrays.copyOf(settings, settings.length + 4);
    List<String> log = List.of("log.events", "16", "log.age", "PT0S");
    for (int i = 0; i < 4; i++) {
      all[settings.length + i] = log.get(i);
    }
    History history = new History(EngineFixture.config(all), stream);
    history.begin("e1", 0, List.of());
    return history;
  }

  private static OutgoingEvent outgoing(String topic, String sender, String body) {
    return OutgoingEvent.of(
        List.of(topic), sender, List.of(), null, null, body.getBytes(StandardCharsets.UTF_8));
  }

  private static Frame event(String topic, long sequence) {
    return event(topic, null, sequence, "data: " + sequence + "\n\n");
  }

  private static Frame event(String topic, String sender, long sequence, String body) {
    return Frame.kept(outgoing(topic, sender, body).at("e1", sequence, sequence));
  }

  /** Events of one topic. */
  private static void fill(History history, String topic, long from, long to) {
    LongStream.rangeClosed(from, to).forEach(n -> history.append(event(topic, n)));
  }

  private static SubscriptionFilter filter(Subscription subscription) {
    return new SubscriptionFilter(subscription, "someone", Grant.ALL);
  }

  private static History.Start start(History history, Subscription subscription) {
    return history.start(subscription, null, filter(subscription));
  }

  private static History.Start resume(History history, String id) {
    return start(history, Subscription.to("a").resumeFrom(id));
  }

  /** Goes on from there, with nothing in between. */
  private static void assertGoesOn(History.Start start, long id, long last) {
    assertThat(start.epoch()).isEqualTo("e1");
    assertThat(start.lastEventId()).isEqualTo(new EventId("e1", id));
    assertThat(start.cursor().next()).isEqualTo(id + 1);
    assertThat(start.firstOffered()).isEqualTo(last + 1);
  }

  /** Goes on from there, behind a gap. */
  private static void assertGap(History.Start start, long next, long last) {
    assertThat(start.lastEventId()).isNull();
    assertThat(start.cursor().next()).isEqualTo(next);
    assertThat(start.firstOffered()).isEqualTo(last + 1);
    assertThat(start.asked()).isTrue();
    assertThat(start.found()).isFalse();
  }

  // ---- who is new

  @Test
  void whoIsNewBeginsAtTheEnd() {
    History history = history(NOTHING);
    assertGoesOn(start(history, Subscription.to("a")), 0, 0);
    fill(history, "a", 1, 3);
    History.Start start = start(history, Subscription.to("a"));
    assertGoesOn(start, 3, 3);
    assertThat(start.asked()).isFalse();
    assertThat(start.found()).isFalse();
    assertThat(start.cursor().position()).isEqualTo(3);
    fill(history, "a", 4, 30);
    assertGoesOn(start(history, Subscription.to("a")), 30, 30);
  }

  @Test
  void whoIsNewGetsTheStatesFirstAndKnowsNoIdBeforeIt() {
    History history = history(NOTHING, "log.retain.\"s.*\"", "latest");
    history.append(event("s.1", 1));
    history.append(event("a", 2));
    History.Start start = start(history, Subscription.to("s.1"));
    assertThat(start.lastEventId()).isNull();
    assertThat(start.cursor().next()).isEqualTo(3);
    // one that has none is not kept waiting for them
    assertGoesOn(start(history, Subscription.to("a")), 2, 2);
  }

  @Test
  void aStateIsOfBeforeWhereItBegins() {
    History history = history(NOTHING, "log.retain.\"s.*\"", "latest");
    history.append(event("s.1", 5));
    SubscriptionFilter all = filter(Subscription.all());
    assertThat(history.statesBefore(6, all)).hasSize(1);
    assertThat(history.statesBefore(5, all)).isEmpty();
    assertThat(history.statesBefore(6, filter(Subscription.to("b")))).isEmpty();
    assertThat(history.states()).extracting(Frame::sequence).containsExactly(5L);
  }

  @Test
  void theLatestAreThoseThatMatchAsFarAsTheyAreKept() {
    History history = history(NOTHING);
    for (int i = 1; i <= 30; i++) {
      history.append(event(i % 2 == 0 ? "a" : "b", i));
    }
    assertGoesOn(start(history, Subscription.to("a").history(3)), 25, 30);
    assertGoesOn(start(history, Subscription.to("a").history(100)), 15, 30);
    assertGoesOn(start(history, Subscription.to("c").history(3)), 30, 30);
  }

  @Test
  void theLatestOfATopicWithAHistoryAreFoundBehindTheLog() {
    History history = history(NOTHING, "log.topics.\"a\".events", "10");
    fill(history, "a", 1, 20);
    fill(history, "b", 21, 50);
    assertGoesOn(start(history, Subscription.to("a").history(3)), 17, 50);
    assertGoesOn(start(history, Subscription.to("a").history(100)), 10, 50);
    assertGoesOn(start(history, Subscription.to("c").history(3)), 50, 50);
    fill(history, "a", 51, 53);
    assertGoesOn(start(history, Subscription.to("a").history(2)), 51, 53);
    assertThat(start(history, Subscription.to("a").history(2)).cursor().position()).isEqualTo(51);
    // those without one have one together, as long as the log
    assertGoesOn(start(history, Subscription.to("b").history(100)), 34, 53);
  }

  @Test
  void theLastThatTheLogHasLetGoOfIsOneOfTheLatest() {
    History history = history(NOTHING, "log.topics.\"a\".events", "10");
    fill(history, "a", 1, 20);
    fill(history, "b", 21, 36);
    assertGoesOn(start(history, Subscription.to("a").history(1)), 19, 36);
  }

  @Test
  void theEarliestIsWhatTheLogHasUnlessOthersHaveMore() {
    Subscription earliest = Subscription.to("a").resumeFrom(Subscription.EARLIEST);
    History alone = history(NOTHING);
    fill(alone, "a", 1, 40);
    assertGoesOn(start(alone, earliest), 24, 40);

    History shared = history(new Stream(7, true));
    fill(shared, "a", 1, 40);
    assertGoesOn(start(shared, earliest), 6, 40);
    History bounded = history(new Stream(7, true), "backplane.replay-events", "20");
    fill(bounded, "a", 1, 40);
    assertGoesOn(start(bounded, earliest), 20, 40);
    History less = history(new Stream(7, true), "backplane.replay-events", "10");
    fill(less, "a", 1, 40);
    assertGoesOn(start(less, earliest), 24, 40);

    History topics = history(NOTHING, "log.topics.\"a\".events", "30");
    fill(topics, "a", 1, 40);
    assertGoesOn(start(topics, earliest), 10, 40);
    History both = history(new Stream(5, true), "log.topics.\"a\".events", "30");
    fill(both, "a", 1, 40);
    assertGoesOn(start(both, earliest), 4, 40);
    History neither = history(new Stream(5, true), "log.topics.\"a\".events", "38");
    fill(neither, "a", 1, 40);
    assertGoesOn(start(neither, earliest), 2, 40);
    History young = history(new Stream(5, true));
    fill(young, "a", 1, 10);
    assertGoesOn(start(young, earliest), 0, 10);
  }

  // ---- who comes back

  @Test
  void anIdOfTheLogIsGoneOnFrom() {
    History history = history(NOTHING);
    fill(history, "a", 1, 40);
    for (long id : new long[] {24, 30, 40}) {
      History.Start start = resume(history, "e1-" + id);
      assertGoesOn(start, id, 40);
      assertThat(start.cursor().position()).isEqualTo(id);
      assertThat(start.asked()).isTrue();
      assertThat(start.found()).isTrue();
    }
  }

  @Test
  void anIdThatIsGoneOrForeignOrOfTheFutureIsAGap() {
    History history = history(NOTHING);
    fill(history, "a", 1, 40);
    for (String id : List.of("e1-23", "e1-0", "e1-41", "e2-30")) {
      assertGap(resume(history, id), 25, 40);
    }
    HttpServletRequest ofAnApplication =
        (HttpServletRequest)
            Proxy.newProxyInstance(
                HistoryTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, arguments) -> "something else");
    Subscription a = Subscription.to("a");
    assertGap(history.start(a, ofAnApplication, filter(a)), 25, 40);
  }

  @Test
  void whatItHasBehindTheLogsBeginIsNotMissed() {
    History history = history(NOTHING, "log.topics.\"a\".events", "10");
    fill(history, "a", 1, 20);
    fill(history, "b", 21, 50);
    History.Start found = resume(history, "e1-10");
    assertGoesOn(found, 10, 50);
    assertThat(found.found()).isTrue();
    assertGap(resume(history, "e1-9"), 11, 50);
    assertGap(resume(history, "e1-3"), 11, 50);
  }

  @Test
  void whereOthersMayBeAheadItIsLookedFor() {
    History history = history(new Stream(1, true));
    fill(history, "a", 1, 40);
    History.Start ahead = resume(history, "e1-50");
    assertThat(ahead.lastEventId()).isEqualTo(new EventId("e1", 50));
    assertThat(ahead.cursor().next()).isEqualTo(51);
    assertThat(ahead.firstOffered()).isEqualTo(51);
    assertThat(ahead.found()).isTrue();
    assertGap(resume(history, "e2-50"), 25, 40);
    assertThat(resume(history, "e1-40").firstOffered()).isEqualTo(41);
  }

  @Test
  void theStreamIsReadAsFarBackAsItGoesAndIsAllowed() {
    History history = history(new Stream(5, true), "backplane.replay-events", "30");
    fill(history, "a", 1, 40);
    assertGoesOn(resume(history, "e1-10"), 10, 40);
    assertGap(resume(history, "e1-9"), 25, 40);
    History less = history(new Stream(15, true));
    fill(less, "a", 1, 40);
    assertGoesOn(resume(less, "e1-14"), 14, 40);
    assertGap(resume(less, "e1-13"), 25, 40);
  }

  @Test
  void whoHasAStateGoesOnFromItAsLongAsTheLogDoes() {
    History history = history(NOTHING, "log.retain.\"s.*\"", "latest");
    fill(history, "a", 1, 39);
    history.append(event("s.1", 40));
    SubscriptionFilter filter = filter(Subscription.to("a"));
    assertThat(history.startAfter(new EventId("e1", 23), filter, true)).isNull();
    assertThat(history.startAfter(new EventId("e2", 30), filter, true)).isNull();
    for (boolean asked : new boolean[] {true, false}) {
      History.Start start = history.startAfter(new EventId("e1", 24), filter, asked);
      assertGoesOn(start, 24, 40);
      assertThat(start.cursor().position()).isEqualTo(24);
      assertThat(start.asked()).isEqualTo(asked);
      assertThat(start.found()).isFalse();
    }
    SubscriptionFilter stated = filter(Subscription.to("s.1"));
    assertThat(history.startAfter(new EventId("e1", 40), stated, true).lastEventId()).isNull();
    assertThat(history.startAfter(new EventId("e1", 39), stated, true).lastEventId()).isNotNull();
    assertGap(history.startBehindGap(), 25, 40);
  }

  // ---- who is there and has fallen behind

  @Test
  void whoIsBehindReadsFromThereOrLooksForIt() {
    History history = history(NOTHING);
    fill(history, "a", 1, 40);
    assertThat(history.from(25).position()).isEqualTo(24);
    assertThat(history.from(25).next()).isEqualTo(25);
    assertThat(history.from(24).next()).isEqualTo(24);
    assertThat(history.from(24).nearEnd(100)).as("it does not know where that is").isFalse();
    assertThat(history.from(25).nearEnd(16)).isTrue();
    assertThat(history.from(25).nearEnd(15)).isFalse();
  }

  @Test
  void theRestIsWhatIsLeftWithoutAHole() {
    History history = history(NOTHING);
    fill(history, "a", 1, 5);
    assertThat(history.rest(history.from(3)))
        .extracting(Frame::sequence)
        .containsExactly(3L, 4L, 5L);
    assertThat(history.rest(history.from(6))).isEmpty();
    LogCursor other = history.from(3);
    history.append(Frame.hole(9, 0));
    assertThat(history.rest(other)).isNull();
    assertThat(history.rest(history.from(10))).isEmpty();
    history.begin("e2", 0, List.of());
    assertThat(history.rest(other)).as("of another order").isNull();
    LogCursor evicted = history.from(1);
    fill(history, "a", 1, 40);
    assertThat(history.rest(evicted)).isNull();
  }

  @Test
  void whatTheClientHasFromAnotherNodeIsNotInTheRest() {
    History history = history(new Stream(1, true));
    fill(history, "a", 1, 3);
    LogCursor ahead = resume(history, "e1-5").cursor();
    fill(history, "a", 4, 7);
    assertThat(history.rest(ahead)).extracting(Frame::sequence).containsExactly(6L, 7L);
  }

  // ---- what is kept

  @Test
  void whatIsKeptIsCounted() {
    History history = history(NOTHING);
    assertThat(history.size()).isZero();
    assertThat(history.bytes()).isZero();
    fill(history, "a", 1, 40);
    assertThat(history.size()).isEqualTo(16);
    assertThat(history.bytes()).isPositive();
    assertThat(history.last()).isEqualTo(40);
    assertThat(history.position()).isEqualTo(new EventId("e1", 40));
    assertThat(history.announced()).isZero();
    history.announce();
    assertThat(history.announced()).isEqualTo(40);
  }

  @Test
  void anOrderThatBeginsHasNothingOfTheOneBefore() {
    History history = history(NOTHING, "log.retain.\"s.*\"", "latest");
    fill(history, "a", 1, 40);
    history.begin("e2", 7, List.of(event("s.1", 5), event("s.2", 6)));
    assertThat(history.size()).isZero();
    assertThat(history.position()).isEqualTo(new EventId("e2", 7));
    assertThat(history.announced()).isEqualTo(7);
    assertThat(history.states()).extracting(Frame::sequence).containsExactly(5L, 6L);
  }

  @Test
  void whatIsTooOldIsLetGoOf() {
    History history =
        history(NOTHING, "log.topics.\"a\".events", "10", "log.topics.\"a\".age", "PT1S");
    fill(history, "a", 1, 3);
    assertThat(history.topics().events()).isEqualTo(3);
    history.expire();
    assertThat(history.topics().events()).isZero();
  }

  @Test
  void aTopicIsKeptUntilItIsForgotten() {
    History history = history(NOTHING);
    history.keep("s", new TopicBounds(5, 0, 0), 0);
    fill(history, "s", 1, 3);
    fill(history, "b", 4, 40);
    assertThat(history.contents()).extracting(StoredEvent::sequence).contains(1L, 2L, 3L);
    assertThat(latest(history, "s")).hasSize(3);
    history.forget("s", 0, false);
    assertThat(latest(history, "s")).isEmpty();
  }

  private static List<SseMessage> latest(History history, String topic) {
    return history.latest(List.of(topic), event -> event.topics().contains(topic), 10);
  }

  @Test
  void theFirstOfAllIsOneOfTheLatest() {
    for (String[] settings :
        List.of(new String[0], new String[] {"log.topics.\"a\".events", "9"})) {
      History history = history(NOTHING, settings);
      history.append(event("a", 1));
      assertThat(latest(history, "a"))
          .extracting(message -> message.data().orElseThrow())
          .containsExactly("1");
    }
  }

  @Test
  void theLatestEventsAreMessagesOldestFirst() {
    for (String[] settings :
        List.of(new String[0], new String[] {"log.topics.\"a\".events", "9"})) {
      History history = history(NOTHING, settings);
      history.append(event("b", 1));
      history.append(
          event("a", "ann", 2, "event: e\nretry: 1500\ndata: x\ndata: y\n: comment\n\n"));
      history.append(Frame.hole(5, 0));
      history.append(event("a", LibraryEvents.STREAM_ITEM + "s", 6, "data: item\n\n"));
      history.append(event("a", LibraryEvents.STREAM_SENDER + "start.s", 7, "data: start\n\n"));
      history.append(event("a", 8));
      List<SseMessage> latest = latest(history, "a");
      assertThat(latest)
          .extracting(m -> m.data().orElse(null))
          .containsExactly("x\ny", "item", "8");
      SseMessage first = latest.get(0);
      assertThat(first.id()).contains("e1-2");
      assertThat(first.event()).contains("e");
      assertThat(first.sender()).contains("ann");
      assertThat(first.retry()).hasValueSatisfying(r -> assertThat(r).hasMillis(1500));
      assertThat(first.comment()).contains("comment");
      assertThat(first.topics()).containsExactly("a");
      assertThat(latest.get(2).sender()).isEmpty();
      assertThat(history.latest(List.of("a"), e -> e.topics().contains("a"), 1)).hasSize(1);
      assertThat(history.latest(List.of("a"), e -> e.topics().contains("a"), 0)).isEmpty();
    }
  }
}
