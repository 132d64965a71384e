package org.starcast.internal.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.util.Locale;
import java.util.Set;
import org.starcast.RefusedException;
import org.starcast.Topic;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.FormData;
import org.starcast.internal.http.Problem;
import org.starcast.security.TopicAccess;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;

/**
 * What the built-in endpoints ask of every request before they act. Not a filter: an {@code
 * Application} that lists its classes could leave that out.
 */
record EndpointGuard(StarcastConfig config, TopicAccess access) {

  /** In place of a role: anybody. */
  private static final String ANYBODY = "*";

  /** How a token is commonly called in a query (RFC 6750, section 2.3). */
  private static final Set<String> TOKENS = Set.of("access_token", "authorization");

  /** Refuses what is switched off, pages of other origins, and tokens in the query. */
  void enter(boolean enabled, HttpServletRequest request, HttpServletResponse response) {
    requireEnabled(enabled);
    origins().check(request, response);
    if (!config.security().queryToken()
        && FormData.query(request, Set.of()).keySet().stream()
            .anyMatch(name -> TOKENS.contains(name.toLowerCase(Locale.ROOT)))) {
      throw Problem.badRequest(
          "query: a token in it ends up in logs; send it as a cookie or an Authorization header");
    }
  }

  /** The answer to an {@code OPTIONS} request, a preflight or not. */
  Response options(
      boolean enabled, String allowed, HttpServletRequest request, HttpServletResponse response) {
    requireEnabled(enabled);
    return origins().options(allowed, request, response);
  }

  void requireEnabled(boolean enabled) {
    if (!enabled) {
      throw new NotFoundException();
    }
  }

  private Origins origins() {
    return new Origins(config.security().origins());
  }

  /**
   * Refuses callers without {@code starcast.endpoint.registry.role}, unless a rule or an authorizer
   * permits them to administer everything; and those who are denied that.
   */
  void requireRole(SecurityContext security, HttpServletRequest request) {
    Decision decision = access.decide(access.caller(request), Action.ADMINISTER, Topic.ANY);
    boolean hasRole = isOpenToAll() || security.isUserInRole(config.endpoint().registryRole());
    if (decision == Decision.DENY || decision == Decision.ABSTAIN && !hasRole) {
      throw RefusedException.forbidden(
          security.getUserPrincipal() != null,
          "the caller does not have the role that this asks for");
    }
  }

  /** Whether the role is that of anybody. */
  boolean isOpenToAll() {
    return config.endpoint().registryRole().equals(ANYBODY);
  }
}
