package org.starcast.internal.config;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicName;
import org.starcast.security.Caller;
import org.starcast.security.TopicAuthorizer.Action;

/**
 * One rule of the configuration: those in any of the roles may do this with all topics that match
 * the pattern. Immutable.
 *
 * @param pattern the pattern, in which {@code {user}} stands for the caller's name, and {@code
 *     {claim.NAME}} for a claim of its token, each as one {@linkplain TopicName#segment part of a
 *     segment}; the rule says nothing about callers that have no such value
 * @param action what they may do
 * @param roles their roles; {@code *} for anybody, {@code **} for anybody who is logged in
 */
public record Rule(String pattern, Action action, Set<String> roles) {

  /** In place of a role: anybody. */
  public static final String ANYBODY = "*";

  /** In place of a role: anybody who is logged in (Servlet 6.0, section 13.3). */
  public static final String AUTHENTICATED = "**";

  /** The keys of rules begin with this. */
  public static final String PREFIX = "starcast.security.rules.";

  private static final Pattern KEY =
      Pattern.compile(Pattern.quote(PREFIX) + "(?:\"(.*)\"|(.*))\\.([^.\"]*)", Pattern.DOTALL);
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]*)\\}");
  private static final String CLAIM = "claim.";

  /** Keeps a copy. */
  public Rule {
    roles = Set.copyOf(roles);
  }

  /**
   * Reads {@code starcast.security.rules."<pattern>".<action>=<roles>}, with or without the quotes.
   *
   * @throws IllegalArgumentException if it is malformed, saying what is wrong, without the key
   */
  public static Rule parse(String key, String value) {
    Matcher parts = KEY.matcher(key);
    if (!parts.matches()) {
      throw new IllegalArgumentException("must be " + PREFIX + "\"<pattern>\".<action>");
    }
    String pattern = parts.group(1) == null ? parts.group(2) : parts.group(1);
    return new Rule(checked(pattern), action(parts.group(3)), roles(value));
  }

  private static Action action(String name) {
    for (Action action : Action.values()) {
      if (action.name().toLowerCase(Locale.ROOT).equals(name)) {
        return action;
      }
    }
    throw new IllegalArgumentException(
        "must end with subscribe, publish, patch, presence or administer");
  }

  private static Set<String> roles(String value) {
    Set<String> roles = new LinkedHashSet<>();
    Arrays.stream(value.split(",", -1)).map(String::trim).forEach(roles::add);
    if (roles.contains("")) {
      throw new IllegalArgumentException("must be roles, separated by commas");
    }
    return roles;
  }

  private static String checked(String pattern) {
    Matcher placeholders = PLACEHOLDER.matcher(pattern);
    while (placeholders.find()) {
      String name = placeholders.group(1);
      if (!name.equals("user") && !(name.startsWith(CLAIM) && name.length() > CLAIM.length())) {
        throw new IllegalArgumentException("a placeholder must be {user} or {claim.NAME}");
      }
    }
    String filled = placeholders.replaceAll("x");
    if (filled.indexOf('{') >= 0 || filled.indexOf('}') >= 0) {
      throw new IllegalArgumentException("braces are for {user} and {claim.NAME} only");
    }
    CompiledPattern.of(filled);
    return pattern;
  }

  /** Whether the caller is in one of the roles. */
  public boolean isFor(Caller caller) {
    for (String role : roles) {
      boolean in =
          switch (role) {
            case ANYBODY -> true;
            case AUTHENTICATED -> caller.name().isPresent();
            default -> caller.roles().contains(role);
          };
      if (in) {
        return true;
      }
    }
    return false;
  }

  /** Whether the pattern is another one for each caller. */
  public boolean isPersonal() {
    return PLACEHOLDER.matcher(pattern).find();
  }

  /** The pattern for this caller; empty if it lacks a value, or one makes the pattern too long. */
  public Optional<CompiledPattern> patternFor(Caller caller) {
    StringBuilder filled = new StringBuilder();
    Matcher placeholders = PLACEHOLDER.matcher(pattern);
    try {
      while (placeholders.find()) {
        String name = placeholders.group(1);
        String value =
            name.equals("user")
                ? caller.name().orElse("")
                : caller.claims().getOrDefault(name.substring(CLAIM.length()), "");
        placeholders.appendReplacement(filled, Matcher.quoteReplacement(TopicName.segment(value)));
      }
      return Optional.of(CompiledPattern.of(placeholders.appendTail(filled).toString()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
