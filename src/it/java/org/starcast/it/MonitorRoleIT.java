package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The monitor, and the contract, for callers whose roles a MicroProfile JWT names: {@code operator}
 * is asked for.
 */
@ArquillianTest
@RunAsClient
class MonitorRoleIT {

  private static final Tokens TOKENS = new Tokens();

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return AttackIT.war(
        TOKENS,
        "starcast.endpoint.monitor.enabled=true",
        "starcast.endpoint.contract.enabled=true");
  }

  private URI api(String path) {
    return URI.create(base.toString()).resolve("api/").resolve(path);
  }

  private static String bearer(String name, String... groups) {
    return "Authorization: Bearer " + TOKENS.of(name, groups);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/monitor.js", "/monitor.css", "/starcast.js", "/check?topic=a"})
  void thePageAndWhatItLoadsAreForTheRoleAlone(String path) throws IOException {
    RawHttp.Answer answer =
        RawHttp.once(api("starcast/monitor" + path), "GET", "", bearer("olga", "operator"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).isNotEmpty();
    assertThat(answer.header("Content-Security-Policy")).contains("default-src 'none'");
    assertRefused(path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/figures", "/tap?topic=*"})
  void theStreamsAreForTheRoleAlone(String path) throws IOException {
    try (RawStream stream =
        RawStream.open(api("starcast/monitor" + path), bearer("olga", "operator", "clerk"))) {
      assertThat(stream.status()).isEqualTo(200);
      await()
          .atMost(AttackIT.PATIENCE)
          .until(
              () -> {
                RawHttp.once(api("secured/publish?topic=admin.a"), "POST", "something to see");
                return stream.count() > 0;
              });
    }
    assertRefused(path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/topics.d.ts"})
  void theContractIsForTheRoleAlone(String path) throws IOException {
    URI uri = api("starcast/contract" + path);
    RawHttp.Answer answer = RawHttp.once(uri, "GET", "", bearer("olga", "operator"));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertRefused(uri);
  }

  private void assertRefused(String path) throws IOException {
    assertRefused(api("starcast/monitor" + path));
  }

  private static void assertRefused(URI uri) throws IOException {
    AttackIT.assertProblem(
        RawHttp.once(uri, "GET", "", bearer("ann", "clerk", "starcast-admin")), 403);
    AttackIT.assertProblem(RawHttp.once(uri, "GET", "", bearer("operator")), 403);
    AttackIT.assertProblem(RawHttp.once(uri, "GET", ""), 401);
  }
}
