package org.starcast;

import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicName;

/**
 * A pattern of topics. Its segments are those of a topic, and in addition {@code *} (one or more
 * segments), {@code +} (exactly one segment), and {@code *} inside a segment (any run of characters
 * of that segment, also none). Immutable; equal when written alike.
 */
public final class TopicPattern {

  private final CompiledPattern compiled;

  private TopicPattern(CompiledPattern compiled) {
    this.compiled = compiled;
  }

  /**
   * Compiles a pattern.
   *
   * @throws IllegalArgumentException if it is malformed, naming the problem and the bound
   */
  public static TopicPattern of(String pattern) {
    return new TopicPattern(CompiledPattern.of(pattern));
  }

  /**
   * Makes any text a part of a segment, of a topic as well as of a pattern: what means something
   * there, or is not allowed, is percent-encoded as in URLs. Different texts stay different.
   *
   * @throws IllegalArgumentException if the text is empty or has a lone surrogate
   */
  public static String escape(String text) {
    return TopicName.segment(text);
  }

  /**
   * Whether the topic matches. Takes time proportional to the product of both lengths at worst.
   *
   * @throws IllegalArgumentException if it is no topic
   */
  public boolean matches(String topic) {
    return compiled.matches(TopicName.check(topic));
  }

  /**
   * Whether this pattern matches every topic that the other one does. Yes is always true; no may be
   * wrong where that would take more than one way to match.
   */
  public boolean contains(TopicPattern other) {
    return compiled.contains(other.compiled);
  }

  /**
   * Whether there is a topic that both patterns match. Yes is wrong only where such a topic would
   * be longer than topics are.
   */
  public boolean overlaps(TopicPattern other) {
    return compiled.overlaps(other.compiled);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TopicPattern pattern && compiled.equals(pattern.compiled);
  }

  @Override
  public int hashCode() {
    return compiled.hashCode();
  }

  /** The pattern as it was written. */
  @Override
  public String toString() {
    return compiled.toString();
  }
}
