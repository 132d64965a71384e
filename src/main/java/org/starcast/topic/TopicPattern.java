package org.starcast.topic;

/**
 * A pattern of topics. Its segments are those of a {@linkplain TopicName topic}, and in addition
 * {@code *} (one or more segments), {@code +} (exactly one segment), and {@code *} inside a segment
 * (any run of characters of that segment, also none).
 */
public final class TopicPattern {

  private final String text;

  private TopicPattern(String text) {
    this.text = text;
  }

  /**
   * Compiles a pattern.
   *
   * @throws IllegalArgumentException if it is malformed, naming the problem and the bound
   */
  public static TopicPattern of(String pattern) {
    return new TopicPattern(pattern);
  }

  /** Whether the topic matches. */
  public boolean matches(String topic) {
    throw new UnsupportedOperationException();
  }

  /** The pattern as it was written. */
  @Override
  public String toString() {
    return text;
  }
}
