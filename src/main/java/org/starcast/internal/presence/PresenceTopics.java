package org.starcast.internal.presence;

import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.LibraryEvents;

/** Which topics users can be on, and which have messages about that. */
final class PresenceTopics {

  private PresenceTopics() {}

  /** Whether a pattern has no wildcards. */
  static boolean isLiteral(String pattern) {
    return pattern.indexOf('*') < 0 && pattern.indexOf('+') < 0;
  }

  /** Whether joins and leaves of a topic without wildcards are published: its own name fits. */
  static boolean hasMessages(String topic) {
    try {
      TopicName.check(LibraryEvents.PRESENCE_TOPICS + topic);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
