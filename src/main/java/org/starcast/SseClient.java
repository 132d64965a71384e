package org.starcast;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * One subscriber's open stream, as the server sees it. Thread-safe; every method returns at once.
 *
 * <p>A client lives until its connection ends, whoever ends it, and is then {@link State#CLOSED}
 * for good: a browser that reconnects is a new client.
 */
public interface SseClient extends AutoCloseable {

  /** The stages of a client's life, in their order. */
  enum State {
    /** Registered; the container has not yet taken the first bytes. */
    CONNECTING,
    /** Events flow. */
    OPEN,
    /** No more events are taken; those queued are still being written. */
    CLOSING,
    /** The stream has ended. */
    CLOSED
  }

  /** The id: 128 random bits in base 64 unless the application chose one. */
  String id();

  /** The application's kind of client, see {@link Subscription#type(String)}. */
  String type();

  /** The present stage. */
  State state();

  /** Why it was closed; empty while it is not. */
  Optional<CloseReason> closeReason();

  /** What the application attached, see {@link Subscription#metadata(String, Object)}. */
  Map<String, Object> metadata();

  /** The name of the authenticated caller, if there is one. */
  Optional<String> principal();

  /**
   * Whose client it is: the {@linkplain Subscription#user(String) user} that the application chose,
   * else the authenticated caller, else its own id.
   */
  default String user() {
    return subscription().user().or(this::principal).orElseGet(this::id);
  }

  /** The present subscription, with the changes made since it connected. */
  Subscription subscription();

  /** When it was registered. */
  Instant created();

  /** When bytes were last handed to the container for it; until then, when it was registered. */
  Instant lastActivity();

  /** Messages handed to the container so far. */
  long sent();

  /** Messages that its overflow policy dropped. */
  long dropped();

  /** Messages that wait to be written. */
  int queued();

  /** Bytes that wait to be written. */
  long queuedBytes();

  /** The name of the way of writing in use, for statistics: {@code servlet} or {@code portable}. */
  String writer();

  /**
   * Adds a pattern, from the next published event on; with senders, only their messages. A pattern
   * that is already there has its senders replaced.
   *
   * @throws IllegalArgumentException if the pattern is malformed, or there are more than {@code
   *     starcast.max-patterns-per-client}
   * @throws RefusedException if the caller, as it was when the client connected, may not hear it;
   *     401 or 403
   */
  void subscribe(String pattern, String... senders);

  /** Removes a pattern, written exactly as when it was added; unknown ones are ignored. */
  void unsubscribe(String pattern);

  /** Mutes patterns: no message with a topic that matches reaches the client. */
  void mute(String... patterns);

  /**
   * Takes mutes back.
   *
   * @throws RefusedException as {@link #subscribe}, if joins and leaves come with it
   */
  void unmute(String... patterns);

  /**
   * Sends to this client alone, behind what is already queued.
   *
   * @return false if the client is closed, or its queue was full and the overflow policy did not
   *     take the message
   */
  boolean send(MessageSource message);

  /** Sends a payload to this client alone; see {@link PayloadEncoder} for what payloads become. */
  default boolean send(Object data) {
    return send((MessageSource) SseMessage.of(data));
  }

  /**
   * Sends to this client alone, but waits until half of its queue is free in place of overflowing
   * it: for a source that can be asked for its next item when the stage completes. Messages that
   * wait keep their order, and hold memory: wait for one stage before sending the next. At most as
   * many wait as the queue may hold, in messages and in bytes; 16 always may.
   *
   * @return whether the message was queued; false if the client is closed. Completes on a thread of
   *     the container that serves no request, or has completed; fails with an {@link
   *     IllegalStateException} if too many wait already
   * @throws IllegalArgumentException if the message is larger than {@code
   *     starcast.message.max-bytes}, or its data cannot be turned into JSON
   */
  CompletionStage<Boolean> sendWhenRoom(MessageSource message);

  /**
   * Completes once, when the stream has ended, whoever ended it, with the reason. What depends on
   * it must not block; see {@link ClientEvent} for the CDI event.
   */
  CompletionStage<CloseReason> whenClosed();

  /**
   * Writes what is queued, then ends the stream, with {@link CloseReason#APPLICATION}. Idempotent.
   */
  @Override
  void close();

  /** Why a client's stream ended. */
  enum CloseReason {
    /** The client went away, or its connection broke. */
    CLIENT_GONE,
    /** The client took less than was sent to it and its queue was full; it may resume. */
    OVERFLOW,
    /** A write did not complete within {@code starcast.send-timeout}. */
    TIMEOUT,
    /**
     * The connection reached {@code starcast.max-connection-age}; the client is meant to return.
     */
    MAX_AGE,
    /** The application, or the server, is shutting down. */
    DRAIN,
    /** The container reported an error on the connection. */
    ERROR,
    /** The application closed it. */
    APPLICATION,
    /** The token that the caller was recognized by expired; it may return with a new one. */
    EXPIRED,
    /**
     * The application revoked it, see {@link SseBroadcaster#revoke}; it is asked anew if it
     * returns.
     */
    REVOKED,
    /** The events that it was to get could not be read from the backplane; it may resume. */
    BACKPLANE
  }
}
