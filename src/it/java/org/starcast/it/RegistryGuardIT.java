package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.http.HttpResponse;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/** The registry as it is when nothing is said about a role. */
@ArquillianTest
@RunAsClient
class RegistryGuardIT {

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with("starcast.endpoint.registry.enabled", "true");
  }

  private static void assertUnauthorized(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/problem+json");
    assertThat(answer.body()).contains("\"status\":401");
  }

  @Test
  void aCallerWithoutTheRoleSeesAndClosesNothing() throws IOException {
    Server server = new Server(base);
    try (RawStream stream = server.open("probe/stream/guarded?topic=a")) {
      assertUnauthorized(server.get("starcast/clients"));
      assertUnauthorized(server.get("starcast/stats"));
      assertUnauthorized(server.delete("starcast/clients/guarded"));

      assertThat(server.clients()).isEqualTo(1);
      assertThat(stream.ended()).isFalse();
    }
  }
}
