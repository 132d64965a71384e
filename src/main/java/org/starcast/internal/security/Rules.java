package org.starcast.internal.security;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.starcast.internal.config.Rule;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.security.Caller;
import org.starcast.security.TopicAuthorizer;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;

/** The rules of the configuration: they permit, and deny nothing. Immutable. */
final class Rules implements TopicAuthorizer {

  /** With its pattern, where that is the same for all callers: replays ask for many topics. */
  private record Prepared(Rule rule, Optional<CompiledPattern> common) {

    static Prepared of(Rule rule) {
      return new Prepared(
          rule,
          rule.isPersonal() ? Optional.empty() : Optional.of(CompiledPattern.of(rule.pattern())));
    }

    Optional<CompiledPattern> patternFor(Caller caller) {
      return common.isPresent() ? common : rule.patternFor(caller);
    }
  }

  private final List<Prepared> rules;

  Rules(List<Rule> rules) {
    this.rules = rules.stream().map(Prepared::of).toList();
  }

  boolean isEmpty() {
    return rules.isEmpty();
  }

  /** The roles that the container is asked for. */
  Set<String> roles() {
    return rules.stream()
        .flatMap(prepared -> prepared.rule.roles().stream())
        .filter(role -> !role.equals(Rule.ANYBODY) && !role.equals(Rule.AUTHENTICATED))
        .collect(Collectors.toUnmodifiableSet());
  }

  /** One rule must permit all of the pattern: several are never put together. */
  @Override
  public Decision authorize(Caller caller, Action action, String pattern) {
    CompiledPattern asked = CompiledPattern.of(pattern);
    for (Prepared prepared : rules) {
      if (prepared.rule.action() == action && prepared.rule.isFor(caller)) {
        Optional<CompiledPattern> permitted = prepared.patternFor(caller);
        if (permitted.isPresent() && permitted.get().contains(asked)) {
          return Decision.PERMIT;
        }
      }
    }
    return Decision.ABSTAIN;
  }
}
