package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.io.File;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.starcast.it.app.TestApplication;

/**
 * What MicroProfile OpenAPI makes of the built-in endpoints, on Payara, which has it. WildFly's
 * default configuration has not: that the other tests run there shows that nothing needs it.
 */
@ArquillianTest
@RunAsClient
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class OpenApiIT {

  /** Relative to the server that the document names. */
  private static final String API = "/api/starcast/";

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    String config =
        """
        mp.openapi.extensions.scan.lib=true
        """;
    // not the whole test application: Payara stumbles over a @Size that stands without a @Schema
    return ShrinkWrap.create(WebArchive.class, "starcast-openapi.war")
        .addClass(TestApplication.class)
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(new StringAsset(config), "META-INF/microprofile-config.properties")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml");
  }

  @Test
  void theEndpointsAreDescribed() throws Exception {
    URLConnection connection =
        URI.create(base.toString()).resolve("/openapi").toURL().openConnection();
    connection.setRequestProperty("Accept", "application/json");
    JsonObject document;
    try (InputStream in = connection.getInputStream()) {
      document = Json.createReader(in).readObject();
    }
    JsonObject paths = document.getJsonObject("paths");
    JsonObject stream = operation(paths, "stream", "get");
    assertThat(stream.getString("operationId")).isEqualTo("starcastStream");
    assertThat(stream.getJsonArray("parameters").getValuesAs(JsonObject.class))
        .extracting(parameter -> parameter.getString("name"))
        .containsExactlyInAnyOrder(
            "topic", "mute", "sender", "history", "lastEventId", "Last-Event-ID", "resume");
    assertResponses(stream, "200", "400", "401", "403", "404", "429", "503");

    JsonObject publish = operation(paths, "publish", "post");
    assertThat(
            publish
                .getJsonObject("requestBody")
                .getJsonObject("content")
                .getJsonObject("application/x-www-form-urlencoded")
                .getJsonObject("schema")
                .getJsonArray("required")
                .getValuesAs(JsonString::getString))
        .containsExactlyInAnyOrder("topic", "data");
    assertResponses(publish, "202", "400", "401", "403", "404", "413", "503");

    assertResponses(operation(paths, "clients", "get"), "200", "400", "401", "403", "404");
    assertResponses(operation(paths, "stats", "get"), "200", "401", "403", "404");
    JsonObject close = operation(paths, "clients/{id}", "delete");
    assertResponses(close, "204", "401", "403", "404");
    assertThat(close.getJsonObject("responses").getJsonObject("404").getString("description"))
        .startsWith("There is no such client");

    assertThat(paths.keySet())
        .contains(API + "clients", API + "clients/{id}", API + "stats", API + "monitor")
        .doesNotContain(API + "monitor/tap", API + "monitor/figures", API + "monitor/check");
    assertThat(paths.values())
        .as("preflight requests are the browser's matter")
        .noneMatch(path -> path.asJsonObject().containsKey("options"));
  }

  private static JsonObject operation(JsonObject paths, String path, String method) {
    return paths.getJsonObject(API + path).getJsonObject(method);
  }

  private static void assertResponses(JsonObject operation, String... statuses) {
    assertThat(operation.getJsonObject("responses").keySet()).containsExactlyInAnyOrder(statuses);
  }
}
