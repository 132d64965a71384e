package org.starcast.security;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.starcast.RefusedException;
import org.starcast.StarcastConfig;
import org.starcast.topic.TopicPattern;

/**
 * Asks the rules of the configuration and the application's {@link TopicAuthorizer} beans. Inject
 * it where a resource of the application's own wants to know. Thread-safe.
 *
 * <pre>{@code
 * access.require(request, Action.PUBLISH, "chat." + room);      // 401 or 403 unless permitted
 * }</pre>
 */
@ApplicationScoped
public class TopicAccess {

  private static final System.Logger LOG = System.getLogger(TopicAccess.class.getName());
  private static final String PRESENCE = "starcast.presence.";
  private static final TopicPattern ALL_PRESENCE = TopicPattern.of(PRESENCE + "*");
  private static final String ALL = "*";

  private final StarcastConfig config;
  private final Set<String> roles;

  /** The rules, if there are any, and the application's. */
  private final List<TopicAuthorizer> authorizers;

  /** Whether there are some of the application's. */
  private final boolean own;

  /** For the container's proxy. */
  TopicAccess() {
    config = null;
    roles = null;
    authorizers = null;
    own = false;
  }

  @Inject
  TopicAccess(StarcastConfig config, @Any Instance<TopicAuthorizer> beans) {
    this.config = config;
    Rules rules = new Rules(config.securityRules());
    this.roles = rules.roles();
    List<TopicAuthorizer> all = new ArrayList<>();
    beans.forEach(all::add);
    this.own = !all.isEmpty();
    if (!rules.isEmpty()) {
      all.add(rules);
    }
    this.authorizers = List.copyOf(all);
  }

  /** Warns, when the application starts, of endpoints that are open to all. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (!isActive() && (config.endpoint() || config.endpointPublish())) {
      LOG.log(
          System.Logger.Level.WARNING,
          "STARCAST-1020: there are no starcast.security.rules and no TopicAuthorizer: anybody can"
              + " use the built-in endpoint");
    }
  }

  /** Whether there is a rule or an authorizer; if not, everything is permitted. */
  public boolean isActive() {
    return !authorizers.isEmpty();
  }

  /**
   * Who makes this request; to be called on its thread.
   *
   * @param request the request, or null for none
   * @throws RefusedException 401 if its token has expired or is not yet valid
   */
  public Caller caller(HttpServletRequest request) {
    return Caller.of(request, roles);
  }

  /**
   * What the rules and the authorizers say together.
   *
   * @throws IllegalArgumentException if the pattern is malformed
   */
  public Decision decide(Caller caller, Action action, String pattern) {
    TopicPattern.of(pattern);
    Decision all = Decision.ABSTAIN;
    for (TopicAuthorizer authorizer : authorizers) {
      all = all.and(ask(authorizer, caller, action, pattern));
      if (all == Decision.DENY) {
        break;
      }
    }
    return all;
  }

  private static Decision ask(
      TopicAuthorizer authorizer, Caller caller, Action action, String pattern) {
    try {
      Decision decision = authorizer.authorize(caller, action, pattern);
      if (decision != null) {
        return decision;
      }
      LOG.log(System.Logger.Level.WARNING, "STARCAST-1021: a TopicAuthorizer answered null");
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "STARCAST-1021: a TopicAuthorizer failed", e);
    }
    return Decision.DENY;
  }

  /**
   * Refuses what nobody permits, once there is a rule or an authorizer.
   *
   * @param request the caller's, on its thread
   * @param pattern a topic or a pattern
   * @throws RefusedException 401 if nobody is logged in, else 403
   * @throws IllegalArgumentException if the pattern is malformed
   */
  public void require(HttpServletRequest request, Action action, String pattern) {
    if (isActive()) {
      Caller caller = caller(request);
      if (decide(caller, action, pattern) != Decision.PERMIT) {
        throw refusal(caller, action);
      }
    }
  }

  /**
   * Refuses what nobody permits, also where there is neither a rule nor an authorizer.
   *
   * @throws RefusedException as {@link #require}
   */
  public void requirePermit(HttpServletRequest request, Action action, String pattern) {
    Caller caller = caller(request);
    if (decide(caller, action, pattern) != Decision.PERMIT) {
      throw refusal(caller, action);
    }
  }

  /** The answer to a caller who may not. */
  static RefusedException refusal(Caller caller, Action action) {
    boolean loggedIn = caller.name().isPresent();
    return RefusedException.forbidden(
        loggedIn,
        "topic: "
            + action.name().toLowerCase(Locale.ROOT)
            + " is not permitted to "
            + (loggedIn ? "this caller" : "a caller who is not logged in"));
  }

  /**
   * What a client of this caller may hear.
   *
   * @param guarded whether that is nothing but what somebody permits; else, all but what somebody
   *     denies
   */
  public Grant grant(Caller caller, boolean guarded) {
    boolean asks = guarded ? isActive() : own;
    return new Grant(this, caller, guarded, asks);
  }

  /**
   * Whether the caller may hear all that matches, but for what is muted. Joins and leaves are a
   * matter of {@link Action#PRESENCE} alone; a pattern that gets them along with other topics needs
   * both, and that for all topics, as it cannot be told of which.
   */
  Decision hear(Caller caller, String pattern, Collection<String> muted) {
    if (pattern.startsWith(PRESENCE)) {
      return decide(caller, Action.PRESENCE, pattern.substring(PRESENCE.length()));
    }
    Decision topics = decide(caller, Action.SUBSCRIBE, pattern);
    if (topics == Decision.DENY
        || !config.presence()
        || !TopicPattern.of(pattern).overlaps(ALL_PRESENCE)
        || muted.stream().anyMatch(mute -> TopicPattern.of(mute).contains(ALL_PRESENCE))) {
      return topics;
    }
    Decision presence = decide(caller, Action.PRESENCE, ALL);
    return presence == Decision.PERMIT ? topics : presence;
  }
}
