package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.starcast.internal.engine.EngineFixture.until;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.spi.StoredEvent;
import org.starcast.testing.ReceivedEvent;

/** A client's queue: its bounds, and what each policy does at them. */
class QueueTest {

  private static final long MANY = 1 << 20;

  private static Subscription small(Overflow policy, int messages, long bytes) {
    return Subscription.all().overflow(policy).queue(messages, bytes);
  }

  private static SseMessage.Builder keyed(String key, String data) {
    return SseMessage.builder().topic("a").coalesce(key).data(data);
  }

  @Test
  void disconnectClosesWhenOneMessageTooManyWaits() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream healthy = fixture.connect(Subscription.all());
      Stream stalled = fixture.connect(small(Overflow.DISCONNECT, 3, MANY)).plug();
      for (int i = 1; i <= 3; i++) {
        PublishResult result = fixture.publish("a", "m" + i);
        assertThat(result.matched()).isEqualTo(2);
        assertThat(result.queued()).isEqualTo(2);
        assertThat(result.closed()).isZero();
        assertThat(stalled.client().queued()).isEqualTo(i);
      }
      PublishResult overflow = fixture.publish("a", "m4");
      assertThat(overflow.matched()).isEqualTo(2);
      assertThat(overflow.queued()).isEqualTo(1);
      assertThat(overflow.dropped()).isZero();
      assertThat(overflow.closed()).isEqualTo(1);
      stalled.awaitClosed();
      assertThat(stalled.client().closeReason()).contains(CloseReason.OVERFLOW);
      assertThat(stalled.writer().aborted()).isTrue();
      assertThat(fixture.closed(1)).containsExactly(stalled.client().id() + " OVERFLOW");
      assertThat(fixture.closedBecause(CloseReason.OVERFLOW)).isEqualTo(1);
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.DISCARDED)).isEqualTo(4);
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.DROPPED)).isZero();
      assertThat(fixture.publish("a", "m5").matched()).isEqualTo(1);
      healthy.awaitData("m1", "m2", "m3", "m4", "m5");
      assertThat(stalled.writer().data()).isEmpty();
    }
  }

  @Test
  void disconnectClosesWhenTooManyBytesWait() {
    try (EngineFixture fixture = new EngineFixture()) {
      for (int i = 0; i < 10; i++) {
        fixture.publish("a", "from here on ids have the same length");
      }
      Stream stalled = fixture.connect(small(Overflow.DISCONNECT, 1_000, 2_048)).plug();
      long before = stalled.client().queuedBytes();
      PublishResult result = fixture.publish("a", "x".repeat(100));
      long frame = stalled.client().queuedBytes() - before;
      int queued = 0;
      while (result.closed() == 0) {
        queued++;
        assertThat(stalled.client().queuedBytes()).isEqualTo(before + queued * frame);
        result = fixture.publish("a", "x".repeat(100));
      }
      // what is on its way counts too
      assertThat(queued).isEqualTo((int) ((2_048 - before) / frame));
      stalled.awaitClosed();
      assertThat(stalled.client().closeReason()).contains(CloseReason.OVERFLOW);
      assertThat(stalled.client().queuedBytes()).isZero();
    }
  }

  @Test
  void dropOldestPutsOneGapEventInThePlaceOfWhatItDropped() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream slow = fixture.connect(small(Overflow.DROP_OLDEST, 3, MANY)).plug();
      List<PublishResult> results = new ArrayList<>();
      for (int i = 1; i <= 8; i++) {
        results.add(fixture.publish("a", "m" + i));
      }
      assertThat(results)
          .extracting(PublishResult::dropped)
          .containsExactly(0, 0, 0, 1, 1, 1, 1, 1);
      assertThat(results).allMatch(result -> result.queued() == 1 && result.closed() == 0);
      assertThat(slow.client().dropped()).isEqualTo(5);
      assertThat(slow.client().queued()).isEqualTo(3);
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.DROPPED)).isEqualTo(5);
      slow.unplug().awaitIdle();
      String gap = "{\"next\":\"" + results.get(5).id() + "\",\"missed\":5}";
      assertThat(slow.writer().data()).containsExactly("plug", gap, "m6", "m7", "m8");
      assertThat(slow.writer().events().get(1).event()).isEqualTo("starcast-gap");

      // a second gap counts from new
      slow.plug();
      for (int i = 9; i <= 13; i++) {
        results.add(fixture.publish("a", "m" + i));
      }
      slow.unplug().awaitIdle();
      List<String> second = slow.writer().data().subList(5, slow.writer().data().size());
      String secondGap = "{\"next\":\"" + results.get(10).id() + "\",\"missed\":2}";
      assertThat(second).containsExactly("plug", secondGap, "m11", "m12", "m13");
      assertThat(slow.client().state()).isEqualTo(SseClient.State.OPEN);
    }
  }

  @Test
  void dropOldestMakesRoomInBytes() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream slow = fixture.connect(small(Overflow.DROP_OLDEST, 1_000, 2_048)).plug();
      for (int i = 0; i < 100; i++) {
        assertThat(fixture.publish("a", i + "x".repeat(100)).queued()).isEqualTo(1);
        assertThat(slow.client().queuedBytes()).isLessThanOrEqualTo(2_048);
      }
      int queued = slow.client().queued();
      slow.unplug().awaitIdle();
      List<String> data = slow.writer().data();
      assertThat(data).hasSize(2 + queued);
      assertThat(data.get(1)).endsWith("\"missed\":" + (100 - queued) + "}");
      assertThat(data.get(data.size() - 1)).startsWith("99x");
      assertThat(slow.client().dropped()).isEqualTo(100 - queued);
    }
  }

  @ParameterizedTest
  @EnumSource(Overflow.class)
  void aMessageLargerThanTheBoundStillPassesAlone(Overflow policy) {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(small(policy, 10, 1_024)).plug();
      String large = "x".repeat(100_000);
      assertThat(fixture.publish("a", large).queued()).isEqualTo(1);
      stream.unplug().awaitIdle();
      assertThat(stream.writer().data()).containsExactly("plug", large);
    }
  }

  @Test
  void aLargeMessageDropsAllOlderOnes() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream slow = fixture.connect(small(Overflow.DROP_OLDEST, 10, 1_024)).plug();
      fixture.publish("a", "m1");
      fixture.publish("a", "m2");
      String large = "x".repeat(5_000);
      PublishResult result = fixture.publish("a", large);
      assertThat(result.queued()).isEqualTo(1);
      slow.unplug().awaitIdle();
      assertThat(slow.writer().data())
          .containsExactly("plug", "{\"next\":\"" + result.id() + "\",\"missed\":2}", large);
    }
  }

  @Test
  void dropOldestCountsNoMoreThanMessagesWhileTheClientConnects() {
    try (EngineFixture fixture = new EngineFixture("log.events", "0")) {
      Stream connecting =
          fixture.connecting(small(Overflow.DROP_OLDEST, 2, MANY), MemoryWriter.OPEN);
      fixture.publish("a", "m1");
      fixture.publish("a", "m2");
      PublishResult third = fixture.publish("a", "m3");
      PublishResult second = fixture.publish("a", "m4");
      assertThat(second.dropped()).isEqualTo(1);
      connecting.writer().start();
      connecting.awaitIdle();
      String gap = "{\"next\":\"" + third.id() + "\",\"missed\":2}";
      assertThat(connecting.writer().data()).containsExactly(gap, "m3", "m4");
      assertThat(connecting.client().dropped()).isEqualTo(2);
      assertThat(connecting.text()).startsWith("retry: 2000\n\n");
    }
  }

  @Test
  void aQueueOfOneMessageHoldsOneWhileTheClientConnects() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream connecting =
          fixture.connecting(small(Overflow.DISCONNECT, 1, MANY), MemoryWriter.OPEN);
      assertThat(fixture.publish("a", "m1").queued()).isEqualTo(1);
      connecting.writer().start();
      connecting.awaitIdle().awaitData("m1");
    }
  }

  @Test
  void coalesceReplacesTheOneOfTheSameKeyAndKeepsTheOrder() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream slow = fixture.connect(small(Overflow.COALESCE, 10, MANY)).plug();
      assertThat(fixture.publish(keyed("k1", "k1 v1")).dropped()).isZero();
      fixture.publish(keyed("k2", "k2 v1"));
      assertThat(fixture.publish(keyed("k1", "k1 v2")).dropped()).isEqualTo(1);
      fixture.publish("a", "no key");
      fixture.publish("a", "no key either");
      fixture.publish(keyed("k3", "k3 v1"));
      PublishResult last = fixture.publish(keyed("k1", "k1 v3"));
      assertThat(last.queued()).isEqualTo(1);
      assertThat(last.dropped()).isEqualTo(1);
      assertThat(slow.client().queued()).isEqualTo(5);
      assertThat(slow.client().dropped()).isEqualTo(2);
      slow.unplug().awaitIdle();
      assertThat(slow.writer().data())
          .containsExactly("plug", "k2 v1", "no key", "no key either", "k3 v1", "k1 v3");
      assertThat(slow.writer().events().stream().skip(1).map(ReceivedEvent::lastEventId).toList())
          .as("ids by which a client resumes must not go back")
          .isSortedAccordingTo((a, b) -> Long.compare(sequence(a), sequence(b)));
    }
  }

  private static long sequence(String id) {
    return Long.parseLong(id.substring(id.indexOf('-') + 1));
  }

  @ParameterizedTest
  @EnumSource(Overflow.class)
  void aClientThatBecomesLevelGetsNoMoreThanItsQueueHolds(Overflow policy) {
    try (EngineFixture fixture = new EngineFixture("batch-bytes", "1024")) {
      Stream slow = fixture.connecting(small(policy, 3, MANY), 1);
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        expected.add(i + "x".repeat(150));
        fixture.publish("a", expected.get(i));
      }
      slow.writer().start();
      until(slow.writer()::blocked);
      assertThat(slow.client().queued()).isLessThanOrEqualTo(3);
      // the log has it still, so nobody is closed, and nothing dropped, for it
      PublishResult last = fixture.publish("a", "last");
      assertThat(last.closed()).isZero();
      assertThat(last.dropped()).isZero();
      expected.add("last");
      slow.unplug().awaitData(expected.toArray(String[]::new));
    }
  }

  @Test
  void coalesceReplacesWhatIsLeftInTheLogWhenTheClientBecomesLevel() {
    try (EngineFixture fixture = new EngineFixture("batch-bytes", "1024")) {
      Stream slow = fixture.connecting(small(Overflow.COALESCE, 3, MANY), 1);
      for (int i = 0; i < 40; i++) {
        fixture.publish(keyed(i % 2 == 0 ? "even" : "odd", i + ":" + "x".repeat(150)));
      }
      slow.writer().start();
      until(slow.writer()::blocked);
      for (int i = 40; i < 60; i++) {
        assertThat(fixture.publish(keyed("even", i + ":")).closed()).isZero();
      }
      slow.unplug().awaitIdle();
      List<String> data = slow.writer().data();
      assertThat(data).hasSizeLessThanOrEqualTo(3);
      assertThat(data.subList(data.size() - 2, data.size()))
          .satisfiesExactly(
              odd -> assertThat(odd).startsWith("39:"), even -> assertThat(even).isEqualTo("59:"));
      assertThat(slow.client().dropped()).isEqualTo(60 - data.size());
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.COALESCED))
          .isEqualTo(60 - data.size());
    }
  }

  @Test
  void whoComesBackWithCoalesceGetsTheLatestOfEachKeyInItsPlace() {
    try (EngineFixture fixture = new EngineFixture()) {
      String before = fixture.publish(keyed("k0", "seen")).id();
      for (int i = 0; i < 5_000; i++) {
        fixture.publish(keyed("k" + i % 7, i + ":"));
        if (i % 1_000 == 999) {
          fixture.publish("a", "without a key " + i);
        }
      }

      fixture
          .connect(small(Overflow.COALESCE, 100, MANY).resumeFrom(before))
          .awaitData(
              "without a key 999",
              "without a key 1999",
              "without a key 2999",
              "without a key 3999",
              "4993:",
              "4994:",
              "4995:",
              "4996:",
              "4997:",
              "4998:",
              "4999:",
              "without a key 4999");

      fixture.publish(SseMessage.builder().topic("b").coalesce("k1").data("not for it"));
      Stream again =
          fixture.connect(Subscription.to("a").overflow(Overflow.COALESCE).resumeFrom(before));
      until(() -> again.writer().data().contains("without a key 4999"));
      assertThat(again.writer().data()).contains("4999:").doesNotContain("not for it");
    }
  }

  @Test
  void coalesceDoesNotTakeBackWhatIsBeingWritten() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream slow = fixture.connect(small(Overflow.COALESCE, 10, MANY)).awaitIdle();
      slow.writer().stall();
      fixture.publish(keyed("k", "v1"));
      until(slow.writer()::blocked);
      assertThat(fixture.publish(keyed("k", "v2")).dropped()).isZero();
      slow.unplug().awaitIdle();
      assertThat(slow.writer().data()).containsExactly("v1", "v2");
    }
  }

  @Test
  void coalesceClosesOnlyWhenReplacingMakesNoRoom() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream slow = fixture.connect(small(Overflow.COALESCE, 2, MANY)).plug();
      fixture.publish(keyed("k1", "k1 v1"));
      fixture.publish(keyed("k2", "k2 v1"));
      for (int i = 2; i < 50; i++) {
        assertThat(fixture.publish(keyed("k1", "k1 v" + i)).closed()).isZero();
      }
      assertThat(slow.client().queued()).isEqualTo(2);
      PublishResult other = fixture.publish(keyed("k3", "k3 v1"));
      assertThat(other.closed()).isEqualTo(1);
      slow.awaitClosed();
      assertThat(slow.client().closeReason()).contains(CloseReason.OVERFLOW);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Overflow.class,
      names = {"DISCONNECT", "DROP_OLDEST"})
  void otherPoliciesLeaveKeysAlone(Overflow policy) {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream slow = fixture.connect(small(policy, 10, MANY)).plug();
      fixture.publish(keyed("k", "v1"));
      assertThat(fixture.publish(keyed("k", "v2")).dropped()).isZero();
      slow.unplug().awaitIdle();
      assertThat(slow.writer().data()).containsExactly("plug", "v1", "v2");
    }
  }

  @Test
  void theConfigurationRulesWhereTheSubscriptionSaysNothing() {
    try (EngineFixture fixture =
        new EngineFixture("queue.messages", "2", "queue.overflow", "drop-oldest")) {
      Stream slow = fixture.connect(Subscription.all()).plug();
      for (int i = 1; i <= 4; i++) {
        fixture.publish("a", "m" + i);
      }
      slow.unplug().awaitIdle();
      assertThat(slow.writer().data()).hasSize(4).endsWith("m3", "m4");
    }
  }

  @Test
  void oneClientsMessageWaitsBehindWhatIsQueuedAndIsBoundedLikeIt() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(small(Overflow.DISCONNECT, 2, MANY)).plug();
      fixture.publish("a", "m1");
      SseMessage own = SseMessage.builder().id("my-id").data("own").build();
      assertThat(stream.client().send(own)).isTrue();
      stream.unplug().awaitIdle();
      assertThat(stream.writer().data()).containsExactly("plug", "m1", "own");
      assertThat(stream.writer().events().get(2).lastEventId()).isEqualTo("my-id");
      stream.plug();
      assertThat(stream.client().send("1")).isTrue();
      assertThat(stream.client().send("2")).isTrue();
      assertThat(stream.client().send("3")).isFalse();
      stream.awaitClosed();
      assertThat(stream.client().send("4")).isFalse();
      assertThat(stream.client().closeReason()).contains(CloseReason.OVERFLOW);
    }
  }

  @Test
  void aMessageLargerThanAllowedReachesNobody() {
    try (EngineFixture fixture = new EngineFixture("message.max-bytes", "1024")) {
      Stream stream = fixture.connect(Subscription.all()).awaitIdle();
      String before = fixture.engine().lastEventId();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.publish("a", "x".repeat(1_100)))
          .withMessageMatching(
              "data: the message has 11\\d\\d bytes, at most 1024 \\(starcast.message.max-bytes\\)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> stream.client().send("x".repeat(1_100)))
          .withMessageMatching(
              "data: the message has 11\\d\\d bytes, at most 1024 \\(starcast.message.max-bytes\\)");
      assertThat(fixture.engine().lastEventId()).isEqualTo(before);
      fixture.publish("a", "m");
      stream.awaitData("m");
    }
  }

  @Test
  void whatIsReadyGoesOutInOneWrite() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      List<String> expected = new ArrayList<>(List.of("plug"));
      for (int i = 0; i < 500; i++) {
        fixture.publish("a", "m" + i);
        expected.add("m" + i);
      }
      int writes = stream.writer().writes();
      stream.unplug();
      until(() -> stream.writer().data().size() == 501);
      assertThat(stream.writer().writes() - writes).isEqualTo(1);
      assertThat(stream.writer().data()).isEqualTo(expected);
      long sent = stream.awaitIdle().client().sent();
      fixture.publish("a", "one more");
      until(() -> stream.client().sent() == sent + 1);
    }
  }

  @Test
  void aBatchIsBounded() {
    try (EngineFixture fixture = new EngineFixture("batch-bytes", "1024")) {
      Stream stream = fixture.connect(Subscription.all()).plug();
      for (int i = 0; i < 100; i++) {
        fixture.publish("a", "x".repeat(150));
      }
      int before = stream.writer().writes();
      stream.unplug();
      until(() -> stream.writer().data().size() == 101);
      // five frames of about 180 bytes fit into 1,024
      assertThat(stream.writer().writes() - before).isEqualTo(20);
    }
  }

  @Test
  void bytesThatAWriterHoldsAreNotOverwrittenByOtherClients() {
    try (EngineFixture fixture = new EngineFixture("drain-threads", "1")) {
      List<Stream> streams = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Stream stream = fixture.connect(Subscription.to("t" + i)).awaitIdle();
        stream.writer().stall();
        streams.add(stream);
      }
      for (int i = 0; i < 20; i++) {
        fixture.publish("t" + i, "first of " + i);
        until(streams.get(i).writer()::blocked);
      }
      for (int i = 0; i < 20; i++) {
        fixture.publish("t" + i, "second of " + i);
      }
      for (int i = 0; i < 20; i++) {
        streams.get(i).unplug().awaitData("first of " + i, "second of " + i);
      }
    }
  }

  /** A queue and a plain list of what it is to hold, which are compared after each step. */
  private static final class Model {
    private static final long MEMORY = 4_000;

    private final Random random;
    private final Overflow policy;
    private final int maxMessages;
    private final long maxBytes;
    private final int patience;
    private final Statistics statistics = new Statistics();
    private final MemoryGovernor memory = new MemoryGovernor(MEMORY, List::of);
    private final ClientQueue queue;
    private final List<Frame> frames = new ArrayList<>();
    private final List<Frame> waiting = new ArrayList<>();
    private final List<CompletionStage<Boolean>> promises = new ArrayList<>();
    private long sequence;
    private long inFlight;
    private long last;
    private long missed;
    private long lost;
    private final Map<Metric, Long> counts = new EnumMap<>(Metric.class);

    Model(long seed) {
      random = new Random(seed);
      policy = Overflow.values()[random.nextInt(Overflow.values().length)];
      maxMessages = 1 + random.nextInt(24);
      maxBytes = 50 + random.nextInt(3_000);
      patience = random.nextInt(20);
      queue = new ClientQueue(policy, maxMessages, maxBytes, statistics, memory);
    }

    private static long bytes(List<Frame> frames) {
      return frames.stream().mapToLong(Frame::length).sum();
    }

    private static long held(List<Frame> frames) {
      return frames.stream()
          .filter(frame -> !frame.isPermanent())
          .mapToLong(frame -> frame.length() + frame.addressWeight())
          .sum();
    }

    private long used() {
      return held(frames) + held(waiting) + inFlight;
    }

    private Frame frame() {
      byte[] bytes = new byte[1 + random.nextInt(random.nextInt(8) == 0 ? 2_000 : 100)];
      String key = random.nextInt(3) == 0 ? "k" + random.nextInt(3) : null;
      return switch (random.nextInt(6)) {
        case 0 -> Frame.permanent(random.nextBoolean() ? 0 : sequence, bytes);
        case 1 -> Frame.toOne(bytes, key, memory);
        case 2 -> Frame.again(event(bytes, key, null), false, memory);
        default -> event(bytes, key, memory);
      };
    }

    private Frame event(byte[] bytes, String key, MemoryGovernor counting) {
      sequence++;
      StoredEvent event =
          new StoredEvent(sequence, 0, List.of("a"), null, List.of(), bytes, bytes.length);
      return new Frame(event, key, 0, null, counting);
    }

    private boolean fits(Frame frame) {
      return frames.isEmpty()
          || frames.size() + 1 <= maxMessages
              && bytes(frames) + inFlight + frame.length() <= maxBytes;
    }

    private void count(Metric metric, Frame... these) {
      for (Frame frame : these) {
        counts.merge(metric, frame.counted ? 1L : 0L, Long::sum);
      }
    }

    private void drop(Frame frame, Metric metric) {
      frames.remove(frame);
      lost += frame.isPermanent() ? 0 : 1;
      count(metric, frame);
    }

    private Optional<Frame> ofKey(List<Frame> among, String key) {
      return policy != Overflow.COALESCE || key == null
          ? Optional.empty()
          : among.stream().filter(frame -> key.equals(frame.coalesceKey)).findFirst();
    }

    private void append(Frame frame) {
      queue.append(frame);
      frames.add(frame);
      last = Math.max(last, frame.sequence());
    }

    private void offer() {
      Frame frame = frame();
      Optional<Frame> replaced = ofKey(frames, frame.coalesceKey);
      replaced.ifPresent(old -> drop(old, Metric.COALESCED));
      assertThat(queue.replace(frame)).isEqualTo(replaced.isPresent());
      assertThat(queue.fits(frame)).isEqualTo(fits(frame));
      if (policy == Overflow.DROP_OLDEST) {
        queue.dropOldestFor(frame);
        while (!fits(frame)) {
          missed += frames.get(0).isPermanent() ? 0 : 1;
          drop(frames.get(0), Metric.DROPPED);
        }
      } else if (policy == Overflow.CATCH_UP && !fits(frame)) {
        leaveToLog();
      }
      boolean taken = fits(frame);
      if (taken) {
        append(frame);
      }
      frame.heldBy(taken ? 1 : 0);
    }

    private long leave() {
      List<Frame> left = frames.stream().filter(frame -> frame.sequence() > 0).toList();
      frames.removeAll(left);
      return left.stream().filter(frame -> frame.counted).count();
    }

    private void leaveToLog() {
      long first =
          frames.stream()
              .filter(frame -> frame.sequence() > 0 && !frame.isPermanent())
              .mapToLong(Frame::sequence)
              .findFirst()
              .orElse(0);
      assertThat(queue.leaveToLog()).isEqualTo(new ClientQueue.LeftToLog(first, leave()));
    }

    private void fitsAll() {
      List<Frame> events = new ArrayList<>();
      List<Frame> after = new ArrayList<>(frames);
      for (int i = random.nextInt(6); i > 0; i--) {
        Frame published = frame();
        published.heldBy(0);
        Frame event = Frame.again(published, false, null);
        ofKey(after, event.coalesceKey).ifPresent(after::remove);
        after.add(event);
        events.add(event);
      }
      assertThat(queue.fitsAll(events))
          .isEqualTo(
              events.isEmpty()
                  || after.size() <= 1
                  || after.size() <= maxMessages && bytes(after) + inFlight <= maxBytes);
    }

    private boolean hasRoom(Frame frame) {
      return frames.isEmpty()
          || frames.size() < maxMessages / 2
              && bytes(frames) + inFlight + frame.length() <= maxBytes / 2
              && memory.used() <= MEMORY / 2;
    }

    private void appendWhenRoom() {
      Frame frame = Frame.toOne(new byte[1 + random.nextInt(150)], null, memory);
      boolean now = waiting.isEmpty() && hasRoom(frame);
      int most = Math.max(16, maxMessages);
      String refusal =
          "message: %d messages of %d bytes wait for room, at most %d of %d"
              .formatted(waiting.size(), bytes(waiting), most, maxBytes);
      boolean tooMuch =
          waiting.size() == most
              || waiting.size() >= 16 && bytes(waiting) + frame.length() > maxBytes;
      CompletionStage<Boolean> later = queue.appendWhenRoom(frame);
      if (now) {
        assertThat(later).isNull();
        count(Metric.DIRECT, frame);
        frames.add(frame);
      } else if (tooMuch) {
        assertThat(later)
            .failsWithin(Duration.ZERO)
            .withThrowableThat()
            .withMessageEndingWith(refusal);
      } else {
        assertThat(later.toCompletableFuture()).isNotDone();
        waiting.add(frame);
        promises.add(later);
      }
    }

    private void admit() {
      for (ClientQueue.Waiting admitted : queue.admit()) {
        Frame frame = waiting.remove(0);
        assertThat(hasRoom(frame)).isTrue();
        assertThat(admitted.frame()).isSameAs(frame);
        admitted.taken().complete(true);
        assertThat(promises.remove(0)).isCompletedWithValue(true);
        count(Metric.DIRECT, frame);
        frames.add(frame);
      }
      assertThat(waiting.isEmpty() || !hasRoom(waiting.get(0))).isTrue();
    }

    void step() {
      switch (random.nextInt(20 + patience)) {
        case 0, 1, 2, 3, 4, 5, 6, 7 -> offer();
        case 8, 9 -> admit();
        case 10 -> fitsAll();
        case 11, 12, 13 -> {
          if (!frames.isEmpty()) {
            queue.remove();
            frames.remove(0);
          }
        }
        case 14 -> {
          queue.flushed();
          inFlight = random.nextInt(500);
          queue.inFlight(inFlight);
        }
        case 15 -> {
          queue.flushed();
          inFlight = 0;
        }
        case 16 -> {
          long told = random.nextInt((int) missed + 1);
          queue.missedTold(told);
          missed -= told;
        }
        case 17 -> leaveToLog();
        case 18 -> {
          if (random.nextInt(4) == 0) {
            assertThat(queue.restart()).isEqualTo(leave());
            last = 0;
            missed = 0;
          }
        }
        default -> appendWhenRoom();
      }
    }

    void compare() {
      assertThat(queue.size()).isEqualTo(frames.size());
      assertThat(queue.isEmpty()).isEqualTo(frames.isEmpty());
      assertThat(queue.peek()).isSameAs(frames.isEmpty() ? null : frames.get(0));
      assertThat(queue.counted()).isEqualTo(frames.stream().filter(frame -> frame.counted).count());
      assertThat(queue.oldest())
          .isEqualTo(
              frames.stream()
                  .mapToLong(Frame::sequence)
                  .filter(each -> each > 0)
                  .findFirst()
                  .orElse(Long.MAX_VALUE));
      assertThat(queue.last()).isEqualTo(last);
      assertThat(queue.missed()).isEqualTo(missed);
      assertThat(queue.dropped()).isEqualTo(lost);
      assertThat(queue.isInFlight()).isEqualTo(inFlight > 0);
      assertThat(queue.queuedBytes()).isEqualTo(bytes(frames) + inFlight);
      assertThat(queue.heldBytes()).isEqualTo(bytes(frames) + inFlight + bytes(waiting));
      assertThat(memory.used()).isEqualTo(used());
      counts.forEach(
          (metric, count) ->
              assertThat(statistics.counters().get(metric)).as("%s", metric).isEqualTo(count));
    }

    void end() {
      count(Metric.DISCARDED, frames.toArray(Frame[]::new));
      queue.discard();
      frames.clear();
      inFlight = 0;
      assertThat(memory.used()).isZero();
      assertThat(queue.refuse()).extracting(ClientQueue.Waiting::frame).isEqualTo(waiting);
      waiting.clear();
      assertThat(queue.refuse()).isEmpty();
      compare();
    }
  }

  @Test
  void aQueueHoldsWhatAPlainListWould() {
    for (long seed = 1; seed <= 500; seed++) {
      Model model = new Model(seed);
      for (int step = 1; step <= 100; step++) {
        try {
          model.step();
          model.compare();
        } catch (AssertionError e) {
          throw new AssertionError("seed " + seed + ", step " + step + ": " + e.getMessage(), e);
        }
      }
      model.end();
    }
  }
}
