package org.starcast.cdi;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.spi.EventMetadata;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Topic;
import org.starcast.topic.TopicName;

/**
 * Hands every event that is fired with a {@link Topic} to the broadcaster: after the commit when
 * the caller is in a JTA transaction, at once otherwise. Thread-safe.
 *
 * <p>It checks the topic and sees the event before the application's observers do, so that one that
 * throws does not keep the event from the browsers. That is why it is no transactional observer:
 * those are notified last (see {@link Transactions}).
 */
@ApplicationScoped
class TopicObserver {

  private static final Logger LOG = System.getLogger(TopicObserver.class.getName());

  /**
   * Before the priorities of applications, which are positive (Jakarta Annotations 2.1 reserves the
   * negative ones). Not lower, because Weld compares by subtraction: against {@code
   * Integer.MAX_VALUE} a negative number overflows, and spoils the order of all.
   */
  static final int FIRST = 0;

  private final SseBroadcaster broadcaster;
  private final Payloads payloads;
  private final Transactions transactions;

  TopicObserver() {
    this(null, null, null);
  }

  @Inject
  TopicObserver(SseBroadcaster broadcaster, Payloads payloads, Transactions transactions) {
    this.broadcaster = broadcaster;
    this.payloads = payloads;
    this.transactions = transactions;
  }

  void fired(@Observes @Priority(FIRST) @Topic Object payload, EventMetadata metadata) {
    Topic topic = checkedTopic(metadata);
    if (!transactions.afterCommit(() -> broadcastOrLog(payload, topic))) {
      broadcast(payload, topic);
    }
  }

  /** Never in the caller's transaction, whatever thread the caller's executor uses. */
  void firedAsync(@ObservesAsync @Topic Object payload, EventMetadata metadata) {
    broadcast(payload, checkedTopic(metadata));
  }

  private static Topic checkedTopic(EventMetadata metadata) {
    Topic topic = TopicFilter.topicIn(metadata.getQualifiers());
    if (!topic.value().isEmpty()) {
      TopicName.check(topic.value());
    }
    if (!topic.sender().isEmpty()) {
      TopicName.checkSender(topic.sender());
    }
    return topic;
  }

  private void broadcast(Object payload, Topic topic) {
    SseMessage message = payloads.toMessage(payload);
    if (message.topics().isEmpty() && !topic.value().isEmpty()) {
      message = message.toBuilder().topic(topic.value()).build();
    }
    if (message.sender().isEmpty() && !topic.sender().isEmpty()) {
      message = message.toBuilder().sender(topic.sender()).build();
    }
    broadcaster.publish(message);
  }

  /** After the commit nobody is left to catch, and the transaction's other events must go out. */
  private void broadcastOrLog(Object payload, Topic topic) {
    try {
      broadcast(payload, topic);
    } catch (RuntimeException | Error failure) {
      LOG.log(
          Level.ERROR,
          "The event on topic \"" + topic.value() + "\" was not sent after its commit",
          failure);
    }
  }
}
