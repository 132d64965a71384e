package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.FakeSink;
import org.starcast.PublishResult;
import org.starcast.RunningBroadcaster;
import org.starcast.SseBroadcaster;
import org.starcast.SseBroadcaster.RevokeResult;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.backplane.Answering;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;

/** What reaches the clients of another node than the one that is asked. */
class PeersTest {

  private final MemoryStream shared = new MemoryStream();
  private final MemoryStream.Node backplane = shared.node();
  private final RunningBroadcaster here = new RunningBroadcaster(backplane);
  private final RunningBroadcaster there = new RunningBroadcaster(shared.node());

  @AfterEach
  void stop() {
    here.close();
    there.close();
  }

  private static void awaitData(FakeSink sink, Object... data) {
    await().untilAsserted(() -> assertThat(sink.data()).containsExactly(data));
  }

  private static void awaitClosed(SseClient client) {
    await().until(() -> client.closeReason().filter(CloseReason.REVOKED::equals).isPresent());
  }

  @Test
  void aMessageToAClientIsSentWhereverTheClientIs() {
    FakeSink sink = FakeSink.instant();
    there.broadcaster().register(sink, Subscription.to("a").clientId("ann-1"));
    SseMessage message =
        SseMessage.builder().event("greet").data(Map.of("line", "one\ntwo")).build();
    assertThat(here.broadcaster().send("ann-1", message)).isTrue();
    awaitData(sink, "{\"line\":\"one\\ntwo\"}");
    assertThat(sink.sent().get(sink.sent().size() - 1).getName()).isEqualTo("greet");
    assertThat(there.broadcaster().send("ann-1", SseMessage.of("near"))).isTrue();
    awaitData(sink, "{\"line\":\"one\\ntwo\"}", "near");
  }

  @Test
  void aMessageToAUserGoesOnceToEachClientOfAllNodes() {
    FakeSink near = FakeSink.instant();
    FakeSink far = FakeSink.instant();
    FakeSink other = FakeSink.instant();
    here.broadcaster().register(near, Subscription.to("a").user("ann"));
    there.broadcaster().register(far, Subscription.to("a").user("ann"));
    there.broadcaster().register(other, Subscription.to("a").user("bob"));
    assertThat(here.broadcaster().sendToUser("ann", SseMessage.of("hello"))).isEqualTo(1);
    here.broadcaster().publish("a", "end");
    awaitData(near, "hello", "end");
    awaitData(far, "hello", "end");
    awaitData(other, "end");
  }

  @Test
  void revokingReachesAllNodes() {
    SseClient near =
        here.broadcaster().register(FakeSink.instant(), Subscription.to("a.x").user("ann"));
    SseClient far =
        there.broadcaster().register(FakeSink.instant(), Subscription.to("a.*").user("ann"));
    SseClient other =
        there.broadcaster().register(FakeSink.instant(), Subscription.to("b").user("bob"));
    assertThat(here.broadcaster().revoke("ann").closed()).isEqualTo(1);
    awaitClosed(near);
    awaitClosed(far);
    assertThat(here.broadcaster().revokeTopic("b").closed()).isZero();
    awaitClosed(other);
    assertThatIllegalArgumentException().isThrownBy(() -> here.broadcaster().revokeTopic("b..c"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          send   | no json
          send   | []
          send   | {}
          send   | {"node":"x"}
          send   | {"node":"x","client":1,"data":"d"}
          send   | {"node":"x","client":"ann-1"}
          send   | {"node":"x","client":"ann-1","event":"a\\nb","data":"d"}
          send   | {"node":"x","client":"ann-1","retry":1e99}
          revoke | {"node":"x","principal":null}
          revoke-topic | {"node":"x","pattern":"a..b"}
          unheard-of | {"node":"x"}
          """)
  void whatIsNoCommandIsLeftOutAndCountedAndNothingEnds(String type, String body) {
    FakeSink sink = FakeSink.instant();
    there.broadcaster().register(sink, Subscription.to("a").clientId("ann-1").user("ann"));
    backplane.command(type, body.getBytes(StandardCharsets.UTF_8));
    here.broadcaster().publish("a", "end");
    awaitData(sink, "end");
    assertThat(there.broadcaster().statistics().backplane().skipped())
        .isEqualTo(type.equals("unheard-of") ? 0 : 1);
  }

  /** A node whose commands fail while a test says so. */
  private RunningBroadcaster failing(Supplier<CompletionStage<Void>> failure) {
    return new RunningBroadcaster(
        new Answering(shared.node()) {
          @Override
          public CompletionStage<Void> command(String type, byte[] body) {
            CompletionStage<Void> failed = type.startsWith("node-") ? null : failure.get();
            return failed == null ? super.command(type, body) : failed;
          }
        });
  }

  private static BackplaneException away() {
    return new BackplaneException("the broker is away", false, null);
  }

  @Test
  void aRevocationIsDoneHereAtOnceAndThereAsSoonAsTheBrokerTakesIt() {
    AtomicReference<CompletionStage<Void>> failure =
        new AtomicReference<>(CompletableFuture.failedStage(away()));
    try (RunningBroadcaster node = failing(failure::get)) {
      SseClient near =
          node.broadcaster().register(FakeSink.instant(), Subscription.to("a").user("ann"));
      SseClient far =
          there.broadcaster().register(FakeSink.instant(), Subscription.to("a").user("ann"));
      SseClient topic = there.broadcaster().register(FakeSink.instant(), Subscription.to("b"));
      RevokeResult user = node.broadcaster().revoke("ann");
      RevokeResult pattern = node.broadcaster().revokeTopic("b");
      assertThat(user.closed()).isEqualTo(1);
      awaitClosed(near);
      assertThat(far.closeReason()).isEmpty();
      assertThat(user.everywhere().toCompletableFuture()).isNotDone();
      failure.set(null);
      await().until(user.everywhere().toCompletableFuture()::isDone);
      assertThat(user.everywhere().toCompletableFuture()).isCompleted();
      awaitClosed(far);
      awaitClosed(topic);
      await().until(pattern.everywhere().toCompletableFuture()::isDone);
    }
  }

  @Test
  void aRevocationThatNeverReachesTheOthersFails() {
    RevokeResult result;
    try (RunningBroadcaster node = failing(() -> CompletableFuture.failedStage(away()))) {
      result = node.broadcaster().revoke("ann");
    }
    assertThat(result.everywhere().toCompletableFuture()).isCompletedExceptionally();
  }

  @Test
  void aMessageThatDoesNotReachTheOthersIsAFailure() {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    AtomicReference<CompletionStage<Void>> failure =
        new AtomicReference<>(CompletableFuture.failedStage(away()));
    try (RunningBroadcaster node = failing(failure::get)) {
      FakeSink near = FakeSink.instant();
      node.broadcaster().register(near, Subscription.to("a").user("ann"));
      SseBroadcaster broadcaster = node.broadcaster();
      assertThatThrownBy(() -> broadcaster.sendToUser("ann", SseMessage.of("one")))
          .isInstanceOf(BackplaneException.class);
      assertThatThrownBy(() -> broadcaster.send("far", SseMessage.of("two")))
          .isInstanceOf(BackplaneException.class);
      assertThat(node.failures()).isEmpty();
      awaitData(near, "one");
      failure.set(answer);
      assertThat(broadcaster.sendToUser("ann", SseMessage.of("three"))).isEqualTo(1);
      assertThat(broadcaster.send("far", SseMessage.of("four"))).isTrue();
      answer.completeExceptionally(away());
      await()
          .untilAsserted(
              () ->
                  assertThat(node.failures())
                      .extracting(failed -> failed.message().data().orElseThrow())
                      .containsExactlyInAnyOrder("three", "four"));
    }
  }

  @Test
  void aMessageThatIsTooLargeForTheOthersIsRefused() {
    String large = "x".repeat(here.config().limits().messageBytes());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> here.broadcaster().send("far", SseMessage.of(large)))
        .withMessageContaining("at most");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> here.broadcaster().sendToUser("ann", SseMessage.of(large)));
  }

  @Test
  void whatIsNotStoredAfterAllIsAnEvent() {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    try (RunningBroadcaster node =
        new RunningBroadcaster(
            new Answering(shared.node()) {
              @Override
              public CompletableFuture<Long> append(OutgoingEvent envelope) {
                return answer;
              }
            })) {
      PublishResult result = node.broadcaster().publish("a", "lost");
      assertThat(node.failures()).isEmpty();
      answer.completeExceptionally(new BackplaneException("no answer", true, null));
      await().until(() -> node.failures().size() == 1);
      PublishResult.Failure failure = node.failures().get(0);
      assertThat(failure.message().data()).contains("lost");
      assertThat(failure.cause()).isInstanceOf(BackplaneException.class);
      assertThat(result.stored().toCompletableFuture()).isCompletedExceptionally();
      assertThatThrownBy(() -> node.broadcaster().publish("a", "refused"))
          .isInstanceOf(BackplaneException.class);
    }
  }
}
