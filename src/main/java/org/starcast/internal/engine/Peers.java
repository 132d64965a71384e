package org.starcast.internal.engine;

import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.starcast.SseMessage;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.json.Json;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.BackplaneException;

/**
 * The broadcasters of the other nodes: has them do what this one is asked to do, each with its own
 * clients. Thread-safe; never waits.
 */
final class Peers {

  /** What a node does with its own clients. */
  interface Local {
    /** Sends to a client. */
    void send(String clientId, SseMessage message);

    /** Sends to the clients of a user. */
    void sendToUser(String user, SseMessage message);

    /** Closes the clients of a principal. */
    void revoke(String principal);

    /** Closes the clients that could hear topics. */
    void revokeTopic(String pattern);
  }

  private static final String SEND = "send";
  private static final String SEND_TO_USER = "send-to-user";
  private static final String REVOKE = "revoke";
  private static final String REVOKE_TOPIC = "revoke-topic";

  private final ClusterBus bus;
  private final int maxBytes;
  private final BiConsumer<SseMessage, Throwable> unsent;

  /**
   * The other nodes.
   *
   * @param maxBytes the most bytes of a message's frame
   * @param local does what they ask for
   * @param unsent is told, on any thread, of a message that was not sent, or may not have been,
   *     after all
   */
  Peers(ClusterBus bus, int maxBytes, Local local, BiConsumer<SseMessage, Throwable> unsent) {
    this.bus = bus;
    this.maxBytes = maxBytes;
    this.unsent = unsent;
    on(SEND, body -> local.send(body.getString("client"), message(body)));
    on(SEND_TO_USER, body -> local.sendToUser(body.getString("user"), message(body)));
    on(REVOKE, body -> local.revoke(body.getString("principal")));
    on(REVOKE_TOPIC, body -> local.revokeTopic(body.getString("pattern")));
  }

  private void on(String type, Consumer<JsonObject> handler) {
    bus.on(
        type,
        (at, node, body) -> {
          if (!node.equals(bus.node())) {
            handler.accept(body);
          }
        });
  }

  /** Whether there may be other nodes; one that is alone makes nothing for them. */
  boolean exist() {
    return bus.isShared();
  }

  /**
   * Has the node that has the client send it the message, whose data is text.
   *
   * @throws BackplaneException if it is certain by now that the message does not reach the others
   * @throws IllegalArgumentException if the message is too large
   */
  void send(String clientId, SseMessage message) {
    send(SEND, message, fields(message).add("client", clientId));
  }

  /** As {@link #send}, for the clients of a user. */
  void sendToUser(String user, SseMessage message) {
    send(SEND_TO_USER, message, fields(message).add("user", user));
  }

  private void send(String type, SseMessage message, JsonObjectBuilder body) {
    BackplaneFailures.handle(
        bus.send(type, body.build()),
        "the message was not sent",
        failure -> unsent.accept(message, failure));
  }

  /** Done when all nodes are certain to do it. */
  CompletionStage<Void> revoke(String principal) {
    return insist(REVOKE, "principal", principal);
  }

  /** As {@link #revoke}. */
  CompletionStage<Void> revokeTopic(String pattern) {
    return insist(REVOKE_TOPIC, "pattern", pattern);
  }

  private CompletionStage<Void> insist(String type, String name, String value) {
    return bus.isShared()
        ? bus.sendUntilStored(type, Json.createObjectBuilder().add(name, value).build())
        : CompletableFuture.completedStage(null);
  }

  private JsonObjectBuilder fields(SseMessage message) {
    String data = message.data().map(Object::toString).orElse(null);
    int bytes =
        SseFormat.encode(
                message.event().orElse(null),
                message.id().orElse(null),
                message.retry().orElse(null),
                data,
                message.comment().orElse(null))
            .length;
    SseFormat.checkSize(bytes, maxBytes);
    JsonObjectBuilder fields = Json.createObjectBuilder();
    message.event().ifPresent(event -> fields.add("event", event));
    message.id().ifPresent(id -> fields.add("id", id));
    message.retry().ifPresent(retry -> fields.add("retry", retry.toMillis()));
    if (data != null) {
      fields.add("data", data);
    }
    message.comment().ifPresent(comment -> fields.add("comment", comment));
    message.coalesceKey().ifPresent(key -> fields.add("coalesce", key));
    return fields;
  }

  private static SseMessage message(JsonObject fields) {
    SseMessage.Builder message = SseMessage.builder();
    for (String field : fields.keySet()) {
      switch (field) {
        case "event" -> message.event(fields.getString(field));
        case "id" -> message.id(fields.getString(field));
        case "retry" ->
            message.retry(Duration.ofMillis(fields.getJsonNumber(field).longValueExact()));
        case "data" -> message.data(fields.getString(field));
        case "comment" -> message.comment(fields.getString(field));
        case "coalesce" -> message.coalesce(fields.getString(field));
        default -> {
          // who it is for
        }
      }
    }
    return message.build();
  }
}
