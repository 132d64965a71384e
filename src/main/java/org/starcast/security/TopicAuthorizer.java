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
 *         && CompiledPattern.of("tenant." + TopicName.segment(own) + ".*")
 *             .contains(CompiledPattern.of(pattern));
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
   *     org.starcast.internal.topic.CompiledPattern#contains}. To deny one topic is to deny the
   *     patterns that {@linkplain org.starcast.internal.topic.CompiledPattern#overlaps can match}
   *     it, too
   */
  Decision authorize(Caller caller, Action action, String pattern);
}
