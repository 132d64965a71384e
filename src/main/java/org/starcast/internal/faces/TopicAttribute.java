package org.starcast.internal.faces;

import jakarta.faces.FacesException;
import java.util.List;
import org.starcast.TopicPattern;

/**
 * The attribute {@code topic}: patterns with white space between them. A wildcard, or another
 * pattern, is what the page's author has written, never what an expression gives: that may come
 * from a request.
 */
final class TopicAttribute {

  private TopicAttribute() {}

  /**
   * The patterns of a value.
   *
   * @param written the attribute as it is in the page, with its expressions; or null if there are
   *     none
   * @throws FacesException if there is none, one is malformed, or an expression gives more than a
   *     text without white space and wildcards
   */
  static List<String> patterns(String written, String value) {
    if (value == null || value.isBlank()) {
      throw new FacesException("topic: is empty");
    }
    if (written != null && special(value) > special(literal(written))) {
      throw new FacesException(
          "topic: an expression has given a wildcard or white space; #{sc:escape(…)} makes any text"
              + " a part of a topic");
    }
    List<String> patterns = List.of(value.strip().split("\\s+"));
    for (String pattern : patterns) {
      try {
        TopicPattern.of(pattern);
      } catch (IllegalArgumentException e) {
        throw new FacesException("topic: " + message(e), e);
      }
    }
    return patterns;
  }

  private static String message(IllegalArgumentException e) {
    return e.getMessage().substring(e.getMessage().indexOf(": ") + 2);
  }

  private static long special(String text) {
    return text.chars().filter(c -> c == '*' || c == '+' || Character.isWhitespace(c)).count();
  }

  /** What is not in an expression (Jakarta Expression Language 5.0, section 1.2). */
  private static String literal(String written) {
    StringBuilder literal = new StringBuilder();
    int at = 0;
    while (at < written.length()) {
      boolean expression = written.startsWith("#{", at) || written.startsWith("${", at);
      if (expression) {
        at = end(written, at + 2);
      } else {
        literal.append(written.charAt(at++));
      }
    }
    return literal.toString();
  }

  /** Behind the expression that begins there: sets and texts in it may have braces. */
  private static int end(String written, int begin) {
    int depth = 1;
    char quote = 0;
    int at = begin;
    while (at < written.length() && depth > 0) {
      char c = written.charAt(at++);
      if (quote != 0) {
        if (c == '\\') {
          at++;
        } else if (c == quote) {
          quote = 0;
        }
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == '{') {
        depth++;
      } else if (c == '}') {
        depth--;
      }
    }
    return at;
  }
}
