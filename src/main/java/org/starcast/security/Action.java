package org.starcast.security;

/** What a caller wants to do with topics. */
public enum Action {
  /** Hear what is published on them. */
  SUBSCRIBE,
  /** Publish on them, through the built-in endpoint. */
  PUBLISH,
  /**
   * Give an event that is published there a name that begins with {@code datastar}, which changes
   * the pages of those who hear it and runs scripts in them. Never permitted unless a rule or an
   * authorizer permits it.
   */
  PATCH,
  /**
   * Hear who is on them, that is subscribe to {@code starcast.presence.<topic>}; the topic is asked
   * for without that prefix.
   */
  PRESENCE,
  /**
   * List and close clients and read the statistics, by the built-in registry, and open the monitor,
   * whose tap shows every event: all topics.
   */
  ADMINISTER
}
