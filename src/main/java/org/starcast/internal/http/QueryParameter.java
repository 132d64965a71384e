package org.starcast.internal.http;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads the query, and not {@code getParameter}, which may read the request's body. */
public final class QueryParameter {

  private QueryParameter() {}

  /**
   * The first value of the parameter, decoded; as it is, if it cannot be.
   *
   * @param request the request, or null for none
   */
  public static Optional<String> first(HttpServletRequest request, String name) {
    String query = request == null ? null : request.getQueryString();
    if (query != null) {
      String prefix = name + "=";
      for (String parameter : query.split("&")) {
        if (parameter.startsWith(prefix)) {
          return Optional.of(decode(parameter.substring(prefix.length())));
        }
      }
    }
    return Optional.empty();
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // whoever reads it says what is wrong with it
      return text;
    }
  }
}
