package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.WindowType;
import org.starcast.internal.backplane.Link;
import org.starcast.it.DurablePackages;
import org.starcast.it.Server;
import org.starcast.it.TestWar;

/** The client of the Durable Streams protocol, as it is in npm's registry, in chromium. */
@ArquillianTest
@RunAsClient
class DurableBrowserIT extends BrowserTest {

  private static final int COUNT = 200;
  private static final int CUT_EACH = 40;
  private static final List<String> LIVE = List.of("sse", "long-poll");

  /** Follows the stream in each mode, and begins again behind what it has when a read fails. */
  private static final String PAGE =
      """
      const [source, path, count, ready] = arguments;
      const url = location.origin + path;
      const client = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
      const follow = async (stream, live, seen) => {
        let offset = '-1';
        while (seen.items.at(-1) !== count - 1) {
          try {
            seen.sessions++;
            const response = await stream({url, live, offset});
            await new Promise((resolve, reject) => {
              response.subscribeJson(batch => {
                seen.items.push(...batch.items.map(item => item.n));
                offset = batch.offset;
                if (seen.items.at(-1) === count - 1) {
                  resolve();
                }
              });
              response.closed.then(resolve, reject);
            });
          } catch (failure) {
            await new Promise(resolve => setTimeout(resolve, 50));
          }
        }
      };
      window.seen = {};
      import(client).then(
        ({stream}) => {
          for (const live of ['sse', 'long-poll']) {
            follow(stream, live, window.seen[live] = {items: [], sessions: 0});
          }
          ready('ready');
        },
        failure => ready(String(failure)));
      """;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "starcast.endpoint.durable-streams.enabled",
        "true",
        "starcast.durable-streams.poll-timeout",
        "PT2S",
        "starcast.security.rules.\"v1/*\".publish",
        "*",
        "starcast.security.rules.\"v1/*\".subscribe",
        "*");
  }

  private static List<?> items(String live) {
    return (List<?>) browser.executeScript("return window.seen[arguments[0]].items", live);
  }

  @Test
  @Tag(BOTH_SERVERS)
  void itReadsEachMessageOnceByEventsAndByLongPollThoughConnectionsAreCut() throws Exception {
    Path folder = DurablePackages.folder();
    String client =
        Files.readString(folder.resolve("node_modules/@durable-streams/client/dist/index.js"));
    Server server = new Server(base);
    String path = "starcast/durable/v1/" + unique("browser");
    String type = "application/json";
    assertThat(server.exchange("PUT", path, type, "").statusCode()).isEqualTo(201);
    try (Link link = new Link(server.uri(path).getPort())) {
      URI page = server.uri("probe/statistics");
      browser.switchTo().newWindow(WindowType.WINDOW);
      browser.get("http://127.0.0.1:" + link.port() + page.getPath());
      assertThat(browser.executeAsyncScript(PAGE, client, server.uri(path).getPath(), (long) COUNT))
          .isEqualTo("ready");
      for (int n = 0; n < COUNT; n++) {
        String message = "{\"n\":" + n + "}";
        assertThat(server.exchange("POST", path, type, message).statusCode()).isEqualTo(204);
        if (n % CUT_EACH == CUT_EACH / 2) {
          for (String live : LIVE) {
            long last = n;
            untilTrue(live + " has " + n, () -> items(live).contains(last));
          }
          link.breakAll();
        }
      }
      List<Long> all = LongStream.range(0, COUNT).boxed().toList();
      for (String live : LIVE) {
        untilTrue(live + " has all", () -> items(live).size() >= COUNT);
        assertThat(items(live)).as(live).isEqualTo(all);
      }
      assertThat((Long) browser.executeScript("return window.seen.sse.sessions"))
          .as("times that a stream of events was begun")
          .isGreaterThan(1);
    }
  }
}
