package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.List;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openqa.selenium.WindowType;
import org.starcast.datastar.DatastarAction;
import org.starcast.datastar.DatastarPage;
import org.starcast.htmx.SseElement;
import org.starcast.it.TestWar;

/**
 * What presence makes of a tab that is hidden, with each client; chromium hides all tabs but one.
 */
@ArquillianTest
@RunAsClient
@Tag(BrowserTest.BOTH_SERVERS)
class HiddenTabIT extends BrowserTest {

  private static final File NPM = new File("target/npm/htmx4/package/dist");
  private static final File MODULE = new File("src/it/webapp/starcast-js");

  /** How a page connects. */
  enum Client {
    STARCAST_JS("page.html", "window.ready === true") {
      @Override
      String script(String url, boolean openWhenHidden) {
        return "follow('" + url + "', {openWhenHidden: " + openWhenHidden + "})";
      }
    },
    DATASTAR("datastar.html", "document.readyState === 'complete'") {
      @Override
      String script(String url, boolean openWhenHidden) {
        DatastarAction get = DatastarAction.get(url).retryForever();
        return insert(DatastarPage.cdn().stream(openWhenHidden ? get.openWhenHidden(true) : get));
      }
    },
    HTMX("htmx.html", "document.readyState === 'complete'") {
      @Override
      String script(String url, boolean openWhenHidden) {
        return "htmx.config.sse = {...htmx.config.sse, pauseOnBackground: "
            + !openWhenHidden
            + "};"
            + insert(SseElement.connect(url).hidden().toString());
      }
    },
    HTMX_BY_STARCAST_JS("htmx-starcast.html", "!!customElements.get('starcast-status')") {
      @Override
      String script(String url, boolean openWhenHidden) {
        return "htmx.config.starcast = {openWhenHidden: "
            + openWhenHidden
            + "};"
            + insert(SseElement.connect(url).hidden().toString());
      }
    };

    private final String page;
    private final String loaded;

    Client(String page, String loaded) {
      this.page = page;
      this.loaded = loaded;
    }

    abstract String script(String url, boolean openWhenHidden);

    private static String insert(String html) {
      return "document.body.insertAdjacentHTML('beforeend', `"
          + html
          + "`); window.htmx?.process(document.body)";
    }
  }

  private final String topic = unique("t");

  @Deployment(testable = false)
  static WebArchive war() {
    WebArchive war =
        TestWar.with(
                "starcast.presence.enabled",
                "true",
                "starcast.presence.grace",
                "PT0.5S",
                "starcast.presence.away",
                "PT15S",
                "starcast.heartbeat",
                "PT0.2S",
                "starcast.retry",
                "PT0.1S")
            .addAsWebResource(new File(MODULE, "page.html"), "page.html")
            .addAsWebResource(new File(MODULE, "page.js"), "page.js")
            .addAsWebResource(page("<script type=\"module\" src=\"datastar.js\">"), "datastar.html")
            .addAsWebResource(
                page("<script src=\"htmx.js\"></script><script src=\"hx-sse.js\">"), "htmx.html")
            .addAsWebResource(
                page(
                    "<script src=\"htmx.js\"></script><script src=\"hx-sse.js\"></script>"
                        + "<script type=\"module\" src=\"starcast/htmx.js\">"),
                "htmx-starcast.html")
            .addAsWebResource(new File(NPM, "htmx.js"), "htmx.js")
            .addAsWebResource(new File(NPM, "ext/hx-sse.js"), "hx-sse.js");
    return hasDatastar() ? war.addAsWebResource(datastarClient(), "datastar.js") : war;
  }

  private static StringAsset page(String script) {
    return new StringAsset(
        "<!DOCTYPE html><html lang=\"en\"><title>Hidden</title>"
            + script
            + "</script><body></body>");
  }

  @ParameterizedTest
  @EnumSource
  void whoseTabIsHiddenIsAwayAndBackWhenItIsShown(Client client) {
    assumeClient(client);
    String tab = open(client, "ann", false);
    untilTrue(() -> moves().equals(List.of("JOIN ann")));

    show(firstWindow);
    untilTrue(() -> members().equals(List.of("ann:away")));
    show(tab);
    untilTrue(() -> members().equals(List.of("ann:1")));

    assertThat(moves()).containsExactly("JOIN ann", "AWAY ann", "BACK ann");
  }

  @ParameterizedTest
  @EnumSource
  void whoseStreamStaysOpenIsPresentInAHiddenTab(Client client) {
    assumeClient(client);
    open(client, "ann", true);
    untilTrue(() -> members().equals(List.of("ann:1")));
    open(Client.STARCAST_JS, "marker", false);
    untilTrue(() -> members().contains("marker:1"));

    // by the time that the marker, which was hidden later, is away, the other would be
    show(firstWindow);
    untilTrue(() -> members().contains("marker:away"));

    assertThat(members()).contains("ann:1");
    assertThat(moves()).containsExactly("JOIN ann", "JOIN marker", "AWAY marker");
  }

  @Test
  void aPageThatRestsWhileItIsHiddenMissesNothing() {
    String tab = load(Client.STARCAST_JS);
    browser.executeScript(
        "window.got = []; follow('api/presence/stream/watcher?topic=starcast.presence."
            + topic
            + "', {openWhenHidden: false, onEvent: event => got.push(event.data)})");
    untilTrue(() -> browser.executeScript("return stream.state").equals("open"));

    open(Client.STARCAST_JS, "ann", true);
    untilTrue(() -> members().equals(List.of("ann:1")));
    show(tab);

    String join = "{\"action\":\"join\",\"user\":\"ann\",\"topic\":\"" + topic + "\"}";
    untilTrue(() -> browser.executeScript("return got").equals(List.of(join)));
    assertThat(browser.executeScript("return seen.states"))
        .isEqualTo(List.of("open", "reconnecting", "open"));
  }

  @Test
  void whoseTabIsClosedLeavesInTheEnd() {
    List<Client> clients =
        Stream.of(Client.values())
            .filter(client -> client != Client.DATASTAR || hasDatastar())
            .toList();
    for (Client client : clients) {
      open(client, client.name(), true);
      untilTrue(() -> members().contains(client + ":1"));
      close();
      show(firstWindow);
    }

    for (Client client : clients) {
      untilTrue(() -> moves().contains("LEAVE " + client));
      assertThat(moves())
          .filteredOn(move -> move.endsWith(" " + client))
          .containsExactly("JOIN " + client, "AWAY " + client, "LEAVE " + client);
    }
    assertThat(members()).isEmpty();
  }

  private static void assumeClient(Client client) {
    if (client == Client.DATASTAR) {
      assumeDatastar();
    }
  }

  private String open(Client client, String user, boolean openWhenHidden) {
    String tab = load(client);
    browser.executeScript(
        client.script("api/presence/stream/" + user + "?topic=" + topic, openWhenHidden));
    return tab;
  }

  private String load(Client client) {
    String tab = browser.switchTo().newWindow(WindowType.TAB).getWindowHandle();
    browser.get(base + client.page);
    untilTrue(() -> Boolean.TRUE.equals(browser.executeScript("return " + client.loaded)));
    return tab;
  }

  private List<String> members() {
    List<String> answer = strings("api/presence/on?topic=" + topic);
    return answer.subList(1, answer.size());
  }

  private List<String> moves() {
    return strings("api/presence/moves").stream()
        .filter(move -> move.endsWith(" " + topic))
        .map(move -> move.substring(0, move.length() - topic.length() - 1))
        .toList();
  }
}
