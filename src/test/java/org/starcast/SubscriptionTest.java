package org.starcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.Subscription.Overflow;

class SubscriptionTest {

  @Test
  void addsUpPatternsWithTheirSendersAndMutes() {
    Subscription subscription =
        Subscription.to("orders.*", "stock.+")
            .topic("chat.lobby", "ann", "bob")
            .mute("orders.debug", "*.trace");
    assertThat(subscription.topics())
        .containsExactly(
            Map.entry("orders.*", Set.of()),
            Map.entry("stock.+", Set.of()),
            Map.entry("chat.lobby", Set.of("ann", "bob")));
    assertThat(subscription.muted()).containsExactly("orders.debug", "*.trace");
    assertThat(subscription.without("stock.+").without("unknown").topics())
        .containsOnlyKeys("orders.*", "chat.lobby");
    assertThat(subscription.unmute("*.trace", "unknown").muted()).containsExactly("orders.debug");
  }

  @Test
  void aPatternGivenAgainHasItsSendersReplaced() {
    Subscription subscription = Subscription.none().topic("a", "ann").topic("a", "bob");
    assertThat(subscription.topics()).containsExactly(Map.entry("a", Set.of("bob")));
    assertThat(subscription.topic("a").topics()).containsExactly(Map.entry("a", Set.of()));
  }

  /** Else a request of 5 kB, with 90 topics and 420 senders, would hold megabytes. */
  @Test
  void patternsFromTheSameSendersShareThem() {
    String[] senders = IntStream.range(0, 420).mapToObj(i -> "s" + i).toArray(String[]::new);
    Subscription subscription = Subscription.none();
    for (int i = 0; i < 90; i++) {
      subscription = subscription.topic("t." + i, senders);
    }
    Set<String> shared = subscription.topics().get("t.0");
    assertThat(shared).containsExactlyInAnyOrder(senders);
    assertThat(subscription.topics().values()).hasSize(90).allMatch(set -> set == shared);
    Map<String, Set<String>> others = subscription.topic("t.7", "ann").topics();
    assertThat(others.get("t.7")).containsExactly("ann");
    assertThat(others.get("t.8")).isSameAs(shared);
  }

  @Test
  void theFormsForAllAndForNothing() {
    assertThat(Subscription.all().topics()).containsOnlyKeys("*");
    assertThat(Subscription.none().topics()).isEmpty();
    assertThat(Subscription.to().topics()).isEmpty();
    assertThat(Subscription.to(Map.of("a", Set.of("ann"))).topics())
        .containsExactly(Map.entry("a", Set.of("ann")));
  }

  @Test
  void everyMethodLeavesTheSubscriptionAsItWas() {
    Subscription start = Subscription.to("a").mute("b").type("t").metadata("k", 1);
    String before = describe(start);
    start.topic("c");
    start.without("a");
    start.mute("d");
    start.unmute("b");
    start.clientId("id");
    start.type("other");
    start.user("ann");
    start.metadata("k", 2);
    start.overflow(Overflow.COALESCE);
    start.queue(5, 5_000);
    assertThat(describe(start)).isEqualTo(before);
  }

  @Test
  void everyMethodKeepsWhatTheOthersSet() {
    Subscription all =
        Subscription.to("a")
            .clientId("id")
            .type("t")
            .user("u")
            .metadata("k", 1)
            .overflow(Overflow.DROP_OLDEST)
            .queue(5, 5_000)
            .mute("b");
    String expected = "{a=[]} [b] Optional[id] t Optional[u] {k=1} Optional[DROP_OLDEST] 5 5000";
    assertThat(describe(all)).isEqualTo(expected);
    assertThat(describe(all.topic("c").without("c"))).isEqualTo(expected);
    assertThat(describe(all.mute("c").unmute("c"))).isEqualTo(expected);
    assertThat(describe(all.clientId("id"))).isEqualTo(expected);
    assertThat(describe(all.type("t"))).isEqualTo(expected);
    assertThat(describe(all.user("u"))).isEqualTo(expected);
    assertThat(describe(all.metadata("k", 1))).isEqualTo(expected);
    assertThat(describe(all.overflow(Overflow.DROP_OLDEST))).isEqualTo(expected);
    assertThat(describe(all.queue(5, 5_000))).isEqualTo(expected);
  }

  private static String describe(Subscription s) {
    return String.join(
        " ",
        s.topics().toString(),
        s.muted().toString(),
        s.clientId().toString(),
        s.type(),
        s.user().toString(),
        s.metadata().toString(),
        s.overflow().toString(),
        "" + s.queueMessages(),
        "" + s.queueBytes());
  }

  @Test
  void whatItGivesOutCannotBeChanged() {
    Map<String, Set<String>> given = new HashMap<>();
    Set<String> senders = new HashSet<>(Set.of("ann"));
    given.put("a", senders);
    Subscription subscription = Subscription.to(given).mute("b").metadata("k", 1);
    given.put("c", Set.of());
    senders.add("bob");
    assertThat(subscription.topics()).containsExactly(Map.entry("a", Set.of("ann")));
    assertThat(subscription.topics()).isUnmodifiable();
    assertThat(subscription.topics().get("a")).isUnmodifiable();
    assertThat(subscription.muted()).isUnmodifiable();
    assertThat(subscription.metadata()).isUnmodifiable();
    assertThat(subscription.without("x").topics()).isUnmodifiable();
    assertThat(subscription.unmute("x").muted()).isUnmodifiable();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a..b", "a.", "a b", "a+b", "a.>", "a\nb"})
  void aMalformedPatternIsRefused(String pattern) {
    assertThatIllegalArgumentException().isThrownBy(() -> Subscription.to("good", pattern));
    assertThatIllegalArgumentException().isThrownBy(() -> Subscription.none().topic(pattern));
    assertThatIllegalArgumentException().isThrownBy(() -> Subscription.all().mute("good", pattern));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Subscription.to(Map.of(pattern, Set.of())));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\nb", "\udc00"})
  void aMalformedSenderTypeOrUserIsRefused(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Subscription.none().topic("a", "ann", value))
        .withMessageStartingWith("sender: ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Subscription.none().type(value))
        .withMessageStartingWith("type: ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Subscription.none().user(value))
        .withMessageStartingWith("user: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a/b", "a\n", "é", "<script>", "a,b"})
  void aClientIdThatWouldNeedEscapingIsRefused(String id) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Subscription.none().clientId(id))
        .withMessage("clientId: must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -");
  }

  @Test
  void aClientIdHasUpTo128Characters() {
    String longest = "aZ09._~-".repeat(16);
    assertThat(Subscription.none().clientId(longest).clientId()).contains(longest);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Subscription.none().clientId(longest + "a"));
  }

  @Test
  void theQueuesBoundsAreBounded() {
    Subscription none = Subscription.none();
    assertThat(none.queueMessages()).isZero();
    assertThat(none.queueBytes()).isZero();
    assertThat(none.queue(1, 1_024).queueMessages()).isEqualTo(1);
    assertThat(none.queue(1_000_000, 1L << 30).queueBytes()).isEqualTo(1L << 30);
    for (int messages : new int[] {0, -1, 1_000_001}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> none.queue(messages, 1_024))
          .withMessage("messages: must be 1 to 1000000, is " + messages);
    }
    for (long bytes : new long[] {1_023, -1, (1L << 30) + 1}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> none.queue(1, bytes))
          .withMessage("bytes: must be 1024 to 1073741824, is " + bytes);
    }
  }

  @Test
  void nullIsRefusedByName() {
    Subscription none = Subscription.none();
    assertThatNullPointerException().isThrownBy(() -> none.clientId(null)).withMessage("clientId");
    assertThatNullPointerException().isThrownBy(() -> none.overflow(null)).withMessage("overflow");
    assertThatNullPointerException().isThrownBy(() -> none.metadata(null, 1)).withMessage("key");
    assertThatNullPointerException()
        .isThrownBy(() -> none.metadata("k", null))
        .withMessage("value");
  }

  @Test
  void itsTextDoesNotShowTheMetadata() {
    assertThat(Subscription.to("a").mute("b").metadata("token", "private").toString())
        .isEqualTo("Subscription[topics={a=[]}, muted=[b], type=default]");
  }
}
