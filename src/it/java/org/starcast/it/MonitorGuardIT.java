package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.http.HttpResponse;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The monitor as it is when nothing is said about a role. */
@ArquillianTest
@RunAsClient
class MonitorGuardIT {

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with("starcast.endpoint.monitor.enabled", "true");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/figures", "/tap?topic=*", "/check?topic=a", "/monitor.js", "/monitor.css"})
  void aCallerWithoutTheRoleGetsNothing(String path) {
    Server server = new Server(base);
    HttpResponse<String> answer = server.get("starcast/monitor" + path);
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/problem+json");
    assertThat(server.clients()).isZero();
  }

  @Test
  void theContractIsOffByDefault() {
    Server server = new Server(base);
    assertThat(server.get("starcast/contract").statusCode()).isEqualTo(404);
    assertThat(server.get("starcast/contract/topics.d.ts").statusCode()).isEqualTo(404);
  }
}
