package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.PublishResult;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.internal.engine.SteppedEngine.Viewer;

/** An event and the clients that it is for, which are offered it 32 at a time. */
class DeliveryTest {

  @Test
  void theResultSaysWhatBecameOfIt() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Subscription one = Subscription.to("a").queue(1, 1 << 20);
      engine.connect(one);
      Viewer drops = engine.connect(one.overflow(Overflow.DROP_OLDEST));
      Viewer ends = engine.connect(one.overflow(Overflow.DISCONNECT));
      Viewer gone = engine.connect(one);
      // reads the log until its response is open
      engine.connecting(one, MemoryWriter.OPEN);
      for (Viewer stalled : List.of(drops, ends)) {
        stalled.writer().stall();
        stalled.client().send(SseMessage.of("in the writer"));
        engine.run();
        stalled.client().send(SseMessage.of("in the queue"));
      }
      gone.client().abortNow(CloseReason.REVOKED);
      PublishResult result = engine.publish("a", "1");
      assertThat(result.matched()).isEqualTo(4);
      assertThat(result.queued()).isEqualTo(3);
      assertThat(result.dropped()).isEqualTo(1);
      assertThat(result.closed()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 31, 32, 33, 65})
  void howeverManyItIsForEachGetsItOnceAndIsCounted(int clients) {
    try (EngineFixture fixture = new EngineFixture()) {
      List<Stream> streams = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        streams.add(fixture.connect(Subscription.to("a")).awaitIdle());
      }
      Stream except = fixture.connect(Subscription.to("a")).awaitIdle();
      Stream other = fixture.connect(Subscription.to("b")).awaitIdle();

      PublishResult result =
          fixture
              .engine()
              .publish(
                  SseMessage.builder().topic("a").data("for a").build(),
                  Set.of(except.client().id()));
      // of no topic, it is for all
      PublishResult all = fixture.publish(SseMessage.builder().data("for all"));

      assertThat(List.of(result.matched(), result.queued())).containsOnly(clients);
      assertThat(List.of(all.matched(), all.queued())).containsOnly(clients + 2);
      assertThat(List.of(result.dropped(), result.closed(), all.dropped(), all.closed()))
          .containsOnly(0);
      assertThat(all.sequence()).isEqualTo(result.sequence() + 1);
      streams.forEach(stream -> stream.awaitData("for a", "for all"));
      except.awaitData("for all");
      other.awaitData("for all");
    }
  }
}
