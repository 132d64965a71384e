package org.starcast.internal.engine;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.starcast.MessageSource;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.internal.wire.SseFormat;

/** Messages to clients of this node alone, past the order of events. Thread-safe. */
final class DirectMessages {

  private final DeliveryEngine engine;
  private final Executor executor;
  private final Recovery recovery;
  private final InitialStates states;

  /**
   * Sends to the clients of an engine.
   *
   * @param recovery what clients get behind a gap whose subscription does not say
   * @param states what they get behind it that began with a state
   * @param executor makes what clients get behind a gap
   */
  DirectMessages(
      DeliveryEngine engine, Recovery recovery, InitialStates states, Executor executor) {
    this.engine = engine;
    this.executor = executor;
    this.recovery = recovery;
    this.states = states;
  }

  /** Sends to one client; false if it did not take the message. */
  boolean send(Client client, SseMessage message) {
    return send(client, engine.encoder().encode(message), message.coalesceKey().orElse(null));
  }

  private boolean send(Client client, byte[] bytes, String coalesceKey) {
    Frame frame = Frame.toOne(bytes, coalesceKey, engine.memory());
    Offer offer = client.offer(frame);
    boolean queued = offer == Offer.QUEUED || offer == Offer.REPLACED;
    frame.heldBy(queued ? 1 : 0);
    engine.memory().relieve();
    if (queued) {
      engine.statistics().increment(Metric.DIRECT);
    }
    return queued;
  }

  /** As {@link #send}, as soon as there is room. */
  CompletionStage<Boolean> sendWhenRoom(Client client, SseMessage message) {
    byte[] bytes = engine.encoder().encode(message);
    CompletionStage<Boolean> taken =
        client.offerWhenRoom(
            Frame.toOne(bytes, message.coalesceKey().orElse(null), engine.memory()));
    engine.memory().relieve();
    return taken;
  }

  /** Sends a client its token, under a name that applications cannot give an event. */
  void sendToken(Client client, String data) {
    send(client, SseFormat.encode(LibraryEvents.CLIENT, null, null, data, null), null);
  }

  /**
   * Sends to the clients whose subscription matches; not through the log and the backplane, as
   * those of other nodes stay.
   *
   * @param bytes the message, encoded
   */
  void sendFarewell(SseMessage farewell, byte[] bytes) {
    Set<Client> receivers = Collections.newSetFromMap(new IdentityHashMap<>());
    if (farewell.topics().isEmpty()) {
      receivers.addAll(engine.clients().all());
    } else {
      engine
          .order()
          .betweenEvents(
              () -> {
                engine
                    .clients()
                    .forEachMatch(
                        farewell.topics(), farewell.sender().orElse(null), receivers::add);
                return true;
              });
    }
    receivers.forEach(client -> send(client, bytes, null));
  }

  /** What a client with this subscription gets behind a gap. */
  Recovery recovery(Subscription subscription) {
    String key = subscription.onGap().isPresent() ? null : subscription.initialKey().orElse(null);
    return subscription
        .onGap()
        .or(subscription::initial)
        .map(source -> recovery(key, source))
        .orElse(recovery);
  }

  private Recovery recovery(String key, MessageSource source) {
    return source instanceof SseMessage message
        ? Recovery.of(engine.encoder().encode(message))
        : Recovery.of(() -> states.renew(key, source), executor, engine.log());
  }
}
