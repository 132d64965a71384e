package org.starcast.internal.web;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.StringJoiner;

/** Requests that have a query and nothing else. */
final class WebRequests {

  private WebRequests() {}

  static HttpServletRequest query(String... namesAndValues) {
    return ofPage(null, namesAndValues);
  }

  /** Of a page of this origin, at another host. */
  static HttpServletRequest ofPage(String origin, String... namesAndValues) {
    StringJoiner query = new StringJoiner("&");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      query.add(encode(namesAndValues[i]) + "=" + encode(namesAndValues[i + 1]));
    }
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            WebRequests.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "getQueryString" -> query.toString();
                  case "getHeaders" ->
                      origin == null || !args[0].equals("Origin")
                          ? null
                          : Collections.enumeration(List.of(origin));
                  case "getUserPrincipal", "getRemoteAddr" -> null;
                  case "isUserInRole" -> false;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
