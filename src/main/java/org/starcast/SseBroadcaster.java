package org.starcast;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The registry of clients, and the way to publish to them. Inject it anywhere; thread-safe.
 *
 * <p>(Its interface; the implementation follows.)
 */
@ApplicationScoped
public class SseBroadcaster {

  SseBroadcaster() {}

  /** Takes over a sink that JAX-RS injected into a resource method. */
  public SseClient register(SseEventSink sink, Subscription subscription) {
    throw new UnsupportedOperationException();
  }

  /** Publishes to the clients whose subscription matches. */
  public PublishResult publish(MessageSource message) {
    throw new UnsupportedOperationException();
  }

  /** Publishes data to a topic. */
  public PublishResult publish(String topic, Object data) {
    throw new UnsupportedOperationException();
  }

  /** Starts a message that {@link Publication#send()} publishes. */
  public Publication publish() {
    throw new UnsupportedOperationException();
  }

  /** Publishes as {@link #publish(MessageSource)}, but not to the clients with these ids. */
  public PublishResult broadcast(MessageSource message, Collection<String> exceptClientIds) {
    throw new UnsupportedOperationException();
  }

  /** Sends to one client; false if it is unknown or did not take it. */
  public boolean send(String clientId, MessageSource message) {
    throw new UnsupportedOperationException();
  }

  /** The client with this id. */
  public Optional<SseClient> client(String clientId) {
    throw new UnsupportedOperationException();
  }

  /** All clients. */
  public List<SseClient> clients() {
    throw new UnsupportedOperationException();
  }

  /** The clients of this {@linkplain Subscription#type(String) type}. */
  public List<SseClient> clients(String type) {
    throw new UnsupportedOperationException();
  }

  /** The clients that a message on this topic would reach, whoever sends it. */
  public List<SseClient> clientsOn(String topic) {
    throw new UnsupportedOperationException();
  }

  /** How many clients there are. */
  public int count() {
    throw new UnsupportedOperationException();
  }

  /** A message being made; {@link #send()} publishes it. */
  public interface Publication {
    /** The topics. */
    Publication topic(String... topics);

    /** The sender. */
    Publication sender(String sender);

    /** The event's name. */
    Publication event(String event);

    /** The data: a character sequence, or an object that is sent as JSON. */
    Publication data(Object data);

    /** The key by which messages replace each other. */
    Publication coalesce(String key);

    /** Leaves clients out. */
    Publication except(String... clientIds);

    /** Publishes. */
    PublishResult send();
  }
}
