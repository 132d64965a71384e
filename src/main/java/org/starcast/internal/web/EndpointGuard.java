package org.starcast.internal.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.starcast.RefusedException;
import org.starcast.Topic;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.FormData;
import org.starcast.internal.http.Problem;
import org.starcast.internal.logging.LogMessage;
import org.starcast.security.TopicAccess;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;

/**
 * What the built-in endpoints ask of every request before they act. Not a filter: an {@code
 * Application} that lists its classes could leave that out.
 */
final class EndpointGuard {

  private static final System.Logger LOG = System.getLogger(EndpointGuard.class.getName());

  /** In place of a role: anybody. */
  private static final String ANYBODY = "*";

  /** How a token is commonly called in a query (RFC 6750, section 2.3). */
  private static final Set<String> TOKENS = Set.of("access_token", "authorization");

  private final StarcastConfig config;
  private final TopicAccess access;

  /** What was asked for though it is switched off: said once. */
  private final Set<Switch> askedFor = ConcurrentHashMap.newKeySet();

  EndpointGuard(StarcastConfig config, TopicAccess access) {
    this.config = config;
    this.access = access;
  }

  /** What can be switched on. */
  enum Switch {
    STREAM("starcast.endpoint.enabled", StarcastConfig.Endpoint::stream),
    PUBLISH("starcast.endpoint.publish.enabled", StarcastConfig.Endpoint::publish),
    REGISTRY("starcast.endpoint.registry.enabled", StarcastConfig.Endpoint::registry),
    MONITOR("starcast.endpoint.monitor.enabled", StarcastConfig.Endpoint::monitor),
    CONTRACT("starcast.endpoint.contract.enabled", StarcastConfig.Endpoint::contract),
    DURABLE_STREAMS(
        "starcast.endpoint.durable-streams.enabled", StarcastConfig.Endpoint::durableStreams);

    private final String key;
    private final Predicate<StarcastConfig.Endpoint> enabled;

    Switch(String key, Predicate<StarcastConfig.Endpoint> enabled) {
      this.key = key;
      this.enabled = enabled;
    }
  }

  /** Refuses what is switched off, pages of other origins, and tokens in the query. */
  void enter(Switch endpoint, HttpServletRequest request, HttpServletResponse response) {
    requireEnabled(endpoint);
    check(request, response);
  }

  /** Refuses pages of other origins, and tokens in the query. */
  void check(HttpServletRequest request, HttpServletResponse response) {
    origins().check(request, response);
    if (!config.security().queryToken()
        && FormData.parameters(request, Set.of()).keySet().stream()
            .anyMatch(name -> TOKENS.contains(name.toLowerCase(Locale.ROOT)))) {
      throw Problem.badRequest(
          "query: a token in it ends up in logs; send it as a cookie or an Authorization header");
    }
  }

  /** The answer to an {@code OPTIONS} request, a preflight or not. */
  Response options(
      Switch endpoint, String allowed, HttpServletRequest request, HttpServletResponse response) {
    requireEnabled(endpoint);
    return origins().options(allowed, request, response);
  }

  /** To the caller it is not there; the log says why, once. */
  void requireEnabled(Switch endpoint) {
    if (!endpoint.enabled.test(config.endpoint())) {
      if (askedFor.add(endpoint)) {
        LogMessage.ENDPOINT_OFF.log(LOG, endpoint.key);
      }
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
