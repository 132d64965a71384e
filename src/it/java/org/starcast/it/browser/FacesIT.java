package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Cookie;
import org.openqa.selenium.WindowType;
import org.starcast.it.RawHttp;
import org.starcast.it.TestWar;
import org.starcast.it.faces.Board;

/** The tag {@code sc:stream} of Jakarta Faces. */
@ArquillianTest
@RunAsClient
@Tag(BrowserTest.BOTH_SERVERS)
class FacesIT extends BrowserTest {

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** What is wrong in a page, and what it is answered by. */
  private static final Map<String, String> WRONG =
      Map.of(
          "<sc:stream topics='a'/>", "topic",
          "<sc:stream topic='a' onmesage='b'/>",
              "onmesage: is not an attribute here; the nearest is onmessage",
          "<sc:stream topic='a..b'/>", "topic: has an empty segment at index 2",
          "<sc:stream topic='a' onmessage='alert(1)'/>",
              "onmessage: must be the name of a function",
          "<sc:stream topic='a'><f:ajax event='message'/></sc:stream>",
              "sc:stream: with f:ajax it must be in a form",
          "<sc:stream topic='a.#{param.part}'/>",
              "topic: an expression has given a wildcard or white space");

  private final String user = unique("user");

  @Deployment(testable = false)
  static WebArchive war() throws IOException {
    WebArchive war =
        TestWar.with("starcast.retry", "PT0.1S")
            .addPackage(Board.class.getPackage())
            .addAsLibrary(new File(System.getProperty("starcast.faces.jar")));
    for (String page : List.of("board.xhtml", "many.xhtml", "page.js")) {
      war.addAsWebResource(new File("src/it/webapp/faces", page), page);
    }
    String board = Files.readString(Path.of("src/it/webapp/faces/board.xhtml"));
    String whole = board.replace("render=\"lines\"", "render=\"@form\"");
    war.addAsWebResource(new StringAsset(whole), "whole.xhtml");
    List<String> wrong = List.copyOf(WRONG.keySet());
    for (int i = 0; i < wrong.size(); i++) {
      war.addAsWebResource(
          new StringAsset(
              "<html xmlns='http://www.w3.org/1999/xhtml' xmlns:h='jakarta.faces.html'"
                  + " xmlns:f='jakarta.faces.core' xmlns:sc='starcast'><h:head/><h:body>"
                  + wrong.get(i)
                  + "</h:body></html>"),
          "wrong-" + i + ".xhtml");
    }
    return war;
  }

  @Test
  void anEventRendersAnewInTheWindowsOfItsUserAlone() throws Exception {
    String ann = openBoard(url("127.0.0.1"), user + ".ann");
    String again = openBoard(url("127.0.0.1"), user + ".ann");
    String bob = openBoard(url("localhost"), user + ".bob");

    say(user + ".ann", "for Ann");
    say(user + ".bob", "for Bob");

    for (String window : List.of(ann, again)) {
      show(window);
      untilTrue(() -> texts(".line").equals(List.of("for Ann")));
      assertThat(browser.executeScript("return heard")).isEqualTo(List.of("for Ann"));
      assertThat(browser.executeScript("return last.target.id")).isEqualTo("form:stream");
    }
    show(bob);
    untilTrue(() -> texts(".line").equals(List.of("for Bob")));
    assertThat(browser.executeScript("return heard")).isEqualTo(List.of("for Bob"));
    assertThat(get("board/form:stream/listened")).isEqualTo("true");
    assertThat(console()).isEmpty();
  }

  @Test
  void whoHasAnIdOfAnotherSessionIsRefused() throws Exception {
    openBoard(url("127.0.0.1"), user);
    URI stream = URI.create(element("#form\\:stream").getDomProperty("src"));
    assertThat(stream.toString()).doesNotContain(user);
    URI uri = URI.create(url("127.0.0.1")).resolve(stream);
    Cookie own = browser.manage().getCookieNamed("JSESSIONID");
    HttpResponse<String> other = HTTP.send(page(user), BodyHandlers.ofString());
    String theirs = other.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");

    assertThat(status(uri, "Cookie: JSESSIONID=" + own.getValue())).isEqualTo(200);
    assertRefused(uri);
    assertRefused(uri, "Cookie: " + theirs);
    URI guessed = URI.create(uri.toString().replaceFirst(".$", "~"));
    assertRefused(guessed, "Cookie: JSESSIONID=" + own.getValue());
    URI none = URI.create(uri.toString().replaceFirst("\\?.*", ""));
    assertThat(status(none, "Cookie: JSESSIONID=" + own.getValue())).isEqualTo(400);
  }

  private static int status(URI uri, String... headers) throws IOException {
    return RawHttp.once(uri, "GET", "", headers).status();
  }

  private static void assertRefused(URI uri, String... headers) throws IOException {
    RawHttp.Answer answer = RawHttp.once(uri, "GET", "", headers);
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.body()).contains("id: is not one of the caller's session");
  }

  @Test
  void nothingIsLostWhenTheServerClosesTheStream() throws Exception {
    openBoard(base.toString(), user);
    say(user, "0");
    untilTrue(() -> texts(".line").equals(List.of("0")));

    send("DELETE", "board/" + user + "/streams", "");
    List<String> all = IntStream.range(0, 20).mapToObj(String::valueOf).toList();
    for (String line : all.subList(1, 20)) {
      say(user, line);
    }

    untilTrue(() -> texts(".line").equals(all));
    untilTrue(
        () ->
            browser
                .executeScript("return heard")
                .equals(IntStream.range(0, 20).mapToObj(Long::valueOf).toList()));
    assertThat(get("board/" + user + "/opened")).isEqualTo("2");
  }

  /** The page is read before the event, and connects after it. */
  @Test
  void whatIsPublishedBetweenThePageAndItsStreamIsNotLost() throws Exception {
    browser.get(base + "board.xhtml?user=" + user);
    untilConnected();
    browser.executeScript(
        "const stream = document.getElementById('form:stream'); window.put = stream;"
            + " stream.remove()");
    untilTrue(() -> get("board/" + user + "/opened").equals("1"));
    send("DELETE", "board/" + user + "/streams", "");
    say(user, "meanwhile");

    browser.executeScript("document.getElementById('form').append(put)");

    untilTrue(() -> texts(".line").equals(List.of("meanwhile")));
  }

  @Test
  void theStreamOutlivesItsElementWhenThatIsRenderedAnew() throws Exception {
    browser.get(base + "whole.xhtml?user=" + user);
    untilConnected();
    browser.executeScript("document.getElementById('form:stream').old = true");

    for (int i = 0; i < 3; i++) {
      int lines = i + 1;
      say(user, "line " + i);
      untilTrue(() -> texts(".line").size() == lines);
    }

    assertThat(browser.executeScript("return document.getElementById('form:stream').old")).isNull();
    assertThat(get("board/" + user + "/opened")).isEqualTo("1");
  }

  @Test
  void theEndOfTheSessionEndsTheStream() throws Exception {
    openBoard(base.toString(), user);

    browser.executeScript("fetch('api/board/x/session', { method: 'DELETE' })");

    untilTrue(() -> browser.executeScript("return failed").equals(List.of(403L)));
    assertThat(element("#status").getDomAttribute("state")).isEqualTo("failed");
    say(user, "nobody hears it");
    assertThat(browser.executeScript("return heard")).isEqualTo(List.of());
  }

  @Test
  void aPageHasSeveralStreamsAlsoInRowsAndInNamingContainers() throws Exception {
    openStream("many.xhtml?user=" + user);

    say(user + "a", "one");
    say(user + "b", "two");

    untilTrue(() -> texts(".a p").equals(List.of("one")) && texts(".b p").equals(List.of("two")));
    assertThat(get("board/outer:form:rows:0:stream/listened")).isEqualTo("true");
    assertThat(get("board/outer:form:rows:1:stream/listened")).isEqualTo("true");
    assertThat(exists("#outer\\:form\\:absent")).isFalse();
    assertThat(console()).isEmpty();
  }

  @Test
  void whatIsNotConnectedConnectsWhenItIsRenderedSo() throws Exception {
    openStream("many.xhtml?user=" + user);
    assertThat(element("#outer\\:form\\:wild").getDomAttribute("src")).isNull();

    element("#outer\\:form\\:turn").click();
    untilTrue(() -> get("board/" + user + "-turned/opened").equals("1"));
    publish("board." + user + ".x", "heard");
    untilTrue(() -> browser.executeScript("return heard").equals(List.of("heard")));

    element("#outer\\:form\\:turn").click();
    untilTrue(() -> element("#outer\\:form\\:wild").getDomAttribute("src") == null);
    publish("board." + user + ".x", "not heard");
    say(user + "a", "last");
    untilTrue(() -> texts(".a p").equals(List.of("last")));
    assertThat(browser.executeScript("return heard")).isEqualTo(List.of("heard"));
  }

  @Test
  void whatIsWrongFailsThePageAndSaysWhy() throws Exception {
    List<String> wrong = List.copyOf(WRONG.keySet());
    for (int i = 0; i < wrong.size(); i++) {
      URI page = URI.create(base + "wrong-" + i + ".xhtml?part=x.*");
      HttpResponse<String> answer =
          HTTP.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(wrong.get(i)).isEqualTo(500);
      // Payara escapes semicolons
      assertThat(answer.body().replace("&#59;", ";"))
          .as(wrong.get(i))
          .contains(WRONG.get(wrong.get(i)));
    }
  }

  // ---- what the tests do

  /** The application by a name of its host: each has cookies of its own. */
  private String url(String host) {
    return base.toString().replace(base.getHost(), host);
  }

  private String openBoard(String root, String name) {
    String window = browser.switchTo().newWindow(WindowType.WINDOW).getWindowHandle();
    browser.get(root + "board.xhtml?user=" + name);
    untilConnected();
    return window;
  }

  private HttpRequest page(String name) {
    return HttpRequest.newBuilder(URI.create(base + "board.xhtml?user=" + name)).build();
  }

  private void say(String name, String text) throws Exception {
    send("POST", "board/" + name, text);
  }

  private void publish(String topic, String text) throws Exception {
    send("POST", "starcast/publish", "topic=" + topic + "&data=" + text.replace(' ', '+'));
  }

  private String get(String path) throws Exception {
    return send("GET", path, "");
  }

  private String send(String method, String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + "api/" + path))
            .timeout(PATIENCE)
            .header(
                "Content-Type",
                path.equals("starcast/publish")
                    ? "application/x-www-form-urlencoded"
                    : "text/plain")
            .method(method, BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer = HTTP.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(path).isBetween(200, 204);
    return answer.body();
  }
}
