package org.starcast.topic;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** What a pattern means, written down as its definition reads, with no regard to speed. */
final class NaivePattern {

  private NaivePattern() {}

  static boolean matches(String pattern, String topic) {
    return matches(Arrays.asList(pattern.split("\\.")), Arrays.asList(topic.split("\\.")));
  }

  private static boolean matches(List<String> pattern, List<String> topic) {
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
    return segmentMatches(first, topic.get(0)) && matches(rest, topic.subList(1, topic.size()));
  }

  private static boolean segmentMatches(String pattern, String segment) {
    if (pattern.equals("+")) {
      return true;
    }
    StringBuilder regex = new StringBuilder();
    for (String c : pattern.split("")) {
      regex.append(c.equals("*") ? ".*" : Pattern.quote(c));
    }
    return segment.matches(regex.toString());
  }
}
