package org.starcast.internal.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.starcast.PublishResult;
import org.starcast.SseMessage;
import org.starcast.internal.backplane.EncodedEvent;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.EventId;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;

/** Encodes what is published, once, and has the backplane give it its position. Thread-safe. */
final class Publisher {

  private final DeliveryEngine engine;
  private final Backplane backplane;
  private final EngineListener listener;
  private final WriterLoop[] loops;

  /** Null where nothing is traced. */
  private final Tracing tracing;

  Publisher(
      DeliveryEngine engine,
      Backplane backplane,
      EngineListener listener,
      WriterLoop[] loops,
      Tracing tracing) {
    this.engine = engine;
    this.backplane = backplane;
    this.listener = listener;
    this.loops = loops;
    this.tracing = tracing;
  }

  /** See {@link DeliveryEngine#publish}. */
  PublishResult publish(SseMessage given, Collection<String> except) {
    SseMessage message = engine.encoder().textual(given);
    Object span = tracing == null ? null : tracing.publishing(message);
    if (span == null) {
      return publish(message, except, null);
    }
    PublishResult result = null;
    try {
      result = publish(message, except, span);
      return result;
    } finally {
      tracing.published(span, result);
    }
  }

  private PublishResult publish(SseMessage message, Collection<String> except, Object span) {
    long begun = System.nanoTime();
    EventOrder order = engine.order();
    Delivery delivery =
        new Delivery(
            message.topics(),
            message.sender().orElse(null),
            TopicName.checkExcept(except),
            message.coalesceKey().orElse(null),
            engine.encoder().draft(message, order.logs()),
            loops,
            begun,
            span != null && tracing.deliveries() ? tracing.context(span) : null);
    if (order.isStopped()) {
      return toNobody(order);
    }
    CompletionStage<Long> stored = backplane.append(delivery);
    if (!backplane.isShared() && delivery.isDone()) {
      if (engine.deliversInCall()) {
        order.settle(delivery);
      }
      return delivery.result(order.epoch());
    }
    return order.isStopped() ? toNobody(order) : underWay(message, stored);
  }

  boolean isTransactional() {
    return backplane instanceof Backplane.Transactional;
  }

  /** Encodes the messages, and stores them in the transaction of the calling thread. */
  void publishInTransaction(List<SseMessage> messages) {
    List<Object> spans = new ArrayList<>();
    PublishResult stored = null;
    try {
      List<OutgoingEvent> events = new ArrayList<>();
      for (SseMessage given : messages) {
        SseMessage message = engine.encoder().textual(given);
        Object span = tracing == null ? null : tracing.publishing(message);
        if (span != null) {
          spans.add(span);
        }
        events.add(
            new EncodedEvent(
                message.topics(),
                message.sender().orElse(null),
                TopicName.checkExcept(message.except()),
                message.coalesceKey().orElse(null),
                engine.encoder().draft(message, engine.order().logs())));
      }
      ((Backplane.Transactional) backplane).appendInTransaction(events);
      stored = new PublishResult("", 0, 0, 0, 0, 0); // what it is, the commit decides
    } finally {
      for (Object span : spans) {
        tracing.published(span, stored);
      }
    }
  }

  void committed() {
    ((Backplane.Transactional) backplane).committed();
  }

  /** What becomes of an event once the engine has stopped. */
  private static PublishResult toNobody(EventOrder order) {
    return new PublishResult(order.lastEventId(), order.sequence(), 0, 0, 0, 0);
  }

  /** What is known of a publication that other threads, and machines, are at. */
  private PublishResult underWay(SseMessage message, CompletionStage<Long> stored) {
    BackplaneFailures.handle(
        stored,
        "the event was not stored",
        failure -> engine.notifier().tellFailure(() -> listener.unpublished(message, failure)));
    CompletableFuture<Long> place = stored.toCompletableFuture();
    if (!backplane.isShared() && place.isDone() && !place.isCompletedExceptionally()) {
      return new PublishResult(id(place.join()), place.join(), 0, 0, 0, 0);
    }
    return new PublishResult("", 0, 0, 0, 0, 0, stored.thenApply(this::id));
  }

  private String id(long place) {
    return new EventId(engine.order().epoch(), place).toString();
  }
}
