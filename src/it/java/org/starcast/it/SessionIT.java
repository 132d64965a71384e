package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @ArquillianResource URL base;

  private Server server;
  private String cookie;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with();
  }

  @BeforeEach
  void beginSession() throws Exception {
    server = new Server(base);
    HttpResponse<Void> answer = post("probe/session");
    cookie = answer.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
  }

  private HttpResponse<Void> post(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri(path))
            .timeout(PATIENCE)
            .POST(HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<Void> answer =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.discarding());
    assertThat(answer.statusCode()).isEqualTo(204);
    return answer;
  }

  private RawStream opened(String id) throws Exception {
    RawStream stream = server.open("probe/stream/" + id + "?topic=s", "Cookie: " + cookie);
    server.publish("topic", "s", "data", "before");
    await().atMost(PATIENCE).until(() -> stream.data().contains("before"));
    post("probe/session/end", "Cookie", cookie);
    return stream;
  }

  @Test
  void theStreamGoesOnAndIsClosedAsAnyOther() throws Exception {
    try (RawStream stream = opened("closed")) {
      server.publish("topic", "s", "data", "after");
      await().atMost(PATIENCE).until(() -> stream.data().contains("after"));

      server.delete("probe/clients/closed");

      await().atMost(PATIENCE).until(stream::ended);
      await().atMost(PATIENCE).until(() -> server.journalHas("closed closed APPLICATION"));
    }
  }

  @Test
  void whoeverVanishesThenIsGoneAsAnyOther() throws Exception {
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
