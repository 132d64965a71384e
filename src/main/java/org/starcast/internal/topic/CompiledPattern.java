package org.starcast.internal.topic;

/**
 * A pattern of topics. Its segments are those of a {@linkplain TopicName topic}, and in addition
 * {@code *} (one or more segments), {@code +} (exactly one segment), and {@code *} inside a segment
 * (any run of characters of that segment, also none). Immutable; equal when written alike.
 */
public final class CompiledPattern {

  private final String text;
  private final Segment[] segments;
  private final boolean literal;

  private CompiledPattern(String text, Segment[] segments) {
    this.text = text;
    this.segments = segments;
    this.literal = text.indexOf('*') < 0 && text.indexOf('+') < 0;
  }

  /**
   * Compiles a pattern.
   *
   * @throws IllegalArgumentException if it is malformed, naming the problem and the bound
   */
  public static CompiledPattern of(String pattern) {
    Segment[] segments = new Segment[TopicName.checkGrammar("pattern", pattern, true)];
    String[] texts = TopicName.split(pattern);
    for (int i = 0; i < segments.length; i++) {
      segments[i] = Segment.of(texts[i]);
    }
    return new CompiledPattern(pattern, segments);
  }

  /** Whether a pattern has a {@code *} inside a segment. */
  public static boolean hasGlob(String pattern) {
    for (int i = pattern.indexOf('*'); i >= 0; i = pattern.indexOf('*', i + 1)) {
      if (i > 0 && pattern.charAt(i - 1) != '.'
          || i + 1 < pattern.length() && pattern.charAt(i + 1) != '.') {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the topic, which is one that {@link TopicName#check} accepts, matches. Takes time
   * proportional to the product of both lengths at worst.
   */
  public boolean matches(String topic) {
    if (literal) {
      return text.equals(topic);
    }
    Segment first = segments[0];
    if (first.kind == Segment.Kind.LITERAL && !topic.startsWith(first.text)) {
      return false;
    }
    return compare(TopicName.split(topic)) > 0;
  }

  /**
   * Whether this pattern matches every topic that the other one does. Yes is always true; no may be
   * wrong where that would take more than one way to match, and is to be taken for no. Takes time
   * proportional to the product of both lengths at worst.
   */
  public boolean contains(CompiledPattern other) {
    if (text.equals(other.text)) {
      return true;
    }
    return other.literal ? matches(other.text) : !literal && Coverage.contains(this, other);
  }

  /**
   * Whether there is a topic that both patterns match. Yes is wrong only where such a topic would
   * be longer than topics are. Takes time as {@link #contains}.
   */
  public boolean overlaps(CompiledPattern other) {
    if (other.literal) {
      return matches(other.text);
    }
    return literal ? other.matches(text) : Coverage.overlaps(this, other);
  }

  /**
   * The number of pairs of segments that were looked at, negative if the topic does not match.
   *
   * <p>Every {@code *} takes one segment, and then as few more as the rest allows. Only the last
   * one needs to be given more when the rest does not fit: whatever an earlier one could take
   * instead, the last one can take as well. So each start of the rest is tried once at most.
   */
  int compare(String[] topic) {
    int steps = 1;
    int p = 0;
    int t = 0;
    int retryPattern = -1;
    int retryTopic = -1;
    while (t < topic.length) {
      steps++;
      if (p < segments.length && segments[p].matches(topic[t])) {
        if (segments[p].kind == Segment.Kind.MANY) {
          retryPattern = p + 1;
          retryTopic = t + 1;
        }
        p++;
        t++;
      } else if (retryPattern >= 0) {
        p = retryPattern;
        t = ++retryTopic;
      } else {
        return -steps;
      }
    }
    return p == segments.length ? steps : -steps;
  }

  Segment[] segments() {
    return segments;
  }

  /** Whether it has no wildcard. */
  boolean isLiteral() {
    return literal;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CompiledPattern && text.equals(((CompiledPattern) other).text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** The pattern as it was written. */
  @Override
  public String toString() {
    return text;
  }
}
