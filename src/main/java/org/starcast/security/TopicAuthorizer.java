package org.starcast.security;

/**
 * Decides who may do what with which topics. Every CDI bean of this type is asked, along with the
 * rules of the configuration: one {@link Decision#DENY} refuses; else one {@link Decision#PERMIT}
 * permits; else nobody has decided, and the built-in endpoints and {@linkplain
 * org.starcast.Subscription#guarded() guarded} subscriptions refuse, while a subscription that the
 * application itself registers is permitted.
 *
 * <pre>{@code
 * @ApplicationScoped
 * public class Tenants implements TopicAuthorizer {
 *   public Decision authorize(Caller caller, Action action, String pattern) {
 *     String own = caller.claims().getOrDefault("tenant", "");
 *     boolean inside = action == Action.SUBSCRIBE
 *         && !own.isEmpty()
 *         && TopicPattern.of("tenant." + TopicPattern.escape(own) + ".*")
 *             .contains(TopicPattern.of(pattern));
 *     return inside ? Decision.PERMIT : Decision.ABSTAIN;
 *   }
 * }
 * }</pre>
 *
 * <p>Asked when a client subscribes, with its patterns as it wrote them, on the request's thread or
 * that of the application; when something is published through the endpoint; and for each topic of
 * the events that are replayed to a client, on a thread of Starcast's own, where there is neither a
 * request nor a transaction. So it is best {@code @ApplicationScoped}, thread-safe, and answers at
 * once, without asking a database. One that throws, or answers null, denies.
 */
@FunctionalInterface
public interface TopicAuthorizer {

  /**
   * Decides.
   *
   * @param caller who asks, as of when the client connected
   * @param action what for
   * @param pattern a topic, or a pattern, all of which must be permitted: see {@link
   *     org.starcast.TopicPattern#contains}. To deny one topic is to deny the patterns that
   *     {@linkplain org.starcast.TopicPattern#overlaps can match} it, too
   */
  Decision authorize(Caller caller, Action action, String pattern);

  /** What a caller wants to do with topics. */
  enum Action {
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
     * Hear who is on them, that is subscribe to {@code starcast.presence.<topic>}; the topic is
     * asked for without that prefix.
     */
    PRESENCE,
    /**
     * List and close clients and read the statistics, by the built-in registry, and open the
     * monitor, whose tap shows every event: all topics.
     */
    ADMINISTER
  }

  /** What an authorizer says. One that denies overrules all that permit. */
  enum Decision {
    /** Yes, unless somebody denies. */
    PERMIT,
    /** No, whatever others say. */
    DENY,
    /** It is for others to decide. */
    ABSTAIN
  }
}
