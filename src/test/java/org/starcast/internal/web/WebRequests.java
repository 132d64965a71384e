package org.starcast.internal.web;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Requests that have a query, perhaps the type of a form, and nothing else. */
final class WebRequests {

  private WebRequests() {}

  static HttpServletRequest query(String... namesAndValues) {
    return ofPage(null, namesAndValues);
  }

  /** With the type of a form, or null for none. */
  static HttpServletRequest form(String contentType, String... namesAndValues) {
    return request(null, contentType, namesAndValues);
  }

  /** Of a page of this origin, at another host. */
  static HttpServletRequest ofPage(String origin, String... namesAndValues) {
    return request(origin, null, namesAndValues);
  }

  private static HttpServletRequest request(
      String origin, String contentType, String... namesAndValues) {
    Map<String, Object> attributes = new HashMap<>();
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
                  case "getContentType" -> contentType;
                  case "getAttribute" -> attributes.get(args[0]);
                  case "setAttribute" -> attributes.put((String) args[0], args[1]);
                  case "getUserPrincipal", "getRemoteAddr", "getHeader" -> null;
                  case "isUserInRole" -> false;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
