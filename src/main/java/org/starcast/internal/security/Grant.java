package org.starcast.internal.security;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.starcast.RefusedException;
import org.starcast.security.Caller;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;

/** What one client may hear: the caller as of when it connected, and whom to ask. Thread-safe. */
public final class Grant {

  /** Everything, for ever: where there is nobody to ask. */
  public static final Grant ALL = new Grant(null, Caller.ANONYMOUS, false, false);

  private final AccessControl access;
  private final Caller caller;
  private final boolean guarded;
  private final boolean asks;

  Grant(AccessControl access, Caller caller, boolean guarded, boolean asks) {
    this.access = access;
    // a client that nobody is asked about needs not to keep the claims
    this.caller =
        asks ? caller : new Caller(caller.name(), caller.roles(), Map.of(), caller.expiry());
    this.guarded = guarded;
    this.asks = asks;
  }

  /** Whether anybody is asked; if not, everything is permitted. */
  public boolean asks() {
    return asks;
  }

  /** When the token of the caller expires. */
  public Optional<Instant> expiry() {
    return caller.expiry();
  }

  /**
   * Checks patterns.
   *
   * @param muted the patterns that are muted along with them
   * @throws RefusedException if one is not permitted: 401 if nobody is logged in, else 403
   */
  public void check(Collection<String> patterns, Collection<String> muted) {
    if (asks) {
      for (String pattern : patterns) {
        if (!permits(access.hear(caller, pattern, muted))) {
          throw AccessControl.refusal(caller, Action.SUBSCRIBE);
        }
      }
    }
  }

  /** Whether an event of the past with this topic may be shown. */
  public boolean hears(String topic) {
    return !asks || permits(access.hear(caller, topic, List.of()));
  }

  private boolean permits(Decision decision) {
    return guarded ? decision == Decision.PERMIT : decision != Decision.DENY;
  }
}
