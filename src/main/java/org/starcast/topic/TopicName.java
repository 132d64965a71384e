package org.starcast.topic;

import java.util.Objects;

/**
 * The grammar of topics: 1 to 16 non-empty segments joined by dots, 256 characters at most, without
 * white space, control characters, lone surrogates, {@code *}, {@code +} and {@code >}. Case
 * matters.
 */
public final class TopicName {

  /** The most characters of a topic, a pattern or a sender. */
  public static final int MAX_LENGTH = 256;

  /** The most segments of a topic or a pattern. */
  public static final int MAX_SEGMENTS = 16;

  private TopicName() {}

  /**
   * Returns the topic if it is one.
   *
   * @throws IllegalArgumentException if it is not, naming the problem and the bound
   */
  public static String check(String topic) {
    return Objects.requireNonNull(topic, "topic");
  }

  /** Returns the sender if it is 1 to 256 characters without control characters. */
  public static String checkSender(String sender) {
    return checkText("sender", sender);
  }

  /** Returns the value if it is 1 to 256 characters without control characters. */
  public static String checkText(String name, String value) {
    return Objects.requireNonNull(value, name);
  }
}
