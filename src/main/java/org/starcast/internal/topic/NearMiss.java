package org.starcast.internal.topic;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.starcast.internal.Spelling;

/**
 * Why a pattern may have been meant to match a topic that it does not match: the mistakes that
 * people make. For diagnosis; far slower than a match.
 */
public final class NearMiss {

  /** Shorter segments are too easily one another, and longer ones take too long to compare. */
  private static final int MIN_LENGTH = 4;

  private static final int MAX_LENGTH = 64;

  private NearMiss() {}

  /**
   * Says what is the matter, in a few words.
   *
   * @param pattern one that {@link CompiledPattern#of} accepts
   * @param topic one that {@link TopicName#check} accepts
   * @return empty if the pattern matches, or nothing says that it was meant to
   */
  public static Optional<String> of(String pattern, String topic) {
    if (matches(pattern, topic)) {
      return Optional.empty();
    }
    if (matches(lower(pattern), lower(topic))) {
      return Optional.of("differs in case");
    }
    if (matches(dotted(pattern), dotted(topic))) {
      return Optional.of("segments are joined by dots");
    }
    String[] wanted = TopicName.split(pattern);
    String[] given = TopicName.split(topic);
    if (matches(replaced(wanted, "+", "*"), topic)) {
      return Optional.of("'+' is one segment, '*' would be one or more");
    }
    if (mistyped(wanted, given, topic)) {
      return Optional.of("looks mistyped");
    }
    if (oneMatches(given, shorter -> matches(pattern, shorter))) {
      return Optional.of("the topic has one segment more");
    }
    boolean less =
        oneMatches(wanted, shorter -> isNarrow(pattern, shorter) && matches(shorter, topic));
    return less ? Optional.of("the topic has one segment less") : Optional.empty();
  }

  /** Not, where what was made of a pattern or of a topic is no pattern any more. */
  private static boolean matches(String pattern, String topic) {
    try {
      return CompiledPattern.of(pattern).matches(topic);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /**
   * Whether what a pattern is without one of its segments has no {@code *} left, or only that one
   * less: without {@code 42}, {@code user.42.*} would match what is of all others.
   */
  private static boolean isNarrow(String pattern, String shorter) {
    return many(shorter) == 0 || many(shorter) < many(pattern) && hasName(shorter);
  }

  private static long many(String pattern) {
    return Arrays.stream(TopicName.split(pattern)).filter("*"::equals).count();
  }

  private static boolean hasName(String pattern) {
    return Arrays.stream(TopicName.split(pattern)).anyMatch(segment -> !"*+".contains(segment));
  }

  /** With dots in place of what joins names elsewhere. */
  private static String dotted(String text) {
    String dotted = text.replaceAll("[/:_-]+", ".");
    return dotted.startsWith(".") || dotted.endsWith(".") || dotted.contains("..") ? text : dotted;
  }

  private static String replaced(String[] segments, String segment, String by) {
    return Arrays.stream(segments)
        .map(each -> each.equals(segment) ? by : each)
        .collect(Collectors.joining("."));
  }

  /** Whether something matches with one of the segments left out. */
  private static boolean oneMatches(String[] segments, Predicate<String> match) {
    return segments.length > 1
        && IntStream.range(0, segments.length)
            .mapToObj(
                out ->
                    IntStream.range(0, segments.length)
                        .filter(i -> i != out)
                        .mapToObj(i -> segments[i])
                        .collect(Collectors.joining(".")))
            .anyMatch(match);
  }

  /** Whether the pattern matches once one of its segments is spelled as one of the topic. */
  private static boolean mistyped(String[] wanted, String[] given, String topic) {
    for (int i = 0; i < wanted.length; i++) {
      for (String segment : given) {
        if (isMisspelling(wanted[i], segment)) {
          String[] corrected = wanted.clone();
          corrected[i] = segment;
          if (matches(String.join(".", corrected), topic)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Names that differ in their numbers alone are those of two things. */
  private static boolean isMisspelling(String wanted, String given) {
    int shorter = Math.min(wanted.length(), given.length());
    int longer = Math.max(wanted.length(), given.length());
    return wanted.indexOf('*') < 0
        && shorter >= MIN_LENGTH
        && longer <= MAX_LENGTH
        && longer - shorter <= 2
        && !wanted.replaceAll("[0-9]+", "0").equals(given.replaceAll("[0-9]+", "0"))
        && Spelling.distance(wanted, given) <= 2;
  }
}
