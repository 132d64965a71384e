package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.starcast.internal.engine.EngineFixture.until;
import static org.starcast.internal.topic.NaivePattern.matches;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.internal.security.Grant;
import org.starcast.internal.security.TestAccess;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.security.Caller;
import org.starcast.security.TopicAuthorizer;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;
import org.starcast.spi.StoredEvent;

/** What a client may hear, from its first event to its last. */
@ExtendWith(ResponseRuntime.class)
class GrantTest {

  private static final TopicAuthorizer PUBLIC_ONLY =
      (caller, action, pattern) ->
          CompiledPattern.of("public.*").contains(CompiledPattern.of(pattern))
              ? Decision.PERMIT
              : Decision.ABSTAIN;

  private static Caller expiring(Instant expiry) {
    return new Caller(Optional.of("ann"), Set.of(), Map.of(), Optional.of(expiry));
  }

  private static Grant guarded(TopicAuthorizer... authorizers) {
    return TestAccess.of(authorizers).grant(Caller.ANONYMOUS, true);
  }

  private static Grant own(TopicAuthorizer... authorizers) {
    return TestAccess.of(authorizers).grant(Caller.ANONYMOUS, false);
  }

  @Test
  void aPatternThatIsNotPermittedIsRefusedAndLeavesNothingBehind() {
    try (EngineFixture fixture = new EngineFixture()) {
      for (String pattern : List.of("*", "secret", "p*.*")) {
        assertThatThrownBy(
                () -> fixture.connect(Subscription.to("public.a", pattern), guarded(PUBLIC_ONLY)))
            .isInstanceOfSatisfying(
                RefusedException.class,
                e -> assertThat(e.getResponse().getStatus()).isEqualTo(401));
      }
      assertThat(fixture.engine().count()).isZero();
      assertThat(fixture.engine().allClients()).isEmpty();
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.REFUSED)).isEqualTo(3);
      assertThat(fixture.publish("secret", "m").matched()).isZero();
    }
  }

  @Test
  void aLaterSubscriptionIsAskedAboutToo() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.to("public.a"), guarded(PUBLIC_ONLY));
      stream.client().subscribe("public.b.*");
      assertThatThrownBy(() -> stream.client().subscribe("public*"))
          .isInstanceOf(RefusedException.class);
      assertThat(stream.client().subscription().topics())
          .containsOnlyKeys("public.a", "public.b.*");
      fixture.publish("publicity", "not for it");
      fixture.publish("public.b.c", "for it");
      stream.awaitData("for it");
    }
  }

  @Test
  void theApplicationsOwnClientsHearAllButWhatIsDenied() {
    TopicAuthorizer denying =
        (caller, action, pattern) ->
            CompiledPattern.of(pattern).overlaps(CompiledPattern.of("secret.*"))
                ? Decision.DENY
                : Decision.ABSTAIN;
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.to("any.*"), own(denying));
      stream.client().subscribe("more.*");
      assertThatThrownBy(() -> stream.client().subscribe("*")).isInstanceOf(RefusedException.class);
      assertThatThrownBy(() -> fixture.connect(Subscription.all(), own(denying)))
          .isInstanceOf(RefusedException.class);
    }
  }

  @Test
  void whatIsReplayedIsAskedAboutTopicByTopicAndEachOnce() {
    Map<String, AtomicInteger> asked = new HashMap<>();
    // permits patterns, as it did when the client subscribed, but of the topics only some
    TopicAuthorizer changing =
        (caller, action, pattern) -> {
          synchronized (asked) {
            asked.computeIfAbsent(pattern, p -> new AtomicInteger()).incrementAndGet();
          }
          return pattern.equals("a.secret") ? Decision.DENY : Decision.PERMIT;
        };
    for (Grant grant : List.of(guarded(changing), own(changing))) {
      asked.clear();
      try (EngineFixture fixture = new EngineFixture()) {
        for (int i = 0; i < 300; i++) {
          fixture.publish("a.secret", "secret " + i);
          fixture.publish("b", "not subscribed");
        }
        fixture.publish("a.known", "one");
        fixture.publish(SseMessage.builder().topics(List.of("a.secret", "a.both")).data("two"));
        fixture.publish(SseMessage.builder().data("to all"));
        Stream stream =
            fixture.connect(Subscription.to("a.*").resumeFrom(Subscription.EARLIEST), grant);
        stream.awaitData("one", "two", "to all");
        until(() -> fixture.publish("nobody", "x").matched() == 0);
        synchronized (asked) {
          assertThat(asked).containsOnlyKeys("a.*", "a.secret", "a.known", "a.both");
          assertThat(asked.get("a.secret")).hasValueLessThanOrEqualTo(2);
        }
        // it is level by now, or soon
        fixture.publish("a.live", "live");
        stream.awaitData("one", "two", "to all", "live");
      }
    }
  }

  @Test
  void historyAndStatesAreAskedAboutToo() {
    TopicAuthorizer denying =
        (caller, action, pattern) -> pattern.endsWith("secret") ? Decision.DENY : Decision.PERMIT;
    try (EngineFixture fixture = new EngineFixture("log.retain.\"state.*\"", "latest")) {
      fixture.publish("state.secret", "s1");
      fixture.publish("state.open", "s2");
      fixture.publish("a.secret", "no");
      fixture.publish("a.open", "yes");
      Stream stream =
          fixture.connect(Subscription.to("a.*", "state.*").history(1), guarded(denying));
      stream.awaitData("s2", "yes");
    }
  }

  @Test
  void nobodyIsAskedWhereThereIsNobody() {
    assertThat(TestAccess.of().grant(Caller.ANONYMOUS, true).asks()).isFalse();
    assertThat(own(PUBLIC_ONLY).asks()).isTrue();
    assertThat(guarded(PUBLIC_ONLY).asks()).isTrue();
  }

  @Test
  void theExpiryOfTheTokenEndsTheStream() {
    try (EngineFixture fixture = new EngineFixture()) {
      Instant expiry = Instant.now().plus(Duration.ofHours(1));
      Stream stream =
          fixture
              .connect(Subscription.all(), TestAccess.of().grant(expiring(expiry), false))
              .awaitIdle();
      stream.client().onTime(System.nanoTime() + Duration.ofMinutes(59).toNanos());
      assertThat(stream.client().state()).isEqualTo(SseClient.State.OPEN);
      stream.client().onTime(System.nanoTime() + Duration.ofMinutes(61).toNanos());
      stream.awaitClosed();
      until(() -> fixture.closedBecause(CloseReason.EXPIRED) == 1);
    }
  }

  @Test
  void theClockEndsItToo() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream =
          fixture.connect(
              Subscription.all(),
              TestAccess.of().grant(expiring(Instant.now().plusMillis(300)), false));
      stream.awaitClosed();
      until(() -> fixture.closedBecause(CloseReason.EXPIRED) == 1);
    }
  }

  @Test
  void whoIsBehindGetsNothingMoreOnceTheTokenHasExpired() {
    try (EngineFixture fixture = new EngineFixture("queue.messages", "2")) {
      Instant expiry = Instant.now().plus(Duration.ofMinutes(10));
      Stream stream =
          fixture.connect(Subscription.all(), TestAccess.of().grant(expiring(expiry), false));
      stream.plug();
      for (int i = 0; i < 10; i++) {
        fixture.publish("a", "m" + i);
      }
      stream.client().onTime(System.nanoTime() + Duration.ofMinutes(30).toNanos());
      stream.awaitClosed();
      until(() -> fixture.closedBecause(CloseReason.EXPIRED) == 1);
      assertThat(stream.writer().data()).doesNotContain("m9");
    }
  }

  @Test
  void aTokenThatHasExpiredIsRefusedAndOneOfTheFarFutureHolds() {
    try (EngineFixture fixture = new EngineFixture()) {
      assertThatThrownBy(
              () ->
                  fixture.connect(
                      Subscription.all(),
                      TestAccess.of().grant(expiring(Instant.now().minusSeconds(1)), false)))
          .isInstanceOfSatisfying(
              RefusedException.class, e -> assertThat(e.getResponse().getStatus()).isEqualTo(401));
      assertThat(fixture.engine().count()).isZero();
      Stream stream =
          fixture.connect(Subscription.all(), TestAccess.of().grant(expiring(Instant.MAX), false));
      stream.client().onTime(System.nanoTime() + Duration.ofDays(1000).toNanos());
      fixture.publish("a", "m");
      stream.awaitData("m");
    }
  }

  @Test
  void aRevokedClientIsClosedAtOnceWithWhatWaitsForIt() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream revoked = fixture.connect(Subscription.to("a.*")).plug();
      Stream kept = fixture.connect(Subscription.to("b.*")).awaitIdle();
      fixture.publish("a.x", "not written");
      assertThat(
              fixture.engine().revoke(client -> client.subscription().topics().containsKey("a.*")))
          .isEqualTo(1);
      revoked.awaitClosed();
      assertThat(revoked.writer().data()).doesNotContain("not written");
      until(() -> fixture.closedBecause(CloseReason.REVOKED) == 1);
      assertThat(kept.client().state()).isEqualTo(SseClient.State.OPEN);
      until(() -> fixture.engine().count() == 1);
      assertThat(fixture.engine().revoke(client -> false)).isZero();
    }
  }

  @Test
  void whatIsRevokedWhileItIsAskedAboutIsAskedAgain() {
    AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
    AtomicReference<Decision> decision = new AtomicReference<>(Decision.PERMIT);
    TopicAuthorizer slow =
        (caller, action, pattern) -> {
          Decision before = decision.get();
          if (action == Action.SUBSCRIBE) {
            meanwhile.getAndSet(() -> {}).run();
          }
          return before;
        };
    try (EngineFixture fixture = new EngineFixture()) {
      Stream stream = fixture.connect(Subscription.to("a"), guarded(slow));
      meanwhile.set(
          () -> {
            decision.set(Decision.DENY);
            fixture.engine().revoke(client -> client.subscription().topics().containsKey("b"));
          });
      assertThatThrownBy(() -> stream.client().subscribe("b")).isInstanceOf(RefusedException.class);
      assertThat(stream.client().subscription().topics()).containsOnlyKeys("a");
    }
  }

  @Test
  void theFilterOfTheLogAsksForEachTopicOnceAndKnowsWhetherItHasTo() {
    List<String> topics = List.of("a", "b", "c", "d.e", "d.f");
    List<String> patterns = List.of("a", "b", "d.*", "*");
    Set<String> audible = Set.of("a", "d.e");
    Random random = new Random(3);
    for (int round = 0; round < 500; round++) {
      List<String> asked = new ArrayList<>();
      TopicAuthorizer authorizer =
          (caller, action, topic) -> {
            asked.add(topic);
            return audible.contains(topic) ? Decision.PERMIT : Decision.DENY;
          };
      boolean all = random.nextInt(3) == 0;
      String wanted = patterns.get(random.nextInt(4));
      String muted = random.nextBoolean() ? "unused" : patterns.get(random.nextInt(3));
      SubscriptionFilter filter =
          new SubscriptionFilter(
              Subscription.to(wanted).mute(muted), "me", all ? Grant.ALL : guarded(authorizer));
      Set<String> known = new HashSet<>();
      for (int i = 0; i < 10; i++) {
        List<String> of = topics.stream().filter(topic -> random.nextInt(3) == 0).toList();
        List<String> except =
            random.nextInt(4) > 0 ? List.of() : List.of(random.nextBoolean() ? "me" : "other");
        StoredEvent event = new StoredEvent(1, 0, of, null, except, new byte[0], 0);
        boolean not = except.contains("me") || of.stream().anyMatch(topic -> matches(muted, topic));
        boolean expected = !not && of.isEmpty();
        Set<String> before = Set.copyOf(known);
        for (String topic : not ? List.<String>of() : of) {
          if (!expected && matches(wanted, topic)) {
            expected = all || audible.contains(topic);
            known.add(topic);
          }
        }
        assertThat(filter.decides(event)).isEqualTo(all || before.equals(known));
        assertThat(filter.test(event)).isEqualTo(expected);
        assertThat(filter.decides(event)).isTrue();
      }
      assertThat(asked).doesNotHaveDuplicates();
      assertThat(asked).hasSize(all ? 0 : known.size());
    }
  }
}
