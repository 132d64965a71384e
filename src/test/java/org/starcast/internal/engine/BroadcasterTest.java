package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.PublishResult;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;

@ExtendWith(ResponseRuntime.class)
class BroadcasterTest {

  private final RunningBroadcaster running =
      new RunningBroadcaster("message.max-bytes", "1024", "max-patterns-per-client", "3");
  private final SseBroadcaster broadcaster = running.broadcaster();

  @AfterEach
  void stop() {
    running.close();
  }

  private static void awaitData(FakeSink sink, Object... data) {
    await().untilAsserted(() -> assertThat(sink.data()).containsExactly(data));
  }

  @Test
  void deliversWhatMatchesAndSaysWhatBecameOfIt() {
    FakeSink orders = FakeSink.instant();
    FakeSink stock = FakeSink.instant();
    broadcaster.register(orders, Subscription.to("orders.*").mute("orders.debug"));
    broadcaster.register(stock, Subscription.none().topic("stock.+", "ann"));
    PublishResult first = broadcaster.publish("orders.created", "o1");
    assertThat(first.sequence()).isEqualTo(1);
    assertThat(first.id()).matches("[0-9a-z]+-1");
    assertThat(broadcaster.lastEventId()).isEqualTo(first.id());
    assertThat(first.matched()).isEqualTo(1);
    assertThat(first.queued()).isEqualTo(1);
    assertThat(first.dropped()).isZero();
    assertThat(first.closed()).isZero();
    assertThat(broadcaster.publish("orders.debug", "muted").matched()).isZero();
    assertThat(broadcaster.publish("stock.x", "no sender").matched()).isZero();
    broadcaster.publish(SseMessage.builder().topic("stock.x").sender("ann").event("e").data("s1"));
    PublishResult both =
        broadcaster.publish(
            SseMessage.builder().topic("orders.a", "stock.b").sender("ann").data("both"));
    assertThat(both.matched()).isEqualTo(2);
    assertThat(both.sequence()).isEqualTo(5);
    assertThat(broadcaster.publish(SseMessage.of("all")).matched()).isEqualTo(2);
    awaitData(orders, "o1", "both", "all");
    awaitData(stock, "s1", "both", "all");
    assertThat(broadcaster.statistics().get(Metric.PUBLISHED)).isEqualTo(6);
    assertThat(broadcaster.statistics().get(Metric.MATCHED)).isEqualTo(6);
  }

  @Test
  void leavesOutWhomItIsToldTo() {
    FakeSink one = FakeSink.instant();
    FakeSink two = FakeSink.instant();
    SseClient first = broadcaster.register(one, Subscription.all());
    broadcaster.register(two, Subscription.all());
    assertThat(
            broadcaster.publish(SseMessage.builder().data("x").except(first.id(), "?")).matched())
        .isEqualTo(1);
    broadcaster.publish(SseMessage.builder().topic("a").data("y").except(first.id()));
    broadcaster.publish("a", "z");
    awaitData(two, "x", "y", "z");
    awaitData(one, "z");
  }

  @Test
  void findsClientsByIdByTypeAndByTopic() {
    SseClient chat =
        broadcaster.register(
            FakeSink.instant(),
            Subscription.to("chat.*").type("chat").clientId("c1").metadata("room", "lobby"));
    SseClient other = broadcaster.register(FakeSink.instant(), Subscription.to("stock"));
    assertThat(broadcaster.client("c1")).containsSame(chat);
    assertThat(broadcaster.client("c2")).isEmpty();
    assertThat(broadcaster.clients()).containsExactlyInAnyOrder(chat, other);
    assertThat(broadcaster.clients("chat")).containsExactly(chat);
    assertThat(broadcaster.clients("default")).containsExactly(other);
    assertThat(broadcaster.clientsOn("chat.lobby")).containsExactly(chat);
    assertThat(broadcaster.count()).isEqualTo(2);
    assertThat(broadcaster.statistics().byType()).containsEntry("chat", 1);
    assertThat(chat.metadata()).containsEntry("room", "lobby");
    assertThat(other.id()).matches("[A-Za-z0-9_-]{22}");
    assertThatIllegalArgumentException().isThrownBy(() -> broadcaster.clientsOn("chat.*"));
  }

  /** Data of which no JSON can be made. */
  public static final class Unreadable {
    public String getText() {
      throw new IllegalStateException("read");
    }
  }

  @Test
  void sendsToOneClient() {
    FakeSink sink = FakeSink.instant();
    SseClient client = broadcaster.register(sink, Subscription.none());
    String before = broadcaster.lastEventId();
    assertThat(broadcaster.send(client.id(), SseMessage.of("own"))).isTrue();
    assertThat(client.send((Object) "more")).isTrue();
    assertThat(broadcaster.send("unknown", SseMessage.of("own"))).isFalse();
    assertThat(broadcaster.sendToUser("unknown", SseMessage.of("own"))).isZero();
    SseMessage unreadable = SseMessage.builder().data(new Unreadable()).build();
    // which nobody reads here, and no other node is there to
    assertThat(broadcaster.send("unknown", unreadable)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> broadcaster.sendToUser("unknown", unreadable))
        .withMessageStartingWith("data: cannot be turned into JSON");
    awaitData(sink, "own", "more");
    assertThat(broadcaster.lastEventId()).isEqualTo(before);
  }

  @Test
  void refusesWhatIsNotAMessage() {
    String before = broadcaster.lastEventId();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> broadcaster.publish("a.*", "x"))
        .withMessageStartingWith("topic: wildcard '*'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> broadcaster.publish("", "x"))
        .withMessage("topic: is empty");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> broadcaster.publish("a", "x".repeat(2_000)))
        .withMessageMatching(
            "data: the message has 20\\d\\d bytes, at most 1024 \\(starcast.message.max-bytes\\)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> broadcaster.publish(SseMessage.builder().topic("a")))
        .withMessage("message: has neither data nor comment nor retry");
    assertThatExceptionOfType(NullPointerException.class)
        .isThrownBy(() -> broadcaster.publish("a", null))
        .withMessage("payload: must not be null, for the topic \"a\"");
    assertThat(broadcaster.lastEventId()).isEqualTo(before);
  }

  @Test
  void refusesTooManyPatternsAndAnIdInUse() {
    FakeSink sink = FakeSink.instant();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> broadcaster.register(sink, Subscription.to("a", "b").mute("c", "d")))
        .withMessage("topic: 4 patterns, at most 3 (starcast.max-patterns-per-client)");
    broadcaster.register(FakeSink.instant(), Subscription.none().clientId("x"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> broadcaster.register(sink, Subscription.none().clientId("x")))
        .withMessage("clientId: is in use");
    assertThat(sink.sent()).isEmpty();
    assertThat(broadcaster.count()).isEqualTo(1);
  }

  @Test
  void sendsOtherPayloadsAsJson() {
    FakeSink sink = FakeSink.instant();
    broadcaster.register(sink, Subscription.all());
    broadcaster.publish("a", List.of(1, 2));
    broadcaster.publish(SseMessage.builder().topic("a").data(java.util.Map.of("k", "line\nbreak")));
    awaitData(sink, "[1,2]", "{\"k\":\"line\\nbreak\"}");
  }

  @Test
  void tellsObserversOnceThatAClientCameAndWhyItWent() {
    SseClient left = broadcaster.register(FakeSink.instant(), Subscription.none().clientId("left"));
    await().until(() -> left.state() == SseClient.State.OPEN);
    left.close();
    left.close();
    FakeSink broken = FakeSink.instant();
    SseClient gone = broadcaster.register(broken, Subscription.none().clientId("gone"));
    await().until(() -> gone.state() == SseClient.State.OPEN);
    broken.refuse(new IllegalStateException("expected by the test"));
    gone.send((Object) "x");
    await()
        .untilAsserted(
            () ->
                assertThat(running.seen())
                    .containsExactlyInAnyOrder(
                        "opened left",
                        "async opened left",
                        "closed left APPLICATION",
                        "async closed left APPLICATION",
                        "opened gone",
                        "async opened gone",
                        "closed gone CLIENT_GONE",
                        "async closed gone CLIENT_GONE"));
    List<String> sync = running.seen().stream().filter(s -> !s.startsWith("async")).toList();
    assertThat(sync.indexOf("opened left")).isLessThan(sync.indexOf("closed left APPLICATION"));
  }

  @Test
  void drainsAndThenTakesNoMore() {
    FakeSink sink = FakeSink.instant();
    SseClient client = broadcaster.register(sink, Subscription.all());
    await().until(() -> client.state() == SseClient.State.OPEN);
    CompletionStage<Void> drained =
        broadcaster.drain(Duration.ZERO, SseMessage.of("bye"), Duration.ZERO);
    await().until(() -> drained.toCompletableFuture().isDone());
    assertThat(sink.data()).containsExactly("bye");
    await().until(sink::isClosed);
    assertThat(client.closeReason()).contains(CloseReason.DRAIN);
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> broadcaster.register(FakeSink.instant(), Subscription.all()))
        .satisfies(e -> assertThat(e.getResponse().getStatus()).isEqualTo(503));
    assertThat(broadcaster.drain(Duration.ofHours(1)).toCompletableFuture()).isDone();
    assertThat(broadcaster.publish("a", "x").matched()).isZero();
  }

  @Test
  void revokingClosesTheClientsOfAUserOrOnATopicAndNoOthers() {
    SseClient ann = broadcaster.register(FakeSink.instant(), Subscription.to("a.b").user("ann"));
    SseClient bob = broadcaster.register(FakeSink.instant(), Subscription.to("*.b").user("bob"));
    SseClient tom = broadcaster.register(FakeSink.instant(), Subscription.to("c.+").user("tom"));
    assertThat(broadcaster.revoke("ann").closed()).isEqualTo(1);
    assertThat(broadcaster.revoke(bob.id()).closed()).isZero();
    await().until(() -> ann.state() == SseClient.State.CLOSED);
    assertThat(ann.closeReason()).contains(CloseReason.REVOKED);
    assertThat(bob.closeReason()).isEmpty();

    assertThat(broadcaster.revokeTopic("a.*").closed()).isEqualTo(1);
    await().until(() -> bob.state() == SseClient.State.CLOSED);
    assertThat(tom.closeReason()).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> broadcaster.revokeTopic("a..b"));
  }

  /** What a server takes that allows for clocks that differ. */
  private record ExpiredToken(String getName) implements JsonWebToken {

    @Override
    public Set<String> getClaimNames() {
      return Set.of("exp");
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getClaim(String name) {
      return name.equals("exp") ? (T) Long.valueOf(1) : null;
    }
  }

  @Test
  void aCallerWhoseTokenHasExpiredIsRefusedAndCounted() {
    HttpServletRequest request =
        (HttpServletRequest)
            Proxy.newProxyInstance(
                BroadcasterTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, method, args) ->
                    method.getName().equals("getUserPrincipal") ? new ExpiredToken("ann") : null);
    try (RunningBroadcaster late = new RunningBroadcaster(request)) {
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> late.broadcaster().register(FakeSink.instant(), Subscription.to("a")))
          .satisfies(e -> assertThat(e.getResponse().getStatus()).isEqualTo(401));
      SseStatistics statistics = late.broadcaster().statistics();
      assertThat(statistics.refused()).containsEntry(RefusedException.Reason.FORBIDDEN, 1L);
      assertThat(statistics.clients()).isZero();
    }
  }
}
