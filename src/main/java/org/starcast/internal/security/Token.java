package org.starcast.internal.security;

import jakarta.json.JsonNumber;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.security.Principal;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.jwt.JsonWebToken;

/**
 * What is of use in a MicroProfile JWT (2.1, section 6.1); nothing where there is none.
 *
 * @param notBefore when it becomes valid, which not every server looks at
 */
record Token(
    Set<String> groups,
    Map<String, String> claims,
    Optional<Instant> notBefore,
    Optional<Instant> expiry) {

  private static final Token NONE =
      new Token(Set.of(), Map.of(), Optional.empty(), Optional.empty());

  /** The token that the caller was recognized by. */
  static Token of(Principal principal) {
    try {
      return Jwt.read(principal);
    } catch (LinkageError e) {
      // the server has no MicroProfile JWT, or does not show it to this application
      return NONE;
    }
  }

  /** Apart, so that nothing else needs the API to be there. */
  private static final class Jwt {

    /** The claim by which the API gives the token itself. */
    private static final String RAW = "raw_token";

    static Token read(Principal principal) {
      if (!(principal instanceof JsonWebToken token)) {
        return NONE;
      }
      Map<String, String> claims = new HashMap<>();
      Set<String> names = token.getClaimNames();
      for (String name : names == null ? Set.<String>of() : names) {
        String text = name.equals(RAW) ? null : text(token.getClaim(name));
        if (text != null) {
          claims.put(name, text);
        }
      }
      Set<String> groups = token.getGroups();
      return new Token(
          groups == null ? Set.of() : groups,
          claims,
          instant(token.getClaim("nbf")),
          instant(token.getClaim("exp")));
    }

    private static String text(Object value) {
      if (value instanceof JsonString string) {
        return string.getString();
      }
      boolean plain =
          value instanceof String
              || value instanceof Number
              || value instanceof Boolean
              || value instanceof JsonNumber
              || value == JsonValue.TRUE
              || value == JsonValue.FALSE;
      return plain ? value.toString() : null;
    }

    private static Optional<Instant> instant(Object seconds) {
      Number number =
          seconds instanceof JsonNumber json
              ? (Number) json.longValue()
              : seconds instanceof Number n ? n : null;
      try {
        return Optional.ofNullable(number).map(n -> Instant.ofEpochSecond(n.longValue()));
      } catch (DateTimeException e) {
        return Optional.of(Instant.MAX);
      }
    }
  }
}
