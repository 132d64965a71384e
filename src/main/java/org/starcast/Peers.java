package org.starcast;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.starcast.backplane.Commands;

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

  private final Commands commands;
  private final Function<Object, CharSequence> text;

  /**
   * The other nodes.
   *
   * @param text turns a message's data into text
   * @param local does what they ask for
   */
  Peers(Commands commands, Function<Object, CharSequence> text, Local local) {
    this.commands = commands;
    this.text = text;
    on(SEND, body -> local.send(body.getString("client"), message(body)));
    on(SEND_TO_USER, body -> local.sendToUser(body.getString("user"), message(body)));
    on(REVOKE, body -> local.revoke(body.getString("principal")));
    on(REVOKE_TOPIC, body -> local.revokeTopic(body.getString("pattern")));
  }

  private void on(String type, Consumer<JsonObject> handler) {
    commands.on(
        type,
        (node, body) -> {
          if (!node.equals(commands.node())) {
            handler.accept(body);
          }
        });
  }

  /** Whether the message is on its way to the others. */
  boolean send(String clientId, SseMessage message) {
    return tell(SEND, () -> fields(message).add("client", clientId));
  }

  void sendToUser(String user, SseMessage message) {
    tell(SEND_TO_USER, () -> fields(message).add("user", user));
  }

  void revoke(String principal) {
    tell(REVOKE, () -> Json.createObjectBuilder().add("principal", principal));
  }

  void revokeTopic(String pattern) {
    tell(REVOKE_TOPIC, () -> Json.createObjectBuilder().add("pattern", pattern));
  }

  /** Where there are others; a node alone makes nothing for them. */
  private boolean tell(String type, Supplier<JsonObjectBuilder> body) {
    return commands.isShared()
        && !commands
            .send(type, body.get().build())
            .toCompletableFuture()
            .isCompletedExceptionally();
  }

  private JsonObjectBuilder fields(SseMessage message) {
    JsonObjectBuilder fields = Json.createObjectBuilder();
    message.event().ifPresent(event -> fields.add("event", event));
    message.id().ifPresent(id -> fields.add("id", id));
    message.retry().ifPresent(retry -> fields.add("retry", retry.toMillis()));
    message.data().ifPresent(data -> fields.add("data", text.apply(data).toString()));
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
