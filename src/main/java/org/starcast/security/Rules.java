package org.starcast.security;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.starcast.topic.TopicPattern;

/** The rules of the configuration: they permit, and deny nothing. Immutable. */
record Rules(List<Rule> rules) implements TopicAuthorizer {

  /** The roles that the container is asked for. */
  Set<String> roles() {
    return rules.stream()
        .flatMap(rule -> rule.roles().stream())
        .filter(role -> !role.equals(Rule.ANYBODY) && !role.equals(Rule.AUTHENTICATED))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** One rule must permit all of the pattern: several are never put together. */
  @Override
  public Decision authorize(Caller caller, Action action, String pattern) {
    TopicPattern asked = TopicPattern.of(pattern);
    for (Rule rule : rules) {
      if (rule.action() == action && rule.isFor(caller)) {
        Optional<TopicPattern> permitted = rule.patternFor(caller);
        if (permitted.isPresent() && permitted.get().contains(asked)) {
          return Decision.PERMIT;
        }
      }
    }
    return Decision.ABSTAIN;
  }
}
