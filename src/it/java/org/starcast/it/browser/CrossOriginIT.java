package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import jakarta.json.Json;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.starcast.it.TestWar;

/**
 * Pages of other origins, in a browser that says where its requests come from: one that the
 * configuration lists, one of another site, and one of the same site.
 */
@ArquillianTest
@RunAsClient
@Tag(BrowserTest.BOTH_SERVERS)
class CrossOriginIT extends BrowserTest {

  private static final HttpServer LISTED = pages();
  private static final HttpServer EVIL = pages();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** An empty page, whose scripts the test writes. */
  private static HttpServer pages() {
    try {
      InetAddress loopback = InetAddress.getByName("127.0.0.1");
      HttpServer server = HttpServer.create(new InetSocketAddress(loopback, 0), 0);
      server.createContext(
          "/",
          exchange -> {
            byte[] page = "<!doctype html><title>page</title>".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/html");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
          });
      server.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "starcast.endpoint.registry.enabled", "true",
        "starcast.endpoint.registry.role", "*",
        "starcast.cors.origins", origin("127.0.0.1", LISTED));
  }

  @AfterAll
  static void stopPages() {
    LISTED.stop(0);
    EVIL.stop(0);
  }

  private static String origin(String host, HttpServer server) {
    return "http://" + host + ":" + server.getAddress().getPort();
  }

  private void page(String origin) {
    browser.get(origin + "/page");
    assertThat(browser.getTitle()).isEqualTo("page");
  }

  private Object script(String script) {
    return browser.executeAsyncScript(
        "const done = arguments[arguments.length - 1]; const api = arguments[0];" + script,
        base + "api/");
  }

  /** Whether an EventSource opens, and the data of its first event. */
  private Object follow(String topic) {
    return script(
        "const source = new EventSource(api + 'starcast/stream?topic="
            + topic
            + "&lastEventId=earliest', {withCredentials: true});"
            + "source.onmessage = e => { source.close(); done(e.data); };"
            + "source.onerror = () => { source.close(); done('refused'); };");
  }

  private Object publish(String topic, String options) {
    return script(
        "fetch(api + 'starcast/publish', {method: 'POST', credentials: 'include', "
            + options
            + " body: new URLSearchParams({topic: '"
            + topic
            + "', data: 'x'})}).then(r => done(r.type === 'opaque' ? 'opaque' : r.status),"
            + " () => done('failed'))");
  }

  private int published() throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(base + "api/probe/statistics")).build();
    String body = HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
    try (var reader = Json.createReader(new StringReader(body))) {
      return reader.readObject().getInt("published");
    }
  }

  private void publishOutside(String topic) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + "api/starcast/publish"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("topic=" + topic + "&data=hello"))
            .build();
    assertThat(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
        .isEqualTo(202);
  }

  @Test
  void aPageOfAnotherOriginNeitherHearsNorPublishes() throws Exception {
    publishOutside("evil.a");
    int before = published();
    // another site, and the same site at another port, which of the two is by the server's name
    for (String origin : List.of(origin("127.0.0.1", EVIL), origin("localhost", EVIL))) {
      page(origin);
      assertThat(follow("evil.a")).as(origin).isEqualTo("refused");
      assertThat(publish("evil.b", "")).isEqualTo("failed");
      // what needs no permission to be sent, and is sent with cookies
      assertThat(publish("evil.b", "mode: 'no-cors',")).isEqualTo("opaque");
      assertThat(
              script(
                  "const frame = document.createElement('iframe'); frame.name = 'f';"
                      + "document.body.append(frame);"
                      + "const form = document.createElement('form'); form.method = 'post';"
                      + "form.target = 'f'; form.action = api + 'starcast/publish';"
                      + "form.innerHTML = '<input name=topic value=evil.b><input name=data"
                      + " value=x>'; document.body.append(form);"
                      + "frame.onload = () => done('sent'); form.submit();"))
          .isEqualTo("sent");
      assertThat(
              script(
                  "fetch(api + 'starcast/clients', {credentials: 'include'})"
                      + ".then(r => done(r.status), () => done('failed'))"))
          .isEqualTo("failed");
    }
    assertThat(published()).isEqualTo(before);
  }

  @Test
  void aPageOfAListedOriginDoesBoth() throws Exception {
    publishOutside("listed.a");
    page(origin("127.0.0.1", LISTED));
    assertThat(follow("listed.a")).isEqualTo("hello");
    int before = published();
    assertThat(publish("listed.b", "")).isEqualTo(202L);
    // with a preflight request
    assertThat(publish("listed.b", "headers: {'Authorization': 'none at all'},")).isEqualTo(202L);
    assertThat(published()).isEqualTo(before + 2);
    assertThat(
            script(
                "fetch(api + 'starcast/clients/none', {method: 'DELETE', credentials: 'include'})"
                    + ".then(r => done(r.status), () => done('failed'))"))
        .isEqualTo(404L);
  }

  @Test
  void aPageOfItsOwnOriginNeedsNothing() throws Exception {
    publishOutside("own.a");
    browser.get(base + "no-such-page");
    assertThat(follow("own.a")).isEqualTo("hello");
    assertThat(publish("own.b", "")).isEqualTo(202L);
  }
}
