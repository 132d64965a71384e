package org.starcast.internal.topic;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The grammar of topics: 1 to 16 non-empty segments joined by dots, 256 characters at most, without
 * white space, control characters, lone surrogates, {@code *}, {@code +}, and what are wildcards
 * elsewhere: {@code > # ? [ ] { }} and a {@code !} at the start. So nobody takes a text for a
 * pattern that is none. Case matters.
 *
 * <p>A message of an error names a problem and where it is, never the value, which may have come
 * from an attacker.
 */
public final class TopicName {

  /** The most characters of a topic, a pattern or a sender. */
  public static final int MAX_LENGTH = 256;

  /** The most segments of a topic or a pattern. */
  public static final int MAX_SEGMENTS = 16;

  /** The most topics of a message. */
  public static final int MAX_TOPICS = 16;

  /** The most clients that a message may leave out. */
  public static final int MAX_EXCEPT = 256;

  /** Wildcards of other systems: of NATS and MQTT, of shells and Redis, of URI templates. */
  private static final String FOREIGN = ">#?[]{}";

  private static final String WILDCARDS =
      "; here '*' is one segment or more, '+' one segment, and '*' inside a segment any characters";

  private TopicName() {}

  /**
   * Returns the topic if it is one.
   *
   * @throws IllegalArgumentException if it is not, naming the problem and the bound
   */
  public static String check(String topic) {
    checkGrammar("topic", topic, false);
    return topic;
  }

  /**
   * Returns a copy of the topics of one message if each is a topic and there are not too many.
   *
   * @throws IllegalArgumentException if not, naming the problem and the bound
   */
  public static List<String> checkAll(Collection<String> topics) {
    if (topics.size() > MAX_TOPICS) {
      throw error("topic", "has " + topics.size() + " topics, at most " + MAX_TOPICS);
    }
    topics.forEach(TopicName::check);
    return List.copyOf(topics);
  }

  /**
   * Returns a copy of the ids of the clients that a message leaves out, each once, if they are
   * texts and not too many.
   *
   * @throws IllegalArgumentException if not, naming the problem and the bound
   */
  public static Set<String> checkExcept(Collection<String> clientIds) {
    if (clientIds.size() > MAX_EXCEPT) {
      throw error("except", "has " + clientIds.size() + " client ids, at most " + MAX_EXCEPT);
    }
    clientIds.forEach(id -> checkText("except", id));
    return Set.copyOf(clientIds);
  }

  /**
   * Returns the sender if it is 1 to 256 characters without control characters and lone surrogates.
   *
   * @throws IllegalArgumentException if it is not, naming the problem and the bound
   */
  public static String checkSender(String sender) {
    return checkText("sender", sender);
  }

  /**
   * Returns the value if it is 1 to 256 characters without control characters and lone surrogates.
   *
   * @throws IllegalArgumentException if it is not; its message begins with the name
   */
  public static String checkText(String name, String value) {
    checkLength(name, value);
    for (int i = 0; i < value.length(); i += step(name, value, i)) {
      checkNoControl(name, value, i);
    }
    return value;
  }

  /**
   * Makes any text a segment of a topic, or a part of one, such as a user's name: what means
   * something in topics, or is not allowed in them (dot, {@code * + % > # ? [ ] { } !}, white
   * space, control characters), is percent-encoded as UTF-8. Different texts never become the same
   * segment, and none reaches into another segment or is a wildcard: {@code "user." +
   * segment(name)}.
   *
   * @throws IllegalArgumentException if the text is empty or has a lone surrogate
   */
  public static String segment(String text) {
    if (text.isEmpty()) {
      throw error("segment", "is empty");
    }
    StringBuilder encoded = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); ) {
      int end = i + step("segment", text, i);
      int point = text.codePointAt(i);
      if (".*+%!".indexOf(point) >= 0
          || FOREIGN.indexOf(point) >= 0
          || Character.isWhitespace(point)
          || Character.isSpaceChar(point)
          || Character.isISOControl(point)) {
        for (byte b : text.substring(i, end).getBytes(StandardCharsets.UTF_8)) {
          encoded.append('%').append(String.format("%02X", b));
        }
      } else {
        encoded.append(text, i, end);
      }
      i = end;
    }
    return encoded.toString();
  }

  /** Checks a topic, or a pattern with its wildcards; returns the number of segments. */
  static int checkGrammar(String name, String value, boolean pattern) {
    checkLength(name, value);
    int segments = 1;
    int start = 0;
    for (int i = 0; i < value.length(); i += step(name, value, i)) {
      checkNoControl(name, value, i);
      char c = value.charAt(i);
      if (c == '.') {
        if (i == start) {
          throw error(name, "has an empty segment at index " + i);
        }
        segments++;
        start = i + 1;
      } else if (FOREIGN.indexOf(c) >= 0 || c == '!' && i == 0) {
        throw foreign(name, String.valueOf(c), i, pattern);
      } else if (c == '*' || c == '+') {
        if (!pattern) {
          throw error(name, "wildcard '" + c + "' is only allowed in a subscription");
        }
        boolean whole = i == start && (i + 1 == value.length() || value.charAt(i + 1) == '.');
        if (c == '+' && !whole) {
          throw error(name, "'+' must be a whole segment, is inside one at index " + i);
        }
        if (i == start && value.startsWith("**", i) && isEnd(value, i + 2)) {
          throw foreign(name, "**", i, true);
        }
      } else {
        int point = value.codePointAt(i);
        if (Character.isWhitespace(point) || Character.isSpaceChar(point)) {
          throw error(name, "has white space at index " + i);
        }
      }
    }
    if (start == value.length()) {
      throw error(name, "has an empty segment at index " + start);
    }
    if (segments > MAX_SEGMENTS) {
      throw error(name, "has " + segments + " segments, at most " + MAX_SEGMENTS);
    }
    if (pattern && value.equals("ANY")) {
      throw error(name, "'ANY' is a topic of this name; for all topics it is '*', Topic.ANY");
    }
    return segments;
  }

  private static boolean isEnd(String value, int i) {
    return i == value.length() || value.charAt(i) == '.';
  }

  /** Whoever writes it means something that nobody would tell him is not so. */
  private static IllegalArgumentException foreign(
      String name, String what, int i, boolean pattern) {
    String hint = pattern ? WILDCARDS : "; TopicPattern.escape encodes it";
    if (what.equals("!") && pattern) {
      hint = "; what to leave out is muted";
    }
    return error(name, "'" + what + "' is not allowed, is at index " + i + hint);
  }

  /** The segments of a topic. */
  static String[] split(String topic) {
    int count = 1;
    for (int dot = topic.indexOf('.'); dot >= 0; dot = topic.indexOf('.', dot + 1)) {
      count++;
    }
    String[] segments = new String[count];
    int start = 0;
    for (int i = 0; i < count - 1; i++) {
      int dot = topic.indexOf('.', start);
      segments[i] = topic.substring(start, dot);
      start = dot + 1;
    }
    segments[count - 1] = topic.substring(start);
    return segments;
  }

  private static void checkLength(String name, String value) {
    Objects.requireNonNull(value, name);
    if (value.isEmpty()) {
      throw error(name, "is empty");
    }
    if (value.length() > MAX_LENGTH) {
      throw error(name, "has " + value.length() + " characters, at most " + MAX_LENGTH);
    }
  }

  private static void checkNoControl(String name, String value, int i) {
    if (Character.isISOControl(value.charAt(i))) {
      throw error(name, "has a control character at index " + i);
    }
  }

  /** How many characters the code point at this index has. */
  private static int step(String name, String value, int i) {
    if (!Character.isSurrogate(value.charAt(i))) {
      return 1;
    }
    if (!Character.isSupplementaryCodePoint(value.codePointAt(i))) {
      throw error(name, "has a lone surrogate at index " + i);
    }
    return 2;
  }

  private static IllegalArgumentException error(String name, String problem) {
    return new IllegalArgumentException(name + ": " + problem);
  }
}
