package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/** MicroProfile Health, as an orchestrator asks for it. */
@ArquillianTest
@RunAsClient
class HealthIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with();
  }

  @Test
  void readinessTurnsWithTheDrainAndLivenessStays() throws Exception {
    Server server = new Server(base);
    RawStream stream = server.stream("topic=a");
    String id = server.publish("topic", "a", "data", "1").body();
    await().atMost(PATIENCE).until(() -> stream.count() == 1);

    assertThat(status("health/live")).isEqualTo(200);
    assertThat(check("health/live", "starcast-threads").getString("status")).isEqualTo("UP");
    JsonObject ready = check("health/ready", "starcast");
    assertThat(status("health/ready")).isEqualTo(200);
    assertThat(ready.getString("status")).isEqualTo("UP");
    assertThat(data(ready, "clients")).isEqualTo("1");
    assertThat(data(ready, "draining")).isEqualTo("false");
    assertThat(data(ready, "backplane")).isEqualTo("up");
    assertThat(id).contains(data(ready, "lastEventId"));

    server.post("probe/drain?window=PT0S", "");

    await().atMost(PATIENCE).until(stream::ended);
    assertThat(status("health/ready")).isEqualTo(503);
    JsonObject down = check("health/ready", "starcast");
    assertThat(down.getString("status")).isEqualTo("DOWN");
    assertThat(data(down, "draining")).isEqualTo("true");
    assertThat(data(down, "clients")).isEqualTo("0");
    assertThat(check("health/live", "starcast-threads").getString("status")).isEqualTo("UP");
  }

  /** WildFly answers at its management port. */
  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    boolean wildfly = System.getProperty("arquillian.launch").equals("wildfly");
    URI root =
        URI.create(
            wildfly
                ? "http://127.0.0.1:" + System.getProperty("management.port") + "/"
                : "http://" + base.getHost() + ":" + base.getPort() + "/");
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(root.resolve(path)).timeout(PATIENCE).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  /** Payara makes text of all of it. */
  private static String data(JsonObject check, String name) {
    return check.getJsonObject("data").get(name).toString().replace("\"", "");
  }

  private int status(String path) throws IOException, InterruptedException {
    return get(path).statusCode();
  }

  private JsonObject check(String path, String name) throws IOException, InterruptedException {
    String body = get(path).body();
    try (var reader = Json.createReader(new StringReader(body))) {
      List<JsonObject> found =
          reader.readObject().getJsonArray("checks").getValuesAs(JsonObject.class).stream()
              .filter(check -> check.getString("name").equals(name))
              .toList();
      assertThat(found).as(body).hasSize(1);
      return found.get(0);
    }
  }
}
