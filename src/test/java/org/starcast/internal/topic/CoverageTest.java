package org.starcast.internal.topic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which patterns contain which, and which meet. */
class CoverageTest {

  private static boolean contains(String wide, String narrow) {
    return CompiledPattern.of(wide).contains(CompiledPattern.of(narrow));
  }

  private static boolean overlaps(String one, String other) {
    boolean meet = CompiledPattern.of(one).overlaps(CompiledPattern.of(other));
    assertThat(CompiledPattern.of(other).overlaps(CompiledPattern.of(one))).isEqualTo(meet);
    return meet;
  }

  @ParameterizedTest
  @CsvSource({
    "*, admin.*",
    "*, *",
    "*, +",
    "*, a*",
    "*.*, +.a",
    "*.+, *.a",
    "+.*, *.a",
    "+.*, *.+",
    "*.+.*, *.*.*",
    "a.*, a.b.*",
    "a.*, a.+",
    "a.*, a.+.*",
    "a.*, a.b*",
    "a.*, a.*.b",
    "*.z, a.*.z",
    "*.x.*, a.*.x.*.b",
    "*.x.*, *.x.x.*",
    "a.+, a.b",
    "room-*, room-1*",
    "room-*, room-*-*",
    "*-*, a*-b*",
    "a*b*c, axb*bc",
    "a*b*c, a*bc",
    "*.b*.*, a.bc.d",
    "user.%2A, user.%2A"
  })
  void contained(String wide, String narrow) {
    assertThat(contains(wide, narrow)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "admin.*, *",
    "a.*, a",
    "a.*, *",
    "a.*, +.*",
    "a.*, a*.b",
    "a.*, *.b",
    "a.*, a**",
    "+, *",
    "a.+, a.*",
    "+.+, *.*",
    "*.*, *",
    "*.*, +",
    "*.z, a.*",
    "a.b, a.*",
    "a.b, a.+",
    "a.b, a.b*",
    "a.b*, a.+",
    "a.b*, a.*",
    "room-*, room*",
    "room-*, *-room-1",
    "a*, *a",
    "a*a, a",
    "a*a, a*",
    "user.ann.*, user.*.ann",
    "user.ann.*, user.ann*.x",
    "user.%2A, user.*"
  })
  void notContained(String wide, String narrow) {
    assertThat(contains(wide, narrow)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "*, a",
    "a.*, *.b",
    "a.*, a.b.c",
    "+.b, a.+",
    "a*, *b",
    "a*b, ab",
    "starcast.*, starcast.presence.*",
    "*presence*.x, presence.*",
    "*.a.*, *.b.*"
  })
  void meeting(String one, String other) {
    assertThat(overlaps(one, other)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "a.*, b.*",
    "a, a.*",
    "+, a.b",
    "+, *.*",
    "a*, b*",
    "a.b.*, a.*c",
    "*a.b, *b.b",
    "ab*, a"
  })
  void apart(String one, String other) {
    assertThat(overlaps(one, other)).isFalse();
  }

  /** Topics and patterns of few letters, so that many of them meet. */
  private static String random(Random random, String[] segments) {
    StringBuilder text = new StringBuilder();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : ".").append(segments[random.nextInt(segments.length)]);
    }
    return text.toString();
  }

  /** All topics of up to five segments of one or two of the letters. */
  private static List<String> topics(String... segments) {
    List<String> all = new ArrayList<>();
    List<String> longest = List.of(segments);
    for (int length = 1; length <= 5; length++) {
      all.addAll(longest);
      List<String> longer = new ArrayList<>();
      for (String topic : length == 5 ? List.<String>of() : longest) {
        for (String segment : segments) {
          longer.add(topic + "." + segment);
        }
      }
      longest = longer;
    }
    return all;
  }

  @Test
  void yesIsAlwaysTrueAndNoSeldomWrong() {
    String[] segments = {"a", "b", "*", "*", "+", "a*", "*b", "a**", "*a*", "ab"};
    // a letter that no pattern has stands for all others
    List<List<String>> topics =
        topics("a", "b", "ab", "ba", "c", "acb").stream().map(NaivePattern::segments).toList();
    // the same each time where there are few runs
    Random random = new Random(20261121);
    int contained = 0;
    List<String> missed = new ArrayList<>();
    int met = 0;
    int runs = 400 * Integer.getInteger("starcast.test.runs", 1);
    for (int i = 0; i < runs; i++) {
      String wide = random(random, segments);
      String narrow = random(random, segments);
      List<String> w = NaivePattern.segments(wide);
      List<String> n = NaivePattern.segments(narrow);
      boolean all = true;
      boolean any = false;
      for (List<String> topic : topics) {
        if (NaivePattern.matches(n, topic)) {
          boolean both = NaivePattern.matches(w, topic);
          all &= both;
          any |= both;
        }
      }
      boolean said = contains(wide, narrow);
      if (said) {
        assertThat(all).as("%s contains %s", wide, narrow).isTrue();
      }
      if (any) {
        assertThat(overlaps(wide, narrow)).as("%s overlaps %s", wide, narrow).isTrue();
        met++;
      }
      contained += all ? 1 : 0;
      if (all && !said) {
        missed.add(wide + " contains " + narrow);
      }
    }
    assertThat(contained).isGreaterThan(runs / 16);
    assertThat(met).isGreaterThan(runs / 4);
    // some of these are contained only as far as five short segments can tell
    assertThat(missed).as("of %d contained", contained).hasSizeLessThan(contained / 20);
  }

  @Test
  void theWorstPatternsAreDecided() {
    // with backtracking it would not end
    String stars = "*.".repeat(15) + "*";
    String globs = "a*".repeat(128);
    assertThat(contains(stars, stars.replace("*.*", "+.*"))).isTrue();
    assertThat(contains("*a".repeat(128), "a".repeat(255) + "b")).isFalse();
    assertThat(contains(globs, "a*".repeat(127) + "b*")).isFalse();
    assertThat(contains("*a".repeat(128), "*a".repeat(127) + "*b")).isFalse();
  }
}
