package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.PublishResult;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;

/** An event and the clients that it is for, which are offered it 32 at a time. */
class DeliveryTest {

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
