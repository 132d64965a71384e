package org.starcast.internal.topic;

import java.util.Arrays;
import java.util.List;

/** What a pattern means, written down as its definition reads, with no regard to speed. */
public final class NaivePattern {

  private NaivePattern() {}

  /** Whether it does. */
  public static boolean matches(String pattern, String topic) {
    return matches(Arrays.asList(pattern.split("\\.")), Arrays.asList(topic.split("\\.")));
  }

  static List<String> segments(String text) {
    return Arrays.asList(text.split("\\."));
  }

  static boolean matches(List<String> pattern, List<String> topic) {
    if (pattern.isEmpty() || topic.isEmpty()) {
      return pattern.isEmpty() && topic.isEmpty();
    }
    String first = pattern.get(0);
    List<String> rest = pattern.subList(1, pattern.size());
    if (first.equals("*")) {
      for (int taken = 1; taken <= topic.size(); taken++) {
        if (matches(rest, topic.subList(taken, topic.size()))) {
          return true;
        }
      }
      return false;
    }
    return (first.equals("+") || segmentMatches(first, topic.get(0)))
        && matches(rest, topic.subList(1, topic.size()));
  }

  private static boolean segmentMatches(String pattern, String segment) {
    if (pattern.isEmpty() || !pattern.startsWith("*") && segment.isEmpty()) {
      return pattern.isEmpty() && segment.isEmpty();
    }
    String rest = pattern.substring(1);
    if (pattern.startsWith("*")) {
      for (int taken = 0; taken <= segment.length(); taken++) {
        if (segmentMatches(rest, segment.substring(taken))) {
          return true;
        }
      }
      return false;
    }
    return pattern.charAt(0) == segment.charAt(0) && segmentMatches(rest, segment.substring(1));
  }
}
