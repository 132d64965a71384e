package org.starcast.internal.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.Collections;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicNameTest {

  private static final String OURS =
      "; here '*' is one segment or more, '+' one segment, and '*' inside a segment any characters";

  private static final String SUPPLEMENTARY = new String(Character.toChars(0x1F600));

  static Stream<String> topics() {
    return Stream.of(
        "a",
        "orders.created",
        "Chat.room-42_x",
        "a/b.c:d.e!.(0)|^$~\\<=@&,;'",
        "über.日本.\u0430",
        SUPPLEMENTARY + "." + SUPPLEMENTARY,
        String.join(".", Collections.nCopies(16, "s")),
        "x".repeat(256),
        "x".repeat(254) + SUPPLEMENTARY);
  }

  @ParameterizedTest
  @MethodSource("topics")
  void acceptsAndReturnsTopics(String topic) {
    assertThat(TopicName.check(topic)).isSameAs(topic);
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
        Arguments.of("", "is empty"),
        Arguments.of(".", "has an empty segment at index 0"),
        Arguments.of(".a", "has an empty segment at index 0"),
        Arguments.of("a.", "has an empty segment at index 2"),
        Arguments.of("a..b", "has an empty segment at index 2"),
        Arguments.of("x".repeat(257), "has 257 characters, at most 256"),
        Arguments.of("x".repeat(255) + SUPPLEMENTARY, "has 257 characters, at most 256"),
        Arguments.of(String.join(".", Collections.nCopies(17, "s")), "has 17 segments, at most 16"),
        Arguments.of("a b", "has white space at index 1"),
        Arguments.of("abc\u00a0", "has white space at index 3"),
        Arguments.of("\u2028", "has white space at index 0"),
        Arguments.of("\u3000", "has white space at index 0"),
        Arguments.of("abc\n", "has a control character at index 3"),
        Arguments.of("abc\r", "has a control character at index 3"),
        Arguments.of("abc\t", "has a control character at index 3"),
        Arguments.of("\0", "has a control character at index 0"),
        Arguments.of("a.\u007f", "has a control character at index 2"),
        Arguments.of("a.\u0085", "has a control character at index 2"),
        Arguments.of("a\ud83d", "has a lone surrogate at index 1"),
        Arguments.of("a\ud83db", "has a lone surrogate at index 1"),
        Arguments.of("\ude00a", "has a lone surrogate at index 0"),
        Arguments.of("\ud83d.\ude00", "has a lone surrogate at index 0"),
        Arguments.of("\ude00\ud83d", "has a lone surrogate at index 0"),
        Arguments.of("ab.\ud83d", "has a lone surrogate at index 3"));
  }

  /** What a newcomer from another system writes, and would otherwise hear nothing by. */
  @ParameterizedTest
  @CsvSource({
    "orders.>, >, 7",
    "orders/#, #, 7",
    "orders.#, #, 7",
    "user.?, ?, 5",
    "user.[ab], [, 5",
    "a], ], 1",
    "books.{id}, {, 6",
    "}, }, 0"
  })
  void refusesWildcardsOfOthersAndNamesOurs(String value, String wildcard, int index) {
    String problem = "'" + wildcard + "' is not allowed, is at index " + index;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopicName.check(value))
        .withMessage("topic: " + problem + "; TopicPattern.escape encodes it");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledPattern.of(value))
        .withMessage("pattern: " + problem + OURS);
  }

  @ParameterizedTest
  @CsvSource({"**, 0", "a.**, 2", "**.b, 0", "a.**.b, 2"})
  void refusesTwoStarsAsASegment(String value, int index) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledPattern.of(value))
        .withMessage("pattern: '**' is not allowed, is at index " + index + OURS);
  }

  @Test
  void refusesANegationAndAny() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledPattern.of("!user.*"))
        .withMessage("pattern: '!' is not allowed, is at index 0; what to leave out is muted");
    assertThatIllegalArgumentException().isThrownBy(() -> TopicName.check("!user"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledPattern.of("ANY"))
        .withMessage("pattern: 'ANY' is a topic of this name; for all topics it is '*', Topic.ANY");
    CompiledPattern.of("ANY.x");
    CompiledPattern.of("Any");
    TopicName.check("ANY");
  }

  @ParameterizedTest
  @MethodSource("malformed")
  void refusesMalformedTopicsAndPatternsAlike(String value, String problem) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopicName.check(value))
        .withMessage("topic: " + problem);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledPattern.of(value))
        .withMessage("pattern: " + problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "a.*", "a*", "*.b", "a.b*c"})
  void refusesStarsInTopics(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopicName.check(value))
        .withMessage("topic: wildcard '*' is only allowed in a subscription");
  }

  @ParameterizedTest
  @ValueSource(strings = {"+", "a.+", "a+", "c++.b"})
  void refusesPlusInTopics(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopicName.check(value))
        .withMessage("topic: wildcard '+' is only allowed in a subscription");
  }

  @Test
  void judgesEveryCharacterByItsClass() {
    for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
      String value = new String(Character.toChars(point));
      boolean bad =
          Character.isISOControl(point)
              || Character.isWhitespace(point)
              || Character.isSpaceChar(point)
              || point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE
              || ".*+>#?[]{}!".indexOf(point) >= 0;
      assertThat(isTopic(value)).as("U+%04X", point).isEqualTo(!bad);
    }
  }

  private static boolean isTopic(String value) {
    try {
      TopicName.check(value);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Test
  void namesTheParameterThatIsNull() {
    assertThatNullPointerException().isThrownBy(() -> TopicName.check(null)).withMessage("topic");
    assertThatNullPointerException()
        .isThrownBy(() -> TopicName.checkSender(null))
        .withMessage("sender");
    assertThatNullPointerException()
        .isThrownBy(() -> TopicName.checkText("type", null))
        .withMessage("type");
    assertThatNullPointerException()
        .isThrownBy(() -> CompiledPattern.of(null))
        .withMessage("pattern");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", " ", "Jane Doe", "a.*.+>", "\u2028", "user:7", "..", "日本"})
  void acceptsAndReturnsSenders(String sender) {
    assertThat(TopicName.checkSender(sender)).isSameAs(sender);
  }

  static Stream<Arguments> malformedTexts() {
    return Stream.of(
        Arguments.of("", "is empty"),
        Arguments.of("x".repeat(257), "has 257 characters, at most 256"),
        Arguments.of("a\nb", "has a control character at index 1"),
        Arguments.of(SUPPLEMENTARY + "\0", "has a control character at index 2"),
        Arguments.of("\u009f", "has a control character at index 0"),
        Arguments.of("ab\ud83d", "has a lone surrogate at index 2"));
  }

  @ParameterizedTest
  @MethodSource("malformedTexts")
  void refusesMalformedTexts(String value, String problem) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopicName.checkSender(value))
        .withMessage("sender: " + problem);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopicName.checkText("type", value))
        .withMessage("type: " + problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a.b", "a.bc.d", "one.two.three.four"})
  void splitsAtTheDots(String topic) {
    assertThat(TopicName.split(topic)).containsExactly(topic.split("\\."));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "ann, ann",
        "Ann-\u00e9\ud83d\ude00_(x), Ann-\u00e9\ud83d\ude00_(x)",
        "ann.bob, ann%2Ebob",
        "*, %2A",
        "+, %2B",
        "a>b, a%3Eb",
        "!what? #1 [x] {y}, %21what%3F%20%231%20%5Bx%5D%20%7By%7D",
        "100%, 100%25",
        "ann%2Ebob, ann%252Ebob",
        "`a b`, a%20b",
        "`a\u00a0b`, a%C2%A0b",
        "`a\u2028b`, a%E2%80%A8b",
        "`a\u0085b`, a%C2%85b"
      })
  void anyTextBecomesOneSegment(String text, String segment) {
    assertThat(TopicName.segment(text)).isEqualTo(segment);
    assertThat(TopicName.check(segment)).doesNotContain(".");
    assertThat(CompiledPattern.of("user." + segment).matches("user." + segment)).isTrue();
  }

  @Test
  void controlCharactersBecomePartsOfOneSegmentToo() {
    assertThat(TopicName.segment("a\u0000\r\nb")).isEqualTo("a%00%0D%0Ab");
  }

  @Test
  void whatIsNoTextBecomesNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopicName.segment(""))
        .withMessage("segment: is empty");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TopicName.segment("a\ud800"))
        .withMessageStartingWith("segment: has a lone surrogate");
  }
}
