package org.starcast.internal.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.starcast.Subscription;
import org.starcast.internal.log.TopicRules;
import org.starcast.internal.security.Grant;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.PatternSet;
import org.starcast.spi.StoredEvent;

/**
 * Whether an event of the log is for a client: the same answer as the topic index gives when the
 * event is published, for one client in place of all; and whether the client may hear the topic by
 * which it is, which is asked for each topic once. For one thread at a time.
 */
final class SubscriptionFilter implements Predicate<StoredEvent> {

  /** The most topics whose answers are remembered, for as long as the client is behind. */
  private static final int MAX_HEARD = 4096;

  private final Subscription subscription;
  private final String clientId;
  private final Grant grant;

  /** Made when it is needed: most clients have nothing to read. */
  private PatternSet patterns;

  private TopicRules.Selection selection;

  /** What was asked, by topic. */
  private final Map<String, Boolean> heard = new HashMap<>();

  SubscriptionFilter(Subscription subscription, String clientId, Grant grant) {
    this.grant = grant;
    this.subscription = subscription;
    this.clientId = clientId;
  }

  @Override
  public boolean test(StoredEvent event) {
    return answer(event, grant::hears);
  }

  /** The topics that it is about, those that are muted or may not be heard among them. */
  TopicRules.Selection selection(History history) {
    if (selection == null) {
      selection = history.select(subscription.topics().keySet());
    }
    return selection;
  }

  /** Whether {@link #test} has all answers that it needs, and asks nobody. */
  boolean decides(StoredEvent event) {
    boolean[] asked = {false};
    answer(
        event,
        topic -> {
          asked[0] = true;
          return null;
        });
    return !asked[0];
  }

  private boolean answer(StoredEvent event, Function<String, Boolean> ask) {
    if (!event.except().isEmpty() && event.except().contains(clientId)) {
      return false;
    }
    if (event.topics().isEmpty()) {
      return true;
    }
    List<String> wanted = new ArrayList<>(1);
    for (String topic : event.topics()) {
      switch (patterns().answer(topic, event.sender())) {
        case WANTED -> wanted.add(topic);
        case MUTED -> {
          return false;
        }
        case NOT_WANTED -> {
          // another topic of the event may be
        }
      }
    }
    for (String topic : wanted) {
      if (hears(topic, ask)) {
        return true;
      }
    }
    return false;
  }

  private PatternSet patterns() {
    if (patterns == null) {
      patterns = new PatternSet();
      subscription
          .topics()
          .forEach((text, senders) -> patterns.subscribe(CompiledPattern.of(text), senders));
      subscription.muted().forEach(text -> patterns.mute(CompiledPattern.of(text)));
    }
    return patterns;
  }

  private boolean hears(String topic, Function<String, Boolean> ask) {
    if (!grant.asks()) {
      return true;
    }
    Boolean known = heard.get(topic);
    if (known == null) {
      known = ask.apply(topic);
      if (known == null) {
        return false;
      }
      if (heard.size() == MAX_HEARD) {
        heard.clear();
      }
      heard.put(topic, known);
    }
    return known;
  }
}
