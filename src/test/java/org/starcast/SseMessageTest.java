package org.starcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SseMessageTest {

  private static final SseMessage FULL =
      SseMessage.builder()
          .topic("a.b", "c")
          .sender("ann")
          .event("order")
          .id("42")
          .retry(Duration.ofSeconds(3))
          .data("text")
          .comment("note")
          .coalesce("key")
          .build();

  @Test
  void namesOfTheLibrarysOwnEventsAreRefused() {
    for (String own : List.of("starcast-client", "starcast-gap", "starcast", "starcast.x")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SseMessage.builder().event(own))
          .withMessage("event: names that begin with starcast are the library's own");
    }
    SseMessage.Builder presence = SseMessage.builder().event("starcast-presence").data("x");
    assertThatIllegalArgumentException().isThrownBy(presence::build);
    assertThatIllegalArgumentException().isThrownBy(presence.topic("a")::build);
    assertThat(presence.topic("starcast.presence.a").build().event()).contains("starcast-presence");
  }

  @Test
  void keepsWhatItIsGiven() {
    assertThat(FULL.topics()).containsExactly("a.b", "c");
    assertThat(FULL.sender()).contains("ann");
    assertThat(FULL.event()).contains("order");
    assertThat(FULL.id()).contains("42");
    assertThat(FULL.retry()).contains(Duration.ofSeconds(3));
    assertThat(FULL.data()).contains("text");
    assertThat(FULL.comment()).contains("note");
    assertThat(FULL.coalesceKey()).contains("key");
    assertThat(FULL.toSseMessage()).isSameAs(FULL);
  }

  @Test
  void aBuilderFromAMessageStartsWithAllItsValuesAndLeavesItAlone() {
    SseMessage changed = FULL.toBuilder().topic("d").data("other").build();
    assertThat(changed.topics()).containsExactly("d");
    assertThat(changed.data()).contains("other");
    assertThat(changed).usingRecursiveComparison().ignoringFields("topics", "data").isEqualTo(FULL);
    assertThat(FULL.topics()).containsExactly("a.b", "c");
    assertThat(FULL.toBuilder().build()).usingRecursiveComparison().isEqualTo(FULL);
  }

  @Test
  void dataAloneMakesAMessageToAll() {
    SseMessage message = SseMessage.of("x");
    assertThat(message.topics()).isEmpty();
    assertThat(message.sender()).isEmpty();
    assertThat(message.event()).isEmpty();
    assertThat(message.id()).isEmpty();
    assertThat(message.retry()).isEmpty();
    assertThat(message.comment()).isEmpty();
    assertThat(message.coalesceKey()).isEmpty();
    assertThat(message.data()).contains("x");
  }

  @Test
  void hasDataOrACommentOrARetry() {
    assertThat(SseMessage.builder().data("").build().data()).contains("");
    assertThat(SseMessage.builder().comment("").build().data()).isEmpty();
    assertThat(SseMessage.builder().retry(Duration.ZERO).build().data()).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().topic("a").event("e").id("1").build())
        .withMessage("message: has neither data nor comment nor retry");
  }

  @Test
  void doesNotChangeWithTheListItWasGiven() {
    List<String> topics = new ArrayList<>(List.of("a"));
    SseMessage message = SseMessage.builder().topics(topics).data("x").build();
    topics.add("b");
    assertThat(message.topics()).containsExactly("a");
    assertThat(message.topics()).isUnmodifiable();
  }

  @Test
  void retryIsInWholeMillisecondsOfOneDay() {
    assertThat(SseMessage.builder().retry(Duration.ofNanos(1_999_999)).build().retry())
        .contains(Duration.ofMillis(1));
    assertThat(SseMessage.builder().retry(Duration.ofHours(24)).build().retry())
        .contains(Duration.ofHours(24));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().retry(Duration.ofNanos(-1)))
        .withMessage("retry: must be 0 to 24 hours, is PT-0.000000001S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().retry(Duration.ofHours(24).plusNanos(1)))
        .withMessageStartingWith("retry: must be 0 to 24 hours, is PT24H");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\nb", "a\rb", "a\0b", "\ud800"})
  void anEventNameOrIdThatWouldBreakTheStreamIsRefused(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().event(value))
        .withMessageStartingWith("event: ");
    if (value.isEmpty()) {
      // the format's way to have a client forget the last id
      assertThat(SseMessage.builder().data("x").id(value).build().id()).contains("");
      return;
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().id(value))
        .withMessageStartingWith("id: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a..b", ".a", "a.", "a.*", "+", "a b", "a\nb", "a>"})
  void aTopicThatIsNoneIsRefused(String topic) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().topic("good", topic))
        .withMessageStartingWith("topic: ");
  }

  @Test
  void fieldsAreBounded() {
    String longest = "x".repeat(256);
    SseMessage message =
        SseMessage.builder()
            .event(longest)
            .id(longest)
            .sender(longest)
            .topic(longest)
            .data("")
            .build();
    assertThat(message.event()).contains(longest);
    String longer = longest + "x";
    assertThatIllegalArgumentException().isThrownBy(() -> SseMessage.builder().event(longer));
    assertThatIllegalArgumentException().isThrownBy(() -> SseMessage.builder().id(longer));
    assertThatIllegalArgumentException().isThrownBy(() -> SseMessage.builder().topic(longer));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().sender(longer))
        .withMessage("sender: has 257 characters, at most 256");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().sender("a\tb"))
        .withMessage("sender: has a control character at index 1");
  }

  @Test
  void aMessageHasAtMostSixteenTopics() {
    String[] most = IntStream.range(0, 16).mapToObj(i -> "t." + i).toArray(String[]::new);
    assertThat(SseMessage.builder().topic(most).data("").build().topics()).hasSize(16);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().topics(Collections.nCopies(196_000, "t")))
        .withMessage("topic: has 196000 topics, at most 16");
  }

  @Test
  void theCoalescingKeyIsBounded() {
    SseMessage.builder().coalesce("k".repeat(256));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().coalesce("k".repeat(257)))
        .withMessage("coalesce: has 257 characters, at most 256");
  }

  @Test
  void nullIsRefusedByName() {
    assertThatNullPointerException().isThrownBy(() -> SseMessage.of(null)).withMessage("data");
    assertThatNullPointerException()
        .isThrownBy(() -> SseMessage.builder().comment(null))
        .withMessage("comment");
    assertThatNullPointerException()
        .isThrownBy(() -> SseMessage.builder().coalesce(null))
        .withMessage("coalesce");
    assertThatNullPointerException()
        .isThrownBy(() -> SseMessage.builder().event(null))
        .withMessage("event");
  }

  @Test
  void itsTextDoesNotShowTheData() {
    assertThat(SseMessage.builder().topic("a").data("private").build().toString())
        .isEqualTo("SseMessage[topics=[a], sender=null, event=null]");
  }

  @Test
  void nobodyElseSaysHowANamedStreamStands() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseMessage.builder().sender("starcast.stream.start.n.1.0"))
        .withMessage("sender: those that begin with starcast.stream. are the library's");
  }
}
