package org.starcast.internal.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompiledPatternTest {

  @ParameterizedTest
  @CsvSource({
    "user.login, user.login",
    "user.*, user.login",
    "user.*, user.profile.updated",
    "*.created, todo.created",
    "*.created, shop.order.created",
    "*, a",
    "*, a.b.c",
    "user.+, user.login",
    "+.+, a.b",
    "+, a",
    "chat.room-*, chat.room-42",
    "chat.room-*, chat.room-",
    "a.*.z, a.b.z",
    "a.*.z, a.b.c.z",
    "a.*.z, a.z.z",
    "a.*.z, a.z.b.z",
    "*.b.*, a.b.c",
    "*.b.*, b.b.b",
    "*.b.*, x.x.b.b.x",
    "*.*, a.b",
    "*.*, a.b.c",
    "*.+, a.b.c",
    "+.*, a.b.c",
    "a*, a",
    "a*, abc",
    "*a, bca",
    "*a*, a",
    "*a*, bab",
    "a*b*c, abc",
    "a*b*c, axbxbc",
    "a*a, aa",
    "ab*ba, abba",
    "a**b, ab",
    "a**b, axyb",
    "x.*-v*.y, x.lib-v2.y",
    "*.a*.*, q.ab.c"
  })
  void matches(String pattern, String topic) {
    assertThat(CompiledPattern.of(pattern).matches(topic)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "user.login, user.Login",
    "user.login, user",
    "user.login, user.login.x",
    "user.*, user",
    "user.*, users.login",
    "*.created, created",
    "user.+, user",
    "user.+, user.profile.updated",
    "+, a.b",
    "+.+, a",
    "chat.room-*, chat.room",
    "chat.room-*, chat.room-1.x",
    "a.*.z, a.z",
    "*.b.*, b.c",
    "*.b.*, a.b",
    "*.*, a",
    "*.*.*, a.b",
    "a*, ba",
    "*a, ab",
    "a*a, a",
    "ab*ba, aba",
    "a*b*c, acb",
    "a.b*.c, a.b.x.c"
  })
  void doesNotMatch(String pattern, String topic) {
    assertThat(CompiledPattern.of(pattern).matches(topic)).isFalse();
  }

  /** All patterns of up to 4 segments of this alphabet against all topics of up to 5. */
  @Test
  void meansWhatTheDefinitionSays() {
    List<String> topics = sequences(List.of("a", "b", "ab"), 5);
    int matches = 0;
    for (String pattern : sequences(List.of("a", "b", "*", "+", "a*", "*b*"), 4)) {
      CompiledPattern compiled = CompiledPattern.of(pattern);
      for (String topic : topics) {
        boolean expected = NaivePattern.matches(pattern, topic);
        if (compiled.matches(topic) != expected) {
          throw new AssertionError(pattern + " on " + topic + " should be " + expected);
        }
        matches += expected ? 1 : 0;
      }
    }
    assertThat(matches).isGreaterThan(10_000);
  }

  /** All segments of up to 6 characters of a, b and * against all of up to 6 of a and b. */
  @Test
  void starsInsideASegmentMeanWhatTheDefinitionSays() {
    List<String> segments = words("ab", 6);
    List<String> patterns = words("ab*", 5);
    patterns.remove("**");
    for (String pattern : patterns) {
      CompiledPattern compiled = CompiledPattern.of(pattern);
      for (String segment : segments) {
        boolean expected = NaivePattern.matches(pattern, segment);
        if (compiled.matches(segment) != expected) {
          throw new AssertionError(pattern + " on " + segment + " should be " + expected);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a+", "+a", "x.a+b", "++", "+*", "*+"})
  void refusesPlusInsideASegment(String pattern) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CompiledPattern.of(pattern))
        .withMessage(
            "pattern: '+' must be a whole segment, is inside one at index " + pattern.indexOf('+'));
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "+", "a.*", "*.a", "a*", "a**", "*a*b*", "+.+", "a.b", "*.*"})
  void acceptsWildcards(String pattern) {
    assertThat(CompiledPattern.of(pattern)).hasToString(pattern);
  }

  @Test
  void isEqualToWhatIsWrittenAlike() {
    assertThat(CompiledPattern.of("a.*"))
        .isEqualTo(CompiledPattern.of("a.*"))
        .hasSameHashCodeAs(CompiledPattern.of("a.*"))
        .isNotEqualTo(CompiledPattern.of("a.+"))
        .isNotEqualTo("a.*");
  }

  @Test
  void comparesFewSegmentsWhateverThePattern() {
    String[] topic = Collections.nCopies(16, "a").toArray(String[]::new);
    int most = 0;
    for (String pattern : sequences(List.of("*", "a", "b", "+"), 6)) {
      for (String end : List.of("", ".b", ".*.b", ".*.a.*.a.*.a.*.b")) {
        most = Math.max(most, Math.abs(CompiledPattern.of(pattern + end).compare(topic)));
      }
    }
    // 16 segments against 16 segments
    assertThat(most).isBetween(17, 256);
  }

  @Test
  void answersForHostileSegments() {
    String pattern = "a*".repeat(127) + "b";
    assertThat(CompiledPattern.of(pattern).matches("a".repeat(256))).isFalse();
    assertThat(CompiledPattern.of(pattern).matches("a".repeat(255) + "b")).isTrue();
    String segments = String.join(".", Collections.nCopies(8, "*.*a*a*a*b"));
    String topic = String.join(".", Collections.nCopies(16, "a".repeat(15)));
    assertThat(CompiledPattern.of(segments).matches(topic)).isFalse();
  }

  static List<String> sequences(List<String> alphabet, int longest) {
    List<String> all = new ArrayList<>(alphabet);
    int from = 0;
    for (int length = 2; length <= longest; length++) {
      int to = all.size();
      for (int i = from; i < to; i++) {
        for (String segment : alphabet) {
          all.add(all.get(i) + "." + segment);
        }
      }
      from = to;
    }
    return all;
  }

  private static List<String> words(String alphabet, int longest) {
    List<String> all = new ArrayList<>(List.of(alphabet.split("")));
    int from = 0;
    for (int length = 2; length <= longest; length++) {
      int to = all.size();
      for (int i = from; i < to; i++) {
        for (String letter : alphabet.split("")) {
          all.add(all.get(i) + letter);
        }
      }
      from = to;
    }
    return all;
  }
}
