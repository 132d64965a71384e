package org.starcast.delivery;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.starcast.Subscription;
import org.starcast.log.LoggedEvent;
import org.starcast.topic.TopicPattern;

/**
 * Whether an event of the log is for a client: the same answer as the topic index gives when the
 * event is published, for one client in place of all. Immutable.
 */
final class SubscriptionFilter implements Predicate<LoggedEvent> {

  private record Interest(TopicPattern pattern, Set<String> senders) {}

  private final Subscription subscription;
  private final String clientId;
  private final List<Interest> interests = new ArrayList<>();
  private final List<TopicPattern> muted = new ArrayList<>();

  SubscriptionFilter(Subscription subscription, String clientId) {
    this.subscription = subscription;
    this.clientId = clientId;
    subscription
        .topics()
        .forEach((text, senders) -> interests.add(new Interest(TopicPattern.of(text), senders)));
    subscription.muted().forEach(text -> muted.add(TopicPattern.of(text)));
  }

  /** Whether this is the filter of just this subscription. */
  boolean isOf(Subscription other) {
    return subscription == other;
  }

  @Override
  public boolean test(LoggedEvent event) {
    if (!event.except().isEmpty() && event.except().contains(clientId)) {
      return false;
    }
    if (event.topics().isEmpty()) {
      return true;
    }
    for (String topic : event.topics()) {
      for (TopicPattern pattern : muted) {
        if (pattern.matches(topic)) {
          return false;
        }
      }
    }
    for (String topic : event.topics()) {
      for (Interest interest : interests) {
        if ((interest.senders.isEmpty() || interest.senders.contains(event.sender()))
            && interest.pattern.matches(topic)) {
          return true;
        }
      }
    }
    return false;
  }
}
