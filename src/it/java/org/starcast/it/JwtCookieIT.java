package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.time.Duration;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/** The token in a cookie, as native {@code EventSource} sends it; and pages of a listed origin. */
@ArquillianTest
@RunAsClient
class JwtCookieIT {

  private static final Tokens TOKENS = new Tokens();
  private static final String SHOP = "Origin: https://shop.example";

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return AttackIT.war(
        TOKENS,
        "mp.jwt.token.header=Cookie",
        "mp.jwt.token.cookie=token",
        "starcast.cors.origins=https://shop.example",
        "starcast.security.query-token=true",
        "starcast.security.rules.\"user.{user}.*\".subscribe=**",
        "starcast.security.rules.\"user.{user}.*\".publish=**");
  }

  private RawHttp.Answer send(String method, String path, String body, String... headers)
      throws IOException {
    URI uri = URI.create(base.toString()).resolve("api/").resolve(path);
    return RawHttp.once(uri, method, body, headers);
  }

  private static String cookie(String name) {
    return cookieOf(TOKENS.of(name));
  }

  /**
   * Payara (6.2025.10) takes the cookie only if the header is as RFC 2109 had it, which no browser
   * sends; there, a proxy has to make an {@code Authorization} header of it.
   */
  private static String cookieOf(String token) {
    boolean payara = System.getProperty("arquillian.launch").equals("payara");
    return "Cookie: " + (payara ? "$Version=1;token=" : "other=x; token=") + token;
  }

  @Test
  void theCookieIsTheCaller() throws IOException {
    String mine = "starcast/stream?topic=user.ann.*";
    assertThat(send("GET", mine, "", cookie("ann")).status()).isEqualTo(200);
    assertThat(send("GET", mine, "", cookie("bob")).status()).isEqualTo(403);
    assertThat(send("GET", mine, "").status()).isEqualTo(401);
    String expired = TOKENS.of("ann", Duration.ofMinutes(-10), claims -> {});
    assertThat(send("GET", mine, "", cookieOf(expired)).status()).isIn(401, 403);
  }

  @Test
  void aForgedFormOfAnotherOriginIsRefusedDespiteTheCookie() throws IOException {
    String form = "topic=user.ann.a&data=x";
    String type = "Content-Type: application/x-www-form-urlencoded";
    assertThat(send("POST", "starcast/publish", form, type, cookie("ann")).status()).isEqualTo(202);
    for (String evil :
        new String[] {
          "Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"
        }) {
      RawHttp.Answer answer = send("POST", "starcast/publish", form, type, cookie("ann"), evil);
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.header("Access-Control-Allow-Origin")).isNull();
    }
  }

  @Test
  void aListedOriginMayDoAllThatAPageMay() throws IOException {
    String site = "Sec-Fetch-Site: cross-site";
    RawHttp.Answer stream =
        send("GET", "starcast/stream?topic=user.ann.*", "", cookie("ann"), SHOP, site);
    assertThat(stream.status()).isEqualTo(200);
    assertReadable(stream);
    assertThat(stream.headers()).anyMatch(header -> header.matches("(?i)vary:.*accept-encoding.*"));
    RawHttp.Answer refused =
        send("GET", "starcast/stream?topic=user.bob.*", "", cookie("ann"), SHOP);
    assertThat(refused.status()).isEqualTo(403);
    assertReadable(refused);
    RawHttp.Answer bad = send("GET", "starcast/stream", "", SHOP);
    assertThat(bad.status()).isEqualTo(400);
    assertReadable(bad);
    RawHttp.Answer published =
        send(
            "POST",
            "starcast/publish",
            "topic=user.ann.a&data=x",
            "Content-Type: application/x-www-form-urlencoded",
            cookie("ann"),
            SHOP,
            site);
    assertThat(published.status()).isEqualTo(202);
    assertReadable(published);
    for (String path :
        new String[] {
          "starcast/stream",
          "starcast/publish",
          "starcast/clients",
          "starcast/clients/x",
          "starcast/stats",
          "secured/own"
        }) {
      RawHttp.Answer preflight =
          send("OPTIONS", path, "", SHOP, site, "Access-Control-Request-Method: POST");
      assertThat(preflight.status()).as(path).isEqualTo(204);
      assertReadable(preflight);
      assertThat(preflight.header("Access-Control-Allow-Methods")).contains("POST");
      assertThat(
              send(
                      "OPTIONS",
                      path,
                      "",
                      "Origin: http://evil.example",
                      "Access-Control-Request-Method: POST")
                  .status())
          .as(path)
          .isEqualTo(403);
    }
    assertReadable(send("POST", "secured/own", "", SHOP, site));
  }

  private static void assertReadable(RawHttp.Answer answer) {
    assertThat(answer.header("Access-Control-Allow-Origin"))
        .as(answer.toString())
        .isEqualTo("https://shop.example");
    assertThat(answer.header("Access-Control-Allow-Credentials")).isEqualTo("true");
    assertThat(answer.headers()).anyMatch(header -> header.matches("(?i)vary:.*origin.*"));
  }

  @Test
  void aTokenInTheQueryIsLeftToTheApplicationIfThatIsConfigured() throws IOException {
    assertThat(
            send("GET", "starcast/stream?topic=user.ann.*&access_token=x", "", cookie("ann"))
                .status())
        .isEqualTo(200);
  }
}
