package org.starcast.internal.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.ForbiddenException;
import jakarta.ws.rs.core.Response;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.ResponseRuntime;

/** Which requests come from a page of another origin, and what those that may are told. */
@ExtendWith(ResponseRuntime.class)
class OriginsTest {

  private static final Origins NONE = new Origins(List.of());
  private static final Origins LISTED = new Origins(List.of("https://shop.example"));

  private final Map<String, String> answered = new TreeMap<>();

  private static HttpServletRequest request(String method, String... headers) {
    Map<String, List<String>> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String header : headers) {
      int colon = header.indexOf(": ");
      all.computeIfAbsent(header.substring(0, colon), name -> new ArrayList<>())
          .add(header.substring(colon + 2));
    }
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            OriginsTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, called, args) ->
                switch (called.getName()) {
                  case "getMethod" -> method;
                  case "getHeader" -> all.containsKey(args[0]) ? all.get(args[0]).get(0) : null;
                  case "getHeaders" ->
                      Collections.enumeration(all.getOrDefault(args[0], List.of()));
                  default -> throw new UnsupportedOperationException(called.getName());
                });
  }

  private HttpServletResponse response() {
    return (HttpServletResponse)
        Proxy.newProxyInstance(
            OriginsTest.class.getClassLoader(),
            new Class<?>[] {HttpServletResponse.class},
            (proxy, called, args) -> {
              if (!called.getName().matches("(set|add)Header")) {
                throw new UnsupportedOperationException(called.getName());
              }
              answered.put((String) args[0], (String) args[1]);
              return null;
            });
  }

  @ParameterizedTest
  @CsvSource({
    "http://a.example, a.example",
    "https://a.example, a.example",
    "http://a.example, A.Example",
    "http://a.example, a.example:80",
    "https://a.example, a.example:443",
    "http://a.example:8080, a.example:8080",
    "http://[::1]:8080, [::1]:8080"
  })
  void theOriginOfTheHostIsItsOwn(String origin, String host) {
    NONE.check(request("POST", "Origin: " + origin, "Host: " + host), response());
    assertThat(answered).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "http://b.example, a.example",
    "http://a.example.evil, a.example",
    "http://evil.a.example, a.example",
    "http://a.example:81, a.example",
    "http://a.example, a.example:443",
    "https://a.example, a.example:80",
    "http://a.example:80, a.example",
    "ftp://a.example, a.example",
    "null, a.example",
    "a.example, a.example",
    "http://a.example@evil, a.example",
    "http://a.example/, a.example"
  })
  void anyOtherIsRefused(String origin, String host) {
    for (String method : List.of("GET", "POST", "DELETE", "OPTIONS")) {
      HttpServletRequest request = request(method, "Origin: " + origin, "Host: " + host);
      assertThatThrownBy(() -> LISTED.check(request, response()))
          .isInstanceOfSatisfying(
              ForbiddenException.class, e -> assertThat(e.getResponse().getStatus()).isEqualTo(403))
          .hasMessage(
              "origin: pages of other origins may not do this, unless starcast.cors.origins lists"
                  + " them");
    }
    assertThat(answered).containsOnlyKeys("Vary");
  }

  @Test
  void whatTheBrowserSaysOfTheSiteCountsBeforeTheOrigin() {
    NONE.check(request("POST", "Sec-Fetch-Site: same-origin", "Origin: http://x"), response());
    NONE.check(request("GET", "Sec-Fetch-Site: none"), response());
    for (String site : List.of("cross-site", "same-site", "", "Same-Origin", "same-origin, none")) {
      HttpServletRequest request =
          request("POST", "Sec-Fetch-Site: " + site, "Origin: http://a", "Host: a");
      assertThatThrownBy(() -> NONE.check(request, response()))
          .isInstanceOf(ForbiddenException.class);
    }
  }

  @Test
  void aHeaderThatIsThereTwiceIsNobodysOwn() {
    for (HttpServletRequest request :
        List.of(
            request("POST", "Origin: http://a", "Origin: http://a", "Host: a"),
            request("POST", "Origin: http://a", "Host: a", "Host: b"),
            request("POST", "Origin: https://shop.example", "Origin: http://b", "Host: a"),
            request("POST", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"))) {
      assertThatThrownBy(() -> LISTED.check(request, response()))
          .isInstanceOf(ForbiddenException.class);
    }
  }

  @Test
  void whoSaysNothingIsNoPage() {
    assertThat(NONE.check(request("POST", "Host: a"), response())).isNull();
    assertThat(NONE.check(null, null)).isNull();
    assertThat(answered).isEmpty();
  }

  @Test
  void aListedOriginMayReadTheAnswer() {
    assertThat(
            LISTED.check(
                request("GET", "Origin: https://shop.example", "Sec-Fetch-Site: cross-site"),
                response()))
        .isNull();
    assertThat(answered)
        .containsOnly(
            Map.entry("Vary", "Origin"),
            Map.entry("Access-Control-Allow-Origin", "https://shop.example"),
            Map.entry("Access-Control-Allow-Credentials", "true"),
            Map.entry("Access-Control-Expose-Headers", "Retry-After"));
  }

  @Test
  void aPreflightOfAListedOriginIsAnswered() {
    Response answer =
        LISTED.check(
            request(
                "OPTIONS",
                "Origin: https://shop.example",
                "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: content-type,x-mine"),
            response());
    assertThat(answer.getStatus()).isEqualTo(204);
    assertThat(answer.getHeaders().getFirst("Access-Control-Allow-Headers"))
        .isEqualTo("content-type,x-mine");
    assertThat(answer.getHeaders().getFirst("Access-Control-Allow-Methods").toString())
        .contains("POST");
    Response plain =
        LISTED.check(
            request(
                "OPTIONS",
                "Origin: https://shop.example",
                "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: a\tb: c"),
            response());
    assertThat(plain.getHeaders().getFirst("Access-Control-Allow-Headers"))
        .isEqualTo("Authorization, Content-Type, Last-Event-ID");
    assertThat(LISTED.options("GET", request("OPTIONS"), response()).getHeaders().getFirst("Allow"))
        .isEqualTo("GET");
  }
}
