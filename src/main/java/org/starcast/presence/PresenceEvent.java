package org.starcast.presence;

/**
 * A user joined a topic, left it, is away from it or back, see {@link Presence.State}. Fired in
 * order, as a synchronous and as an asynchronous CDI event, on a thread of the container that
 * serves no request; an observer that throws disturbs no other event, one that blocks holds up
 * those that follow.
 *
 * <pre>{@code
 * void moved(@Observes PresenceEvent event) { ... event.action() == Action.JOIN ... }
 * }</pre>
 *
 * @param action what happened
 * @param user the user
 * @param topic the topic, without wildcards
 */
public record PresenceEvent(Action action, String user, String topic) {

  /** What a user does. */
  public enum Action {
    /** The user's first client on the topic is there. */
    JOIN,
    /** The user's last client on the topic has gone, and none came in time. */
    LEAVE,
    /**
     * The user's last client has gone, and the user may be back; see {@link Presence.State#AWAY}.
     */
    AWAY,
    /** A user who was away has a client on the topic again. */
    BACK
  }
}
