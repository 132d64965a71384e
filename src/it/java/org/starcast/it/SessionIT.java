package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URL;
import java.time.Duration;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams whose HTTP session ends before they do: somebody has logged out. */
@ArquillianTest
@RunAsClient
class SessionIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ArquillianResource URL base;

  private Server server;
  private String cookie;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with();
  }

  @BeforeEach
  void beginSession() throws IOException {
    server = new Server(base);
    String created = post("probe/session").header("Set-Cookie");
    cookie = "Cookie: " + created.replaceFirst(";.*", "");
  }

  private RawHttp.Answer post(String path, String... headers) throws IOException {
    RawHttp.Answer answer = RawHttp.once(server.uri(path), "POST", "", headers);
    assertThat(answer.status()).isEqualTo(204);
    return answer;
  }

  private RawStream opened(String id) throws IOException {
    RawStream stream = server.open("probe/stream/" + id + "?topic=s", cookie);
    server.publish("topic", "s", "data", "before");
    await().atMost(PATIENCE).until(() -> stream.data().contains("before"));
    post("probe/session/end", cookie);
    return stream;
  }

  @Test
  void theStreamGoesOnAndIsClosedAsAnyOther() throws IOException {
    try (RawStream stream = opened("closed")) {
      server.publish("topic", "s", "data", "after");
      await().atMost(PATIENCE).until(() -> stream.data().contains("after"));

      server.delete("probe/clients/closed");

      await().atMost(PATIENCE).until(stream::ended);
      await().atMost(PATIENCE).until(() -> server.journalHas("closed closed APPLICATION"));
    }
  }

  @Test
  void whoeverVanishesThenIsGoneAsAnyOther() throws IOException {
    opened("vanished").reset();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              server.publish("topic", "s", "data", "anybody there?");
              return server.journalHas("closed vanished CLIENT_GONE");
            });
  }
}
