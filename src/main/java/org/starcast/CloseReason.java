package org.starcast;

/** Why a client's stream ended. */
public enum CloseReason {
  /** The client went away, or its connection broke. */
  CLIENT_GONE,
  /** The client took less than was sent to it and its queue was full; it may resume. */
  OVERFLOW,
  /** A write did not complete within {@code starcast.send-timeout}. */
  TIMEOUT,
  /** The connection reached {@code starcast.max-connection-age}; the client is meant to return. */
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
   * The application revoked it, see {@link SseBroadcaster#revoke}; it is asked anew if it returns.
   */
  REVOKED,
  /** The events that it was to get could not be read from the backplane; it may resume. */
  BACKPLANE
}
