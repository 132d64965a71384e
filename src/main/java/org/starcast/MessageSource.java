package org.starcast;

/**
 * A payload that knows its own message: fired as a CDI event or published, it is sent as the
 * message that it returns. Any other payload goes through a {@link PayloadEncoder}, or becomes
 * JSON.
 */
@FunctionalInterface
public interface MessageSource {

  /**
   * The message to send. Topics and sender that the message does not name are taken from the CDI
   * event's {@link Topic}.
   */
  SseMessage toSseMessage();
}
