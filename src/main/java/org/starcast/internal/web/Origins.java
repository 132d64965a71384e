package org.starcast.internal.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.ForbiddenException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.starcast.internal.http.Problem;
import org.starcast.security.SameOrigin;

/**
 * What {@link SameOrigin} says, and the answers' headers for origins that are listed (the Fetch
 * standard, section 3.2).
 *
 * @param listed the origins that may
 */
record Origins(List<String> listed) {

  private static final String METHODS = "GET, POST, PUT, PATCH, DELETE, QUERY";
  private static final String HEADERS = "Authorization, Content-Type, Last-Event-ID";

  /** Names of headers, as many as fit, with nothing else between them. */
  private static final Pattern HEADER_NAMES = Pattern.compile("[A-Za-z0-9_, -]{1,1000}");

  /**
   * Refuses a request of another origin's page.
   *
   * @return the answer to a preflight request, or null where the request is none
   * @throws ForbiddenException if the origin may not
   */
  Response check(HttpServletRequest request, HttpServletResponse response) {
    if (request == null) {
      return null;
    }
    if (!listed.isEmpty() && response != null) {
      response.addHeader("Vary", "Origin");
    }
    List<String> origins = all(request, "Origin");
    if (origins.size() == 1 && listed.contains(origins.get(0))) {
      return allow(origins.get(0), request, response);
    }
    if (!isSameOrigin(request, origins)) {
      String detail =
          "origin: pages of other origins may not do this, unless starcast.cors.origins lists them";
      throw new ForbiddenException(detail, Problem.of(403, detail).build());
    }
    return null;
  }

  /** As {@link #check}; the answer to an {@code OPTIONS} request that is no preflight, too. */
  Response options(String allowed, HttpServletRequest request, HttpServletResponse response) {
    Response preflight = check(request, response);
    return preflight == null
        ? Response.noContent().header(HttpHeaders.ALLOW, allowed).build()
        : preflight;
  }

  private static Response allow(
      String origin, HttpServletRequest request, HttpServletResponse response) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    if (!isPreflight(request)) {
      response.setHeader("Access-Control-Expose-Headers", "Retry-After");
      return null;
    }
    String asked = request.getHeader("Access-Control-Request-Headers");
    boolean plain = asked != null && HEADER_NAMES.matcher(asked).matches();
    return Response.noContent()
        .header("Access-Control-Allow-Methods", METHODS)
        .header("Access-Control-Allow-Headers", plain ? asked : HEADERS)
        .header("Access-Control-Max-Age", 600)
        .build();
  }

  private static boolean isPreflight(HttpServletRequest request) {
    return request.getMethod().equals("OPTIONS")
        && request.getHeader("Access-Control-Request-Method") != null;
  }

  private static boolean isSameOrigin(HttpServletRequest request, List<String> origins) {
    List<String> sites = all(request, "Sec-Fetch-Site");
    if (!sites.isEmpty()) {
      return sites.stream().allMatch(site -> site.equals("same-origin") || site.equals("none"));
    }
    List<String> hosts = all(request, "Host");
    return origins.isEmpty()
        || origins.size() == 1 && hosts.size() == 1 && isOf(origins.get(0), hosts.get(0));
  }

  /** Whether the origin is this host's; the scheme is not known for sure behind a proxy. */
  private static boolean isOf(String origin, String host) {
    String own = host.toLowerCase(Locale.ROOT);
    return own(origin, "http://", ":80", own) || own(origin, "https://", ":443", own);
  }

  private static boolean own(String origin, String scheme, String port, String host) {
    return origin.equals(scheme + host)
        || host.endsWith(port)
            && origin.equals(scheme + host.substring(0, host.length() - port.length()));
  }

  /** The origins that the request says it is of. */
  static List<String> of(HttpServletRequest request) {
    return request == null ? List.of() : all(request, "Origin");
  }

  private static List<String> all(HttpServletRequest request, String header) {
    var values = request.getHeaders(header);
    return values == null ? List.of() : Collections.list(values);
  }
}
