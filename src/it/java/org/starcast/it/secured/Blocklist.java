package org.starcast.it.secured;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.security.Caller;
import org.starcast.security.TopicAuthorizer;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;

/** Denies topics to callers, as an application does that takes a permission back. */
@ApplicationScoped
public class Blocklist implements TopicAuthorizer {

  private final Set<String> blocked = ConcurrentHashMap.newKeySet();

  void block(String name, String pattern) {
    blocked.add(name + " " + pattern);
  }

  void clear() {
    blocked.clear();
  }

  @Override
  public Decision authorize(Caller caller, Action action, String pattern) {
    CompiledPattern asked = CompiledPattern.of(pattern);
    String prefix = caller.name().orElse("nobody") + " ";
    return blocked.stream()
            .filter(entry -> entry.startsWith(prefix))
            .anyMatch(entry -> CompiledPattern.of(entry.substring(prefix.length())).overlaps(asked))
        ? Decision.DENY
        : Decision.ABSTAIN;
  }
}
