package org.starcast.security;

import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.starcast.RefusedException;

/**
 * Who made a request, as of then. Immutable.
 *
 * @param name the authenticated caller's name; empty if nobody is logged in
 * @param roles the roles that the rules name and the caller is in, and the groups of a MicroProfile
 *     JWT
 * @param claims the claims of a MicroProfile JWT that are text, a number, true or false, as text;
 *     never the token itself
 * @param expiry when the token expires
 */
public record Caller(
    Optional<String> name,
    Set<String> roles,
    Map<String, String> claims,
    Optional<Instant> expiry) {

  /** Nobody who is known. */
  public static final Caller ANONYMOUS =
      new Caller(Optional.empty(), Set.of(), Map.of(), Optional.empty());

  /** By how much the clock of who issues tokens may be ahead. */
  private static final Duration LEEWAY = Duration.ofMinutes(1);

  /** Keeps copies. */
  public Caller {
    roles = Set.copyOf(roles);
    claims = Map.copyOf(claims);
  }

  /**
   * The caller of a request, on its thread.
   *
   * @param asked the roles that are looked for
   * @throws RefusedException 401 if the token has expired or is not yet valid, though the server
   *     took it
   */
  static Caller of(HttpServletRequest request, Set<String> asked) {
    Principal principal = request == null ? null : request.getUserPrincipal();
    if (principal == null || principal.getName() == null) {
      return ANONYMOUS;
    }
    Token token = Token.of(principal);
    Instant now = Instant.now();
    if (token.expiry().filter(expiry -> !expiry.isAfter(now)).isPresent()
        || token.notBefore().filter(begin -> begin.isAfter(now.plus(LEEWAY))).isPresent()) {
      throw RefusedException.forbidden(false, "the token is not valid at this time");
    }
    Set<String> roles = new HashSet<>(token.groups());
    for (String role : asked) {
      if (request.isUserInRole(role)) {
        roles.add(role);
      }
    }
    return new Caller(Optional.of(principal.getName()), roles, token.claims(), token.expiry());
  }

  /** Says nothing about the claims, which may be secret. */
  @Override
  public String toString() {
    return "Caller[" + name.orElse("nobody") + ", roles=" + roles + "]";
  }
}
