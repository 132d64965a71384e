package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.starcast.it.Server;
import org.starcast.it.TestWar;

/** Gzip streams that refer back to what was written before, in chromium's own EventSource. */
@ArquillianTest
@RunAsClient
class GzipBrowserIT extends BrowserTest {

  private static final int EVENTS = 30;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with();
  }

  private static List<?> data(int stream) {
    return (List<?>) browser.executeScript("return window.got[arguments[0]]", stream);
  }

  @Test
  @Tag(BOTH_SERVERS)
  void chromiumInflatesThemAsTheyCome() {
    Server server = new Server(base);
    open("api/probe/statistics");
    for (String topics : List.of("topic=b1", "topic=b1&topic=b2")) {
      browser.executeAsyncScript(
          """
          const [url, opened] = arguments;
          const data = [];
          (window.got ??= []).push(data);
          const source = new EventSource(url);
          source.onmessage = event => data.push(event.data);
          source.onopen = () => opened();
          """,
          server.uri("starcast/stream?" + topics).getPath() + "?" + topics);
    }
    Random random = new Random(20);
    StringBuilder table = new StringBuilder();
    List<String> ofOne = new ArrayList<>();
    List<String> ofBoth = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      String topic = i % 3 == 2 ? "b2" : "b1";
      table.append("<tr id=\"r%d\"><td>%x</td></tr>\n".formatted(i, random.nextLong()));
      String data = i % 5 == 4 ? "tick " + i : table.toString().repeat(8) + i;
      server.publish("topic", topic, "data", data);
      ofBoth.add(data);
      if (topic.equals("b1")) {
        ofOne.add(data);
      }
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(data(0)).isEqualTo(ofOne);
              assertThat(data(1)).isEqualTo(ofBoth);
            });
    Object packed =
        browser.executeAsyncScript(
            "fetch(arguments[0]).then(r => { arguments[1](r.headers.get('Content-Encoding'));"
                + " r.body.cancel() })",
            server.uri("starcast/stream").getPath() + "?topic=b1");
    assertThat(packed).isEqualTo("gzip");
  }
}
