package org.starcast;

import java.util.Set;

/**
 * A message being made, from {@link SseBroadcaster#publish()}; {@link #send()} publishes it. Not
 * thread-safe. The setters are those of {@link SseMessage.Builder} and throw as they do.
 *
 * <pre>{@code
 * broadcaster.publish().topic("chat.lobby").sender("ann").data(line).send();
 * }</pre>
 */
public final class Publication {

  private final SseBroadcaster broadcaster;
  private final SseMessage.Builder message = SseMessage.builder();
  private Set<String> except = Set.of();

  Publication(SseBroadcaster broadcaster) {
    this.broadcaster = broadcaster;
  }

  /** The topics, 16 at most; without any, every client gets it. */
  public Publication topic(String... topics) {
    message.topic(topics);
    return this;
  }

  /** The sender. */
  public Publication sender(String sender) {
    message.sender(sender);
    return this;
  }

  /** The event's name. */
  public Publication event(String event) {
    message.event(event);
    return this;
  }

  /** The data: text, or any payload, see {@link PayloadEncoder}. */
  public Publication data(Object data) {
    message.data(data);
    return this;
  }

  /** The key by which messages replace each other, see {@link OverflowPolicy#COALESCE}. */
  public Publication coalesce(String key) {
    message.coalesce(key);
    return this;
  }

  /** Ids of clients to leave out, 256 at most. */
  public Publication except(String... clientIds) {
    except = Set.of(clientIds);
    return this;
  }

  /**
   * Publishes.
   *
   * @throws IllegalArgumentException as {@link SseBroadcaster#publish(MessageSource)}
   */
  public PublishResult send() {
    return broadcaster.broadcast(message.build(), except);
  }
}
