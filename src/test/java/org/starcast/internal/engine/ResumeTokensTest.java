package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.starcast.Subscription;

class ResumeTokensTest {

  private final ResumeTokens tokens = new ResumeTokens();

  private static HttpServletRequest request(String query) {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            ResumeTokensTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, method, args) -> {
              if (method.getName().equals("getQueryString")) {
                return query;
              }
              if (method.getName().equals("getAttribute")) {
                return null;
              }
              throw new UnsupportedOperationException(method.getName());
            });
  }

  @Test
  void aTokenIsItsUsersAlone() {
    String token = tokens.token("c1");
    assertThat(token).matches("[A-Za-z0-9._~-]{45}").endsWith("c1");
    assertThat(tokens.user(token)).contains("c1");
    assertThat(tokens.token("c2").substring(0, 43)).isNotEqualTo(token.substring(0, 43));
    assertThat(tokens.user(token.substring(0, 43) + "c2")).isEmpty();
  }

  @Test
  void whatWasNotMadeHereIsNobodys() {
    String token = tokens.token("c1");
    char first = token.charAt(0) == 'A' ? 'B' : 'A';
    assertThat(tokens.user(first + token.substring(1))).isEmpty();
    assertThat(tokens.user(new ResumeTokens().token("c1"))).isEmpty();
    assertThat(tokens.user("")).isEmpty();
    assertThat(tokens.user("c1")).isEmpty();
    assertThat(tokens.user(token.substring(0, 43))).isEmpty();
    assertThat(tokens.user(tokens.token(""))).isEmpty();
  }

  @Test
  void aRequestIsRecognizedByItsParameter() {
    Subscription nameless = Subscription.to("a");
    String token = tokens.token("c1");
    assertThat(tokens.recognize(nameless, request("topic=a&resume=" + token)).user())
        .contains("c1");
    for (String query : new String[] {null, "", "topic=a", "resume", "resume=", "resume=x"}) {
      assertThat(tokens.recognize(nameless, request(query))).isSameAs(nameless);
    }
    assertThat(tokens.recognize(nameless, null)).isSameAs(nameless);
  }
}
