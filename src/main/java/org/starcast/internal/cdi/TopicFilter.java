package org.starcast.internal.cdi;

import jakarta.enterprise.inject.spi.EventMetadata;
import java.lang.annotation.Annotation;
import java.util.Set;
import org.starcast.Topic;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicName;

/**
 * What an observer's {@link Topic} lets through. Immutable and thread-safe.
 *
 * @param pattern the pattern, or null for every topic and events without one
 * @param sender the sender, or empty for anybody
 */
record TopicFilter(CompiledPattern pattern, String sender) {

  /**
   * The filter that an observer's annotation asks for.
   *
   * @throws IllegalArgumentException if its pattern or its sender is malformed
   */
  static TopicFilter of(Topic observed) {
    String value = observed.value();
    boolean every = value.isEmpty() || value.equals(Topic.ANY);
    String sender = observed.sender();
    return new TopicFilter(
        every ? null : CompiledPattern.of(value),
        sender.isEmpty() ? sender : TopicName.checkSender(sender));
  }

  /**
   * The {@link Topic} among qualifiers (it is not repeatable, so there is one at most), or null.
   */
  static Topic topicIn(Set<Annotation> qualifiers) {
    for (Annotation qualifier : qualifiers) {
      if (qualifier instanceof Topic topic) {
        return topic;
      }
    }
    return null;
  }

  /** Whether there is nothing to filter. */
  boolean acceptsAll() {
    return pattern == null && sender.isEmpty();
  }

  /** Whether the observer shall see the event. */
  boolean accepts(EventMetadata metadata) {
    Topic fired = topicIn(metadata.getQualifiers());
    if (fired == null) {
      return false;
    }
    if (!sender.isEmpty() && !sender.equals(fired.sender())) {
      return false;
    }
    return pattern == null || (!fired.value().isEmpty() && pattern.matches(fired.value()));
  }
}
