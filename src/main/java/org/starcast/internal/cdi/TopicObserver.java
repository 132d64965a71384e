package org.starcast.internal.cdi;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.spi.EventMetadata;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.starcast.PublishResult;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Topic;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.SseFormat;

/**
 * Hands every event that is fired with a {@link Topic} to the broadcaster: after the commit when
 * the caller is in a JTA transaction, at once otherwise; never when that transaction is rolled
 * back. It is encoded when it is fired, so that it says what it said then, and what cannot be
 * encoded is the caller's to hear of. Thread-safe.
 *
 * <p>It checks the topic and sees the event before the application's observers do, so that one that
 * throws does not keep the event from the browsers. That is why it is no transactional observer:
 * those are notified last (see {@link Transactions}).
 */
@ApplicationScoped
class TopicObserver implements Transactions.Outcome {

  private static final Logger LOG = System.getLogger(TopicObserver.class.getName());

  /**
   * Before the priorities of applications, which are positive (Jakarta Annotations 2.1 reserves the
   * negative ones). Not lower, because Weld compares by subtraction: against {@code
   * Integer.MAX_VALUE} a negative number overflows, and spoils the order of all.
   */
  static final int FIRST = 0;

  private final SseBroadcaster broadcaster;
  private final Instance<TransactionalPublisher> transactional;
  private final Payloads payloads;

  /** Null where there are none. */
  private final Transactions transactions;

  private final Event<PublishResult.Failure> failures;
  private final Instance<StarcastConfig> config;
  private final Executor executor;

  /** For the container's proxy. */
  TopicObserver() {
    broadcaster = null;
    transactional = null;
    payloads = null;
    transactions = null;
    failures = null;
    config = null;
    executor = null;
  }

  @Inject
  TopicObserver(
      SseBroadcaster broadcaster,
      Instance<TransactionalPublisher> transactional,
      Payloads payloads,
      Instance<Transactions> transactions,
      Event<PublishResult.Failure> failures,
      Instance<StarcastConfig> config,
      ContainerExecutors executors) {
    this.broadcaster = broadcaster;
    this.transactional = transactional;
    this.payloads = payloads;
    this.transactions = transactions.isResolvable() ? transactions.get() : null;
    this.failures = failures;
    this.config = config;
    this.executor = executors.executor();
  }

  void fired(@Observes @Priority(FIRST) @Topic Object payload, EventMetadata metadata) {
    Topic topic = checkedTopic(metadata);
    switch (transactions == null ? Transactions.Phase.NONE : transactions.phase()) {
      case NONE -> broadcaster.publish(message(payload, topic));
      case OPEN -> {
        SseMessage message = message(payload, topic);
        checkSize(message);
        transactions.afterCommit(message, this);
      }
      case ROLLING_BACK -> notSent(Level.DEBUG, topic);
      // an observer of AFTER_FAILURE may have meant to send something
      case ROLLED_BACK -> notSent(Level.WARNING, topic);
    }
  }

  private static void notSent(Level level, Topic topic) {
    LogMessage.ROLLED_BACK.log(LOG, level, null, topic.value());
  }

  /** Never in the caller's transaction, whatever thread the caller's executor uses. */
  void firedAsync(@ObservesAsync @Topic Object payload, EventMetadata metadata) {
    broadcaster.publish(message(payload, checkedTopic(metadata)));
  }

  private static Topic checkedTopic(EventMetadata metadata) {
    return check(TopicFilter.topicIn(metadata.getQualifiers()));
  }

  /** The topic, if its value and sender can be fired with. */
  static Topic check(Topic topic) {
    if (!topic.value().isEmpty()) {
      TopicName.check(topic.value());
    }
    if (!topic.sender().isEmpty()) {
      TopicName.checkSender(topic.sender());
    }
    return topic;
  }

  private SseMessage message(Object payload, Topic topic) {
    SseMessage message = payloads.toMessage(payload);
    if (message.topics().isEmpty() && !topic.value().isEmpty()) {
      message = message.toBuilder().topic(topic.value()).build();
    }
    if (message.sender().isEmpty() && !topic.sender().isEmpty()) {
      message = message.toBuilder().sender(topic.sender()).build();
    }
    return message;
  }

  /** What would be refused after the commit, when nobody is left to hear of it. */
  private void checkSize(SseMessage message) {
    if (!config.isResolvable()) {
      return;
    }
    int length =
        SseFormat.draft(
                message.event().orElse(null),
                message.retry().orElse(null),
                message.data().map(CharSequence.class::cast).orElse(null),
                message.comment().orElse(null))
            .bodyLength();
    SseFormat.checkSize(length, config.get().limits().messageBytes());
  }

  @Override
  public boolean stored(List<SseMessage> messages) {
    if (!transactional.isResolvable() || !transactional.get().isTransactional()) {
      return false;
    }
    transactional.get().publishInTransaction(messages);
    return true;
  }

  @Override
  public void storedCommitted() {
    transactional.get().committed();
  }

  /** After the commit nobody is left to catch, and the transaction's other events must go out. */
  @Override
  public void committed(SseMessage message) {
    try {
      broadcaster.publish(message);
    } catch (RuntimeException | Error failure) {
      failed(message, failure);
    }
  }

  @Override
  public void unknown(SseMessage message) {
    failed(
        message,
        new IllegalStateException("whether the transaction has committed is not known: not sent"));
  }

  /** Observers run on another thread: in a completion, nobody can have a transaction of his own. */
  private void failed(SseMessage message, Throwable cause) {
    LogMessage.NOT_SENT_AFTER_COMMIT.log(LOG, Level.ERROR, cause, message.topics());
    PublishResult.Failure failure = new PublishResult.Failure(message, cause);
    try {
      executor.execute(() -> fire(failure));
    } catch (RejectedExecutionException stopping) {
      fire(failure);
    }
  }

  private void fire(PublishResult.Failure failure) {
    failures.fireAsync(failure);
    try {
      failures.fire(failure);
    } catch (RuntimeException | Error e) {
      LogMessage.FAILURE_OBSERVER_FAILED.log(LOG, e);
    }
  }
}
