package org.starcast.internal.security;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.starcast.RefusedException;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.security.Caller;
import org.starcast.security.TopicAccess;
import org.starcast.security.TopicAuthorizer;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;

/**
 * Asks the rules of the configuration and the application's {@link TopicAuthorizer} beans.
 * Immutable.
 */
@ApplicationScoped
public class AccessControl implements TopicAccess {

  private static final System.Logger LOG = System.getLogger(AccessControl.class.getName());
  private static final CompiledPattern ALL_PRESENCE =
      CompiledPattern.of(LibraryEvents.PRESENCE_TOPICS + "*");
  private static final String ALL = "*";

  /** By how much the clock of who issues tokens may be ahead. */
  private static final Duration LEEWAY = Duration.ofMinutes(1);

  private final StarcastConfig config;
  private final Set<String> roles;

  /** The rules, if there are any, and the application's. */
  private final List<TopicAuthorizer> authorizers;

  /** Whether there are some of the application's. */
  private final boolean own;

  /** For the container's proxy. */
  AccessControl() {
    config = null;
    roles = null;
    authorizers = null;
    own = false;
  }

  @Inject
  AccessControl(StarcastConfig config, @Any Instance<TopicAuthorizer> beans) {
    this.config = config;
    Rules rules = new Rules(config.security().rules());
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
    if (!isActive() && (config.endpoint().stream() || config.endpoint().publish())) {
      LogMessage.ENDPOINT_OPEN.log(LOG);
    }
  }

  @Override
  public boolean isActive() {
    return !authorizers.isEmpty();
  }

  @Override
  public Caller caller(HttpServletRequest request) {
    Principal principal = request == null ? null : request.getUserPrincipal();
    if (principal == null || principal.getName() == null) {
      return Caller.ANONYMOUS;
    }
    Token token = Token.of(principal);
    Instant now = Instant.now();
    if (token.expiry().filter(expiry -> !expiry.isAfter(now)).isPresent()
        || token.notBefore().filter(begin -> begin.isAfter(now.plus(LEEWAY))).isPresent()) {
      throw RefusedException.forbidden(false, "the token is not valid at this time");
    }
    Set<String> roles = new HashSet<>(token.groups());
    for (String role : this.roles) {
      if (request.isUserInRole(role)) {
        roles.add(role);
      }
    }
    return new Caller(Optional.of(principal.getName()), roles, token.claims(), token.expiry());
  }

  @Override
  public Decision decide(Caller caller, Action action, String pattern) {
    CompiledPattern.of(pattern);
    Decision all = Decision.ABSTAIN;
    for (TopicAuthorizer authorizer : authorizers) {
      switch (ask(authorizer, caller, action, pattern)) {
        case DENY -> {
          return Decision.DENY;
        }
        case PERMIT -> all = Decision.PERMIT;
        case ABSTAIN -> {
          // what the others say holds
        }
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
      LogMessage.AUTHORIZER_FAILED.log(LOG, "returned null");
    } catch (RuntimeException e) {
      LogMessage.AUTHORIZER_FAILED.log(LOG, System.Logger.Level.WARNING, e, "failed");
    }
    return Decision.DENY;
  }

  @Override
  public void require(HttpServletRequest request, Action action, String pattern) {
    if (isActive()) {
      Caller caller = caller(request);
      if (decide(caller, action, pattern) != Decision.PERMIT) {
        throw refusal(caller, action);
      }
    }
  }

  @Override
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
    if (pattern.startsWith(LibraryEvents.PRESENCE_TOPICS)) {
      return decide(
          caller, Action.PRESENCE, pattern.substring(LibraryEvents.PRESENCE_TOPICS.length()));
    }
    Decision topics = decide(caller, Action.SUBSCRIBE, pattern);
    if (topics == Decision.DENY
        || !config.presence().enabled()
        || !CompiledPattern.of(pattern).overlaps(ALL_PRESENCE)
        || muted.stream().anyMatch(mute -> CompiledPattern.of(mute).contains(ALL_PRESENCE))) {
      return topics;
    }
    Decision presence = decide(caller, Action.PRESENCE, ALL);
    return presence == Decision.PERMIT ? topics : presence;
  }
}
