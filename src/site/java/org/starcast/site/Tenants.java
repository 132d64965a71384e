package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.starcast.security.Caller;
import org.starcast.security.TopicAuthorizer;

// snippet: tenants
@ApplicationScoped
public class Tenants implements TopicAuthorizer {
  private final Set<String> suspended = ConcurrentHashMap.newKeySet();

  @Override
  public Decision authorize(Caller caller, Action action, String pattern) {
    // PERMIT, DENY, or ABSTAIN: then the rules decide
    return suspended.contains(caller.name().orElse("")) ? Decision.DENY : Decision.ABSTAIN;
  }
}
// end snippet
