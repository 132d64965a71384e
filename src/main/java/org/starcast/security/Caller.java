package org.starcast.security;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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

  /** Keeps copies. */
  public Caller {
    roles = Set.copyOf(roles);
    claims = Map.copyOf(claims);
  }

  /** Says nothing about the claims, which may be secret. */
  @Override
  public String toString() {
    return "Caller[" + name.orElse("nobody") + ", roles=" + roles + "]";
  }
}
