package org.starcast.internal.engine;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.stream.Stream;
import org.starcast.Subscription;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.wire.LibraryEvents;

/** What one client may subscribe to at most. */
final class SubscriptionLimits {

  private SubscriptionLimits() {}

  /**
   * Checks the patterns and senders of a client.
   *
   * @throws IllegalArgumentException if there are too many, naming the bound
   */
  static void check(Subscription subscription, StarcastConfig config) {
    int patterns = subscription.topics().size() + subscription.muted().size();
    check(
        "topic",
        patterns,
        "patterns",
        config.limits().patternsPerClient(),
        "starcast.max-patterns-per-client");
    long globs =
        Stream.concat(subscription.topics().keySet().stream(), subscription.muted().stream())
            .filter(CompiledPattern::hasGlob)
            .count();
    check(
        "topic",
        globs,
        "patterns with '*' inside a segment",
        config.limits().globsPerClient(),
        "starcast.max-globs-per-client");
    // patterns that name the same senders share them
    Set<Set<String>> shared = Collections.newSetFromMap(new IdentityHashMap<>());
    shared.addAll(subscription.topics().values());
    long senders = shared.stream().mapToLong(Set::size).sum();
    check(
        "sender",
        senders,
        "senders",
        config.limits().sendersPerClient(),
        "starcast.max-senders-per-client");
  }

  /**
   * Checks how many topics a client that connects would be present on; what it subscribes to later
   * puts it on none.
   *
   * @throws IllegalArgumentException if there are too many, and presence is on
   */
  static void checkPresence(Subscription subscription, StarcastConfig config) {
    if (config.presence().enabled()) {
      long present =
          subscription.topics().keySet().stream()
              .filter(pattern -> !LibraryEvents.isOwnTopic(pattern))
              .count();
      if (present > config.presence().topicsPerClient()) {
        throw new IllegalArgumentException(
            "topic: %d topics to be present on, at most %d (starcast.presence.max-topics-per-client)"
                .formatted(present, config.presence().topicsPerClient()));
      }
    }
  }

  private static void check(String name, long count, String what, int most, String key) {
    if (count > most) {
      throw new IllegalArgumentException(
          name + ": " + count + " " + what + ", at most " + most + " (" + key + ")");
    }
  }
}
