package org.starcast.it;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.starcast.testing.SseTestClient;

/** The deployed test application, over HTTP. */
public final class Server {

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final URI api;

  public Server(URL base) {
    api = URI.create(base.toString()).resolve("api/");
  }

  public URI uri(String path) {
    return api.resolve(path);
  }

  /** Opens the built-in endpoint's stream, query as {@code topic=a.*&mute=b}. */
  public RawStream stream(String query, String... headers) {
    return open("starcast/stream?" + query, headers);
  }

  /** As {@link #stream}, where the events alone matter. */
  SseTestClient subscribe(String query) {
    return SseTestClient.open(uri("starcast/stream?" + query));
  }

  public RawStream open(String path, String... headers) {
    try {
      return RawStream.open(uri(path), headers);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public RawStream stalled(String path) {
    try {
      return RawStream.stalled(uri(path), 4096);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Publishes by the built-in endpoint: field, value, field, value. */
  public HttpResponse<String> publish(String... fields) {
    StringBuilder form = new StringBuilder();
    for (int i = 0; i < fields.length; i += 2) {
      form.append(form.isEmpty() ? "" : "&")
          .append(fields[i])
          .append('=')
          .append(URLEncoder.encode(fields[i + 1], StandardCharsets.UTF_8));
    }
    return exchange(
        "POST", "starcast/publish", "application/x-www-form-urlencoded", form.toString());
  }

  public HttpResponse<String> post(String path, String text) {
    return exchange("POST", path, "text/plain;charset=UTF-8", text);
  }

  public HttpResponse<String> delete(String path) {
    return exchange("DELETE", path, "text/plain", "");
  }

  public HttpResponse<String> get(String path) {
    return exchange("GET", path, "text/plain", "");
  }

  public JsonObject statistics() {
    return object("probe/statistics");
  }

  /** The versions of Java and of APIs; only where the application is that of the contract. */
  public JsonObject runtime() {
    return object("runtime");
  }

  private JsonObject object(String path) {
    try (var reader = Json.createReader(new StringReader(get(path).body()))) {
      return reader.readObject();
    }
  }

  public JsonArray journal() {
    try (var reader = Json.createReader(new StringReader(get("probe/journal").body()))) {
      return reader.readArray();
    }
  }

  /** Whether an observer of the application wrote this entry. */
  public boolean journalHas(String entry) {
    return journal().getValuesAs(Object::toString).contains("\"" + entry + "\"");
  }

  public int clients() {
    return statistics().getInt("clients");
  }

  public HttpResponse<String> exchange(String method, String path, String type, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(uri(path))
            .timeout(Duration.ofMinutes(2))
            .header("Content-Type", type)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
