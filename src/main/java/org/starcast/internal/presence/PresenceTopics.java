package org.starcast.internal.presence;

import org.starcast.internal.topic.TopicName;

/** Which topics users can be on, and which have messages about that. */
final class PresenceTopics {

  /** What the library's own topics begin with, which nobody is on. */
  static final String RESERVED = "starcast.";

  /** What the topics of joins and leaves begin with. */
  static final String MESSAGES = "starcast.presence.";

  private PresenceTopics() {}

  /** Whether who subscribes to a pattern is on it. */
  static boolean isCounted(String pattern) {
    return !pattern.startsWith(RESERVED);
  }

  /** Whether a pattern has no wildcards. */
  static boolean isLiteral(String pattern) {
    return pattern.indexOf('*') < 0 && pattern.indexOf('+') < 0;
  }

  /** Whether joins and leaves of a topic without wildcards are published: its own name fits. */
  static boolean hasMessages(String topic) {
    try {
      TopicName.check(MESSAGES + topic);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
