package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starcast.internal.engine.EngineFixture.until;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.SteppedEngine.Viewer;

/** Whose turn it is, and when the thread sleeps. */
class WriterLoopTest {

  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  @Test
  void clientsTakeTurns() {
    String large = "x".repeat(900);
    try (SteppedEngine engine = new SteppedEngine("batch-bytes", "1024")) {
      Viewer one = engine.connect(Subscription.to("a"));
      Viewer two = engine.connect(Subscription.to("a"));
      for (int i = 0; i < 3; i++) {
        engine.publish("a", large);
      }
      for (int arrived = 1; arrived <= 3; arrived++) {
        assertThat(engine.cycle()).isTrue();
        assertThat(engine.cycle()).isTrue();
        assertThat(List.of(one.data().size(), two.data().size())).containsOnly(arrived);
      }
      assertThat(engine.cycle()).isFalse();
    }
  }

  @Test
  void whoIsAbortedComesBeforeAllOthers() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Viewer aborted = engine.connect(Subscription.to("b"));
      Viewer other = engine.connect(Subscription.to("a"));
      engine.publish("a", "1");
      aborted.client().abortNow(CloseReason.REVOKED);
      assertThat(engine.cycle()).isTrue();
      assertThat(aborted.writer().ended()).isTrue();
      assertThat(other.data()).isEmpty();
      assertThat(engine.run()).isEqualTo(1);
      assertThat(other.data()).containsExactly("1");
    }
  }

  @Test
  void asManyAsBecomeReadyAtOnceAreServed() {
    try (SteppedEngine engine = new SteppedEngine()) {
      List<Viewer> viewers = new ArrayList<>();
      for (int i = 0; i < 130; i++) {
        viewers.add(engine.connect(Subscription.to("a")));
      }
      engine.publish("a", "1");
      assertThat(engine.run()).isEqualTo(130);
      assertThat(viewers).allSatisfy(viewer -> assertThat(viewer.data()).containsExactly("1"));
    }
  }

  @Test
  void anErrorEndsTheClientOfTheCycleAndNoOther() {
    try (SteppedEngine engine = new SteppedEngine();
        LogCapture log = new LogCapture("org.starcast.internal.engine")) {
      Viewer failing = engine.connect(Subscription.to("a"));
      Viewer other = engine.connect(Subscription.to("a"));
      failing.writer().fail(new LinkageError("expected by the test"));
      engine.publish("a", 1, 2);
      assertThat(engine.run()).as("one each, and the end").isEqualTo(3);
      assertThat(other.data()).containsExactly("1", "2");
      assertThat(failing.client().closeReason()).contains(CloseReason.ERROR);
      assertThat(failing.client().state()).isEqualTo(SseClient.State.CLOSED);
      assertThat(engine.count(Metric.DISCARDED)).isEqualTo(2);
      assertThat(engine.engine().count()).isEqualTo(1);
      assertThat(log.records()).anyMatch(record -> record.getMessage().startsWith("STARCAST-1002"));
    }
  }

  @Test
  void eachHasANumber() {
    StarcastConfig config = EngineFixture.config();
    for (int number = 0; number < 3; number++) {
      assertThat(new WriterLoop(number, config, null).number()).isEqualTo(number);
    }
  }

  @Test
  void isStuckWithWorkThatItDoesNotBegin() {
    try (SteppedEngine engine = new SteppedEngine()) {
      WriterLoop loop = engine.engine().loop(0);
      Viewer viewer = engine.connect(Subscription.to("a"));
      assertThat(loop.stuck(0, MINUTE)).isFalse();
      assertThat(loop.stuck(2 * MINUTE, MINUTE)).as("it has nothing to do").isFalse();

      engine.publish("a", "1");
      assertThat(loop.stuck(3 * MINUTE, MINUTE)).as("it may have come just now").isFalse();
      assertThat(loop.stuck(4 * MINUTE, MINUTE)).isTrue();
      engine.run();
      assertThat(loop.stuck(5 * MINUTE, MINUTE)).isFalse();

      viewer.client().abortNow(CloseReason.REVOKED);
      assertThat(loop.stuck(6 * MINUTE, MINUTE)).isFalse();
      assertThat(loop.stuck(7 * MINUTE, MINUTE)).isTrue();
      engine.run();
      assertThat(loop.stuck(8 * MINUTE, MINUTE)).isFalse();
    }
  }

  @Test
  void isStuckInACycleThatDoesNotEnd() {
    List<Boolean> stuck = new ArrayList<>();
    SteppedEngine[] made = new SteppedEngine[1];
    Tracing looking =
        new Tracing() {
          @Override
          public Object publishing(SseMessage message) {
            return "span";
          }

          @Override
          public void published(Object span, PublishResult result) {}

          @Override
          public Object context(Object span) {
            return span;
          }

          @Override
          public boolean deliveries() {
            return true;
          }

          @Override
          public Object delivering(SseClient client, List<Object> published) {
            // in the middle of a cycle, with nothing else to do
            WriterLoop loop = made[0].engine().loop(0);
            stuck.add(loop.stuck(0, MINUTE));
            stuck.add(loop.stuck(MINUTE, MINUTE));
            return null;
          }

          @Override
          public void delivered(Object span) {}
        };
    try (SteppedEngine engine = new SteppedEngine(null, looking, new SteppedEngine.Silent())) {
      made[0] = engine;
      engine.connect(Subscription.to("a"));
      engine.publish("a", "1");
      engine.run();
      assertThat(stuck).containsExactly(false, true);
      assertThat(engine.engine().loop(0).stuck(2 * MINUTE, MINUTE)).isFalse();
    }
  }

  @Test
  void theThreadSleepsUntilThereIsSomethingToDoAndEndsWhenItIsTold() throws Exception {
    SteppedEngine engine = new SteppedEngine();
    WriterLoop loop = engine.engine().loop(0);
    Viewer viewer = engine.connect(Subscription.to("a"));
    Thread thread = new Thread(loop::run);
    thread.start();
    asleep(thread);
    engine.publish("a", "published");
    until(() -> viewer.data().contains("published"));
    asleep(thread);
    viewer.client().send(SseMessage.of("sent"));
    until(() -> viewer.data().contains("sent"));
    asleep(thread);
    loop.wake();
    asleep(thread);
    viewer.client().abortNow(CloseReason.REVOKED);
    until(viewer.writer()::ended);
    asleep(thread);
    loop.stop();
    thread.join(60_000);
    assertThat(thread.isAlive()).isFalse();
    engine.close();
  }

  private static void asleep(Thread thread) {
    until(() -> thread.getState() == Thread.State.WAITING);
  }
}
