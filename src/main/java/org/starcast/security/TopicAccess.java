package org.starcast.security;

import jakarta.servlet.http.HttpServletRequest;
import org.starcast.RefusedException;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;

/**
 * What the rules of the configuration and the application's {@link TopicAuthorizer} beans say.
 * Inject it where a resource of the application's own wants to know. Thread-safe.
 *
 * <pre>{@code
 * access.require(request, Action.PUBLISH, "chat." + room);      // 401 or 403 unless permitted
 * }</pre>
 *
 * <p>Streams ask the same rules whatever is injected here: to decide otherwise, write a {@link
 * TopicAuthorizer}.
 */
public interface TopicAccess {

  /** Whether there is a rule or an authorizer; if not, everything is permitted. */
  boolean isActive();

  /**
   * Who makes this request; to be called on its thread.
   *
   * @param request the request, or null for none
   * @throws RefusedException 401 if its token has expired or is not yet valid
   */
  Caller caller(HttpServletRequest request);

  /**
   * What the rules and the authorizers say together.
   *
   * @throws IllegalArgumentException if the pattern is malformed
   */
  Decision decide(Caller caller, Action action, String pattern);

  /**
   * Refuses what nobody permits, once there is a rule or an authorizer.
   *
   * @param request the caller's, on its thread
   * @param pattern a topic or a pattern
   * @throws RefusedException 401 if nobody is logged in, else 403
   * @throws IllegalArgumentException if the pattern is malformed
   */
  void require(HttpServletRequest request, Action action, String pattern);

  /**
   * Refuses what nobody permits, also where there is neither a rule nor an authorizer.
   *
   * @throws RefusedException as {@link #require}
   */
  void requirePermit(HttpServletRequest request, Action action, String pattern);
}
