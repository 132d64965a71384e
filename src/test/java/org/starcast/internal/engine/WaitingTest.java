package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;

/** What waits for room in a queue is bounded as the queue is. */
class WaitingTest {

  private static List<CompletableFuture<Boolean>> fill(Stream stream, int length) {
    List<CompletableFuture<Boolean>> stages = new ArrayList<>();
    CompletableFuture<Boolean> last;
    do {
      SseMessage message = SseMessage.of(stages.size() + "x".repeat(length));
      last = stream.client().sendWhenRoom(message).toCompletableFuture();
      stages.add(last);
    } while (!last.isCompletedExceptionally());
    return stages;
  }

  @Test
  void asManyWaitAsTheQueueMayHold() throws Exception {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.none().queue(40, 1 << 20)).plug();
      List<CompletableFuture<Boolean>> stages = fill(stream, 10);
      assertThat(stages)
          .as("half of the queue, as many as it holds, one more")
          .hasSize(20 + 40 + 1);
      assertThat(stages.remove(60))
          .failsWithin(0, TimeUnit.SECONDS)
          .withThrowableOfType(java.util.concurrent.ExecutionException.class)
          .withCauseInstanceOf(IllegalStateException.class)
          .withMessageContaining("message: 40 messages of");
      stream.unplug();
      for (CompletableFuture<Boolean> stage : stages) {
        assertThat(stage.get(20, TimeUnit.SECONDS)).isTrue();
      }
      stream.awaitIdle();
      assertThat(stream.writer().data()).hasSize(1 + 60);
      assertThat(stream.client().sendWhenRoom(SseMessage.of("more")).toCompletableFuture().get())
          .isTrue();
    }
  }

  @Test
  void asManyBytesWaitAsTheQueueMayHold() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.none().queue(1000, 100_000)).plug();
      List<CompletableFuture<Boolean>> stages = fill(stream, 2000);
      long waiting = stages.size() - 1 - stream.client().queued();
      assertThat(waiting * 2000).isBetween(90_000L, 100_000L);
    }
  }

  @Test
  void sixteenWaitHoweverSmallTheQueue() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.none().queue(1, 1024)).plug();
      List<CompletableFuture<Boolean>> stages = fill(stream, 10_000);
      assertThat(stages).hasSize(1 + 16 + 1);
      stream.client().abortNow(org.starcast.SseClient.CloseReason.APPLICATION);
      stream.awaitClosed();
      assertThat(stages.get(10)).succeedsWithin(20, TimeUnit.SECONDS).isEqualTo(false);
    }
  }
}
