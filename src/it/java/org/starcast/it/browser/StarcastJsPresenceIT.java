package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.WindowType;
import org.starcast.it.TestWar;

/** Who follows a stream by the browser module, as the server sees it. */
@ArquillianTest
@RunAsClient
@Tag(BrowserTest.BOTH_SERVERS)
class StarcastJsPresenceIT extends BrowserTest {

  private static final File PAGES = new File("src/it/webapp/starcast-js");

  private final String topic = unique("t");

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with("starcast.presence.enabled", "true", "starcast.retry", "PT0.1S")
        .addAsWebResource(new File(PAGES, "page.html"), "page.html")
        .addAsWebResource(new File(PAGES, "page.js"), "page.js");
  }

  @Test
  void anotherTabThatTakesOverAndAPageLoadedAnewAreTheSameUser() {
    String first = openTab();
    untilTrue(() -> members().size() == 1);
    String user = members().get(0).replaceFirst(":1$", "");
    String second = openTab();
    String marker = browser.switchTo().newWindow(WindowType.TAB).getWindowHandle();
    load();
    follow("api/presence/stream/marker");
    untilTrue(() -> members().contains("marker:1"));

    show(first);
    close();
    show(second);
    untilTrue(() -> script("return seen.states").equals(List.of("open", "reconnecting", "open")));
    untilTrue(() -> members().contains(user + ":1"));
    load();
    follow("api/starcast/stream");
    untilTrue(() -> script("return stream.state").equals("open"));
    untilTrue(() -> members().contains(user + ":1"));
    // goes later: by the time that it is said to have left, the other would have been
    show(marker);
    close();
    show(second);

    untilTrue(() -> moves().contains("LEAVE marker " + topic));
    assertThat(moves())
        .containsExactly(
            "JOIN " + user + " " + topic, "JOIN marker " + topic, "LEAVE marker " + topic);
    assertThat(members()).containsExactly(user + ":1");
  }

  /** What was published has an id, and says nothing about who this is. */
  @Test
  void onlyWhatWasSentToThisClientAloneTellsItsToken() {
    load();
    String id = "e" + topic.replaceAll("[^a-z0-9]", "") + "-1";
    script("follow('api/presence/told?id=" + id + "')");
    untilTrue(() -> told(id).size() > 1);
    assertThat(told(id)).containsOnly("TOLD null " + id);

    script("stream.close()");
    load();
    script("follow('api/presence/told')");
    untilTrue(() -> told("null").contains("TOLD a-token null"));
    script("stream.close()");
  }

  private List<String> told(String id) {
    return strings("api/presence/moves").stream()
        .filter(move -> move.startsWith("TOLD ") && move.endsWith(" " + id))
        .toList();
  }

  private String openTab() {
    String tab = browser.switchTo().newWindow(WindowType.TAB).getWindowHandle();
    load();
    follow("api/starcast/stream");
    untilTrue(() -> script("return stream.state").equals("open"));
    return tab;
  }

  private void load() {
    browser.get(base + "page.html");
    untilTrue(() -> Boolean.TRUE.equals(script("return window.ready === true")));
  }

  private void follow(String path) {
    script("follow('" + path + "?topic=" + topic + "')");
  }

  private static Object script(String script) {
    return browser.executeScript(script);
  }

  private List<String> members() {
    List<String> answer = strings("api/presence/on?topic=" + topic);
    return answer.subList(1, answer.size());
  }

  private List<String> moves() {
    return strings("api/presence/moves").stream().filter(move -> move.endsWith(topic)).toList();
  }
}
