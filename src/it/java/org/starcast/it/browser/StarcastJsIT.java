package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import jakarta.json.Json;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.starcast.datastar.ExecuteScript;
import org.starcast.it.app.TestApplication;
import org.starcast.site.Exports;
import org.starcast.site.Inbox;

/**
 * The browser module in chromium, under a policy that allows scripts of its own origin only. Tests
 * of what a server of ours never does have a server of their own, at another origin.
 */
@ArquillianTest
@RunAsClient
class StarcastJsIT extends BrowserTest {

  /** Long enough for several reconnections, when what is to be shown is that there is none. */
  private static final Duration LONG_ENOUGH = Duration.ofSeconds(1);

  private static final int LOG = 1000;

  /** Who comes back in time did not wait for it. */
  private static final String FAR_RETRY = "minRetry: 600000, maxRetry: 600000";

  private static final File PAGES = new File("src/it/webapp/starcast-js");
  private static final File EXAMPLES = new File("src/site/examples");
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Tests share the server: each has a topic of its own. */
  private String topic;

  private StubServer stub;

  @Deployment(testable = false)
  static WebArchive war() {
    String config =
        """
        starcast.endpoint.enabled=true
        starcast.endpoint.publish.enabled=true
        starcast.heartbeat=PT1S
        starcast.retry=PT0.1S
        starcast.log.events=%d
        starcast.max-patterns-per-client=1000
        """
            .formatted(LOG);
    return ShrinkWrap.create(WebArchive.class, "starcast-js.war")
        .addPackage(TestApplication.class.getPackage())
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(new StringAsset(config), "META-INF/microprofile-config.properties")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml")
        .addAsWebResource(new File(PAGES, "page.html"), "page.html")
        .addAsWebResource(new File(PAGES, "page.js"), "page.js")
        .addAsWebResource(new File(PAGES, "model.html"), "model.html")
        .addAsWebResource(new File(PAGES, "model.js"), "model.js")
        .addClasses(Inbox.class, Inbox.Note.class, Exports.class, AnnFilter.class)
        .addAsWebResource(new File(EXAMPLES, "orders.html"), "orders.html")
        .addAsWebResource(new File(EXAMPLES, "inbox.html"), "inbox.html")
        .addAsWebResource(new File(EXAMPLES, "export.html"), "export.html")
        .addAsWebResource(new File(EXAMPLES, "token.html"), "token.html")
        .addAsWebResource(new File(EXAMPLES, "watchlist.html"), "watchlist.html");
  }

  @BeforeEach
  void begin() throws IOException {
    topic = "js" + NAMES.incrementAndGet();
    stub = new StubServer();
  }

  @Override
  @AfterEach
  void closeWindows() {
    stub.close();
    super.closeWindows();
    // so that the next test begins with none
    await().atMost(PATIENCE).until(() -> clients() == 0);
  }

  /** What the page says of its security policy, as it is closed. */
  @Override
  void close() {
    if (Boolean.TRUE.equals(script("return window.ready === true"))) {
      assertThat(list("violations")).as("the page keeps its security policy").isEmpty();
    }
    super.close();
  }

  // ---- one tab

  @Test
  void eventsArriveWithNameDataAndId() {
    openTopic();

    String first = publish("one\ntwo");
    String second = publish("{\"item\":\"Tea \u2615\"}", "event", "order");
    publish("nobody handles this", "event", "other");
    publish("last");

    untilData("one\ntwo", "{\"item\":\"Tea \u2615\"}", "last");
    assertThat(list("seen.events.map(e => e.type)")).containsExactly("message", "order", "message");
    assertThat(list("seen.events.map(e => e.lastEventId)")).startsWith(first, second);
    assertThat(list("seen.states")).containsExactly("open");
  }

  @Test
  void thePagesOfTheDocumentationShowWhatIsPublished() {
    openExample("orders.html");
    topic = "orders.created";
    publish("{\"item\":\"Tea\"}");
    publish("{\"item\":\"Cake\"}", "event", "order");
    untilTrue(() -> script("return orders.textContent").equals("Tea Cake "));

    openExample("inbox.html");
    topic = "inbox.ann";
    publish("{\"text\":\"For Ann\"}");
    untilTrue(() -> script("return inbox.textContent").equals("For Ann"));
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @ParameterizedTest
  @ValueSource(strings = {"page.html", "page.html?min"})
  void nothingIsLostWhenTheServerEndsTheStream(String page) {
    openPage(page);
    follow("api/probe/stream/" + topic + "?topic=" + topic, "");
    untilOpen();
    publish("before");
    untilData("before");

    request("DELETE", "api/probe/clients/" + topic, "text/plain", "");
    publish("between");
    publish("and more");
    untilData("before", "between", "and more");
    untilOpen();
    publish("after");

    untilData("before", "between", "and more", "after");
    assertThat(list("seen.states")).containsExactly("open", "reconnecting", "open");
    assertThat(list("seen.gaps")).isEmpty();
    untilTrue(() -> status().getText().equals("Live"));
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void aTabThatWasOfflineCatchesUp() {
    open();
    follow("api/probe/stream/" + topic + "?topic=" + topic, FAR_RETRY);
    untilOpen();
    publish("before");
    untilData("before");

    loseNetwork();
    publish("meanwhile 1");
    publish("meanwhile 2");
    // as long as a laptop that is closed for a moment: further than the first few attempts
    await()
        .during(Duration.ofSeconds(30))
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> status().getText().equals("Offline"));
    assertThat(list("seen.data")).containsExactly("before");
    offline(false);

    untilData("before", "meanwhile 1", "meanwhile 2");
    assertThat(list("seen.gaps")).isEmpty();
    untilTrue(() -> status().getText().equals("Live"));
  }

  @Test
  void aPageIsToldWhenTheLogHasMovedOn() {
    open();
    follow("api/probe/stream/" + topic + "?topic=" + topic, "");
    untilOpen();
    publish("before");
    untilData("before");

    loseNetwork();
    request(
        "POST",
        "api/probe/storm?threads=1&topics=1&prefix=" + topic + ".x&events=" + (LOG + 100),
        "text/plain",
        "");
    publish("seen");
    offline(false);

    untilData("before", "seen");
    assertThat((Long) script("return seen.gaps.length")).isEqualTo(1);
    assertThat((String) script("return seen.gaps[0].next")).matches("[a-z0-9]+-[0-9]+");
  }

  @Test
  void aRefusalIsSaidClearlyAndNotRepeated() {
    open();
    follow("api/starcast/stream?topik=" + topic, "");
    untilTrue(() -> script("return stream.state").equals("failed"));

    assertThat(script("return seen.errors"))
        .isEqualTo(
            List.of(
                Map.of(
                    "status",
                    400L,
                    "message",
                    "The server answered 400 Bad Request: topik: is not a parameter here; the"
                        + " nearest is topic")));
    assertThat(status().getDomAttribute("state")).isEqualTo("failed");
    await()
        .during(LONG_ENOUGH)
        .atMost(PATIENCE)
        .until(() -> script("return requests()").equals(1L));
    assertThat(list("seen.states")).containsExactly("failed");
  }

  @Test
  void theStatusElementFollowsTheStream() {
    open();
    assertThat(status().getDomAttribute("role")).isEqualTo("status");
    assertThat(status().getDomAttribute("aria-live")).isEqualTo("polite");
    assertThat(status().getDomAttribute("state")).isEqualTo("closed");
    follow(stub.url(), "");
    assertThat(status().getText()).isEqualTo("Connecting\u2026");
    stub.answer(exchange -> stub.stream(exchange).hold());
    untilTrue(() -> status().getText().equals("Live"));
    assertThat(status().getDomAttribute("state")).isEqualTo("open");

    stub.cut();
    untilTrue(() -> status().getText().equals("Reconnecting\u2026"));
    script("stream.close()");

    assertThat(status().getText()).isEqualTo("Closed");
    assertThat(list("seen.states")).containsExactly("open", "reconnecting", "closed");
  }

  // ---- several tabs

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void twoTabsShareOneConnection() {
    String one = openTopic();
    String other = openTopic();
    assertThat(clients()).isEqualTo(1);

    publish("a");
    publish("b");

    for (String tab : List.of(one, other)) {
      show(tab);
      untilData("a", "b");
    }
    assertThat(clients()).isEqualTo(1);
    assertThat(lock("held")).hasSize(1);
    assertThat(lock("pending")).hasSize(1);
  }

  @Test
  void tabsThatDoNotShareHaveAConnectionEach() {
    openTopic("shared: false");
    openTopic("shared: false");

    assertThat(clients()).isEqualTo(2);
  }

  @Test
  void anotherTabTakesOverFromOneThatIsClosed() throws Exception {
    List<String> tabs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      tabs.add(openTopic());
    }
    int events = 600;
    CompletableFuture<Void> publisher =
        CompletableFuture.runAsync(
            () -> IntStream.range(0, events).forEach(i -> publish(String.valueOf(i))));
    try {
      // each time the one that leads: the lock is handed on in the order of asking
      for (int i = 0; i < 2; i++) {
        show(tabs.get(i));
        int enough = (i + 1) * events / 5;
        untilTrue(() -> list("seen.data").size() >= enough);
        close();
      }
    } finally {
      publisher.join();
    }

    String[] all = IntStream.range(0, events).mapToObj(String::valueOf).toArray(String[]::new);
    for (String tab : tabs.subList(2, 4)) {
      show(tab);
      untilData(all);
      assertThat(list("seen.gaps")).isEmpty();
    }
    untilTrue(() -> clients() == 1);
  }

  /**
   * Tabs that open, close and are put away at random, whose messages overtake each other, and who
   * take leaders for dead that are not: see model.js. {@code -Dstarcast.test.runs=10} makes more
   * runs, {@code -Dstarcast.test.seed} one: of the same choices, but the browser takes its turns as
   * it likes.
   */
  @ParameterizedTest
  @ValueSource(ints = {5, 60})
  void tabsThatComeAndGoInAnyOrderSeeAllAndNothingTwice(int hello) {
    openPage("model.html");
    Long seed = Long.getLong("starcast.test.seed");
    int times = Integer.getInteger("starcast.test.runs", 1);
    int count = seed != null ? 1 : 100 * times;
    long first = seed != null ? seed : ThreadLocalRandom.current().nextInt(1_000_000_000);
    String options = "{first: %d, count: %d, hello: %d}".formatted(first, count, hello);

    script(
        "window.result = undefined; runModel("
            + options
            + ").then(result => window.result = result,"
            + " error => window.result = {faults: [error.stack]})");
    await()
        .atMost(PATIENCE.multipliedBy(10L * times))
        .until(() -> script("return window.result !== undefined").equals(true));

    assertThat(script("return JSON.stringify(result.faults)"))
        .as("runs " + options)
        .isEqualTo("[]");
    if (seed == null) {
      // or nothing was shown
      for (String what : List.of("steals", "rewinds", "gaps", "suspended")) {
        assertThat((Long) script("return result." + what)).as(what).isPositive();
      }
    }
  }

  @Test
  void aTabThatJoinsLaterBeginsAtThePresent() {
    String one = openTopic();
    String id = publish("a");
    untilData("a");

    String other = openTopic();
    assertThat(script("return stream.lastEventId")).isEqualTo(id);
    publish("b");

    untilData("b");
    show(one);
    untilData("a", "b");
    show(other);
    untilData("b");
  }

  @Test
  void aTabThatJoinsWithAnEarlierIdGetsWhatItLacksAndTheOthersNothingTwice() {
    String one = openTopic();
    String id = publish("a");
    publish("b");
    publish("c");
    untilData("a", "b", "c");

    String other = openTopic("lastEventId: '" + id + "'");
    untilData("b", "c");
    publish("d");
    untilData("b", "c", "d");
    String third = openTopic("lastEventId: 'earliest'");
    untilTrue(() -> list("seen.data").contains("d"));
    assertThat(list("seen.data")).containsExactly("a", "b", "c", "d");
    publish("e");

    untilData("a", "b", "c", "d", "e");
    show(one);
    untilData("a", "b", "c", "d", "e");
    assertThat(list("seen.states")).as("nothing to worry about").containsExactly("open");
    show(other);
    untilData("b", "c", "d", "e");
    show(third);
    untilTrue(() -> clients() == 1);
  }

  @Test
  void aFrozenTabGivesWayAndCatchesUp() {
    String leader = openTopic();
    String other = openTopic();
    publish("a");
    for (String tab : List.of(leader, other)) {
      show(tab);
      untilData("a");
    }

    show(leader);
    browser.executeCdpCommand("Page.setWebLifecycleState", Map.of("state", "frozen"));
    publish("b");
    show(other);
    untilData("a", "b");
    publish("c");
    untilData("a", "b", "c");
    show(leader);
    browser.executeCdpCommand("Page.setWebLifecycleState", Map.of("state", "active"));

    untilData("a", "b", "c");
    publish("d");
    for (String tab : List.of(leader, other)) {
      show(tab);
      untilData("a", "b", "c", "d");
    }
    untilTrue(() -> clients() == 1);
  }

  @Test
  void aTabThatIsLeftAndComeBackToCatchesUp() {
    String leader = openTopic();
    publish("a");
    untilData("a");
    String other = openTopic();

    show(leader);
    browser.get(base + "page.html?elsewhere");
    publish("b");
    show(other);
    untilData("b");
    show(leader);
    browser.navigate().back();
    assumeTrue(
        !Boolean.TRUE.equals(script("return window.seen === undefined")),
        "skipped: this chromium has no back/forward cache");

    untilData("a", "b");
  }

  @Test
  void aTabThatHoldsTheLockAndDoesNotAnswerLosesIt() {
    Object holder = openTopicAndFreeze();

    openTopic();

    assertThat(lock("held")).hasSize(1).doesNotContain(holder);
    publish("a");
    untilData("a");
  }

  @Test
  void aTabThatIsPutAwayWhileItWaitsForALeaderAsksAnew() {
    Object holder = openTopicAndFreeze();

    open();
    follow("api/starcast/stream?topic=" + topic, "");
    script("dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pageshow'))");

    untilOpen();
    assertThat(lock("held")).hasSize(1).doesNotContain(holder);
    publish("a");
    untilData("a");
  }

  /** As a tab does that was frozen without notice: it has the lock, and answers nobody. */
  private Object openTopicAndFreeze() {
    openTopic();
    browser.executeAsyncScript(
        """
        const done = arguments[0];
        navigator.locks.query().then(({ held }) => {
          const { name } = held.find(lock => lock.name.startsWith('starcast '));
          stream.close();
          navigator.locks.request(name, () => {
            done();
            return new Promise(() => {});
          });
        });
        """);
    return lock("held").get(0);
  }

  @Test
  void aRefusalReachesAllTabs() {
    List<String> tabs = List.of(openStub(), openStub());
    // the other asks for itself if it gets the lock before the news
    stub.answer(exchange -> StubServer.status(exchange, 403));
    stub.answer(exchange -> StubServer.status(exchange, 403));

    for (String tab : tabs) {
      show(tab);
      untilTrue(() -> script("return stream.state").equals("failed"));
      assertThat(list("seen.errors.map(e => e.status)")).containsExactly(403L);
    }
  }

  // ---- what servers and networks do

  @Test
  void aConnectionThatFallsSilentIsReplaced() {
    openStub("heartbeatTimeout: 2000");
    stub.answer(
        exchange -> {
          var stream = stub.stream(exchange).write("data: a\nid: e-1\n\n");
          for (int beats = 0; beats < 10; beats++) {
            stream.write(": \n\n").hold(Duration.ofMillis(300));
          }
          stream.write("data: b\nid: e-2\n\n").hold();
        });
    stub.answer(exchange -> stub.stream(exchange).write("data: c\nid: e-3\n\n").hold());

    untilData("a", "b", "c");
    assertThat(stub.asked).as("not while it beats").containsExactly("", "e-2");
    assertThat(list("seen.states")).containsExactly("open", "reconnecting", "open");
  }

  @Test
  void theFormatIsReadAsItIsDefinedInWhateverPieces() {
    openStub();
    stub.answer(
        exchange -> {
          StubServer.Body stream = stub.begin(exchange);
          byte[] text =
              ("\uFEFFdata: bom\nid: e-1\n\n"
                      + "data:cr\rdata:  lf\r\r"
                      + "data\r\ndata: crlf\r\n\r\n"
                      + ": comment\nevent: order\nid: e\0-9\nunknown: x\ndata: \u2615:\uD83D\uDE80\n\n"
                      + "event: order\n\ndata: type is forgotten\n\n"
                      + "id: e-2\n\n"
                      + "retry: 1x\ndata: last\nid\n\n"
                      + "id: e-3\n\n"
                      + "data: never complete\nid: e-4\n")
                  .getBytes(StandardCharsets.UTF_8);
          for (byte b : text) {
            stream.write(new byte[] {b});
          }
          stream.end();
        });
    stub.answer(exchange -> stub.stream(exchange).hold());

    untilData("bom", "cr\n lf", "\ncrlf", "\u2615:\uD83D\uDE80", "type is forgotten", "last");
    assertThat(list("seen.events.map(e => e.type)"))
        .containsExactly("message", "message", "message", "order", "message", "message");
    assertThat(list("seen.events.map(e => e.lastEventId)"))
        .containsExactly("e-1", "e-1", "e-1", "e-1", "e-1", "");
    untilTrue(() -> stub.asked.size() == 2);
    assertThat(stub.asked).as("the id of the last whole event").containsExactly("", "e-3");
  }

  @Test
  void retryAfterIsObeyed() {
    openStub("minRetry: 1");
    stub.answer(
        exchange -> {
          exchange.getResponseHeaders().set("Retry-After", "2");
          StubServer.status(exchange, 503);
        });
    untilTrue(() -> list("seen.states").contains("connecting"));
    // no haste, not even when somebody looks
    script("document.dispatchEvent(new Event('visibilitychange'))");
    stub.answer(exchange -> stub.stream(exchange).hold());

    untilOpen();
    assertThat(stub.wait(1)).isGreaterThanOrEqualTo(Duration.ofSeconds(2));
    assertThat(list("seen.states")).containsExactly("connecting", "open");
  }

  @Test
  void theWaitIsAtLeastTheServersRetry() {
    openStub("minRetry: 1, maxRetry: 50");
    stub.answer(exchange -> stub.stream(exchange).write("retry: 1500\n\n").end());
    stub.answer(exchange -> stub.stream(exchange).hold());

    untilTrue(() -> stub.asked.size() == 2);
    assertThat(stub.wait(1)).isGreaterThanOrEqualTo(Duration.ofMillis(1500));
  }

  @Test
  void whoLooksAtAPageThatWaitsNeedNotWait() {
    openStub("minRetry: 600000, maxRetry: 600000");
    stub.answer(exchange -> StubServer.status(exchange, 503));
    untilTrue(() -> list("seen.states").contains("connecting"));
    stub.answer(exchange -> stub.stream(exchange).hold());

    script("document.dispatchEvent(new Event('visibilitychange'))");

    untilOpen();
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void anApplicationMayBeReplacedUnderAStream() {
    openStub();
    stub.answer(exchange -> stub.stream(exchange).write("data: a\nid: e-1\n\n").end());
    stub.answer(exchange -> StubServer.status(exchange, 503));
    stub.answer(exchange -> StubServer.status(exchange, 404));
    stub.answer(exchange -> stub.stream(exchange).write("data: b\nid: e-2\n\n").hold());

    untilData("a", "b");
    assertThat(stub.asked).containsExactly("", "e-1", "e-1", "e-1");
    assertThat(list("seen.errors")).isEmpty();
  }

  @Test
  void aNewEpochGapsAllTabsAndNoneLoops() {
    List<String> tabs = List.of(openStub(), openStub("lastEventId: 'old-3'"));
    stub.answer(exchange -> stub.stream(exchange).write("data: a\nid: e-7\n\n").hold());
    // the second tab has an id of another log: only the server can say what it misses
    stub.answer(
        exchange ->
            stub.stream(exchange)
                .write("event: starcast-gap\ndata: {\"next\":\"e-2\"}\nid: e-1\n\n")
                .write("data: z\nid: e-2\n\ndata: a\nid: e-7\n\n")
                .write("data: b\nid: e-8\n\n")
                .hold());

    show(tabs.get(0));
    untilData("a", "b");
    assertThat(list("seen.gaps")).as("it has seen all that").isEmpty();
    show(tabs.get(1));
    untilData("z", "a", "b");
    assertThat((Long) script("return seen.gaps.length")).isEqualTo(1);
    assertThat(stub.asked).containsExactly("", "old-3");
  }

  @Test
  void whatTheServerKnowsAClientByIsGivenBackByEveryTab() {
    String client = "event: starcast-client\ndata: {\"id\":\"c\",\"resume\":\"%s\"}\n\n";
    String one = openStub();
    stub.answer(exchange -> stub.stream(exchange).write(client.formatted("a+b")).hold());
    untilOpen();
    // it begins with what the other tab was told, which is past
    String other = openStub();
    untilOpen();
    show(one);
    stub.answer(exchange -> stub.stream(exchange).write(client.formatted("c")).hold());
    stub.cut();
    untilTrue(() -> stub.tokens.size() == 2);
    untilOpen();

    stub.answer(exchange -> stub.stream(exchange).write("data: x\n\n").hold());
    close();
    show(other);
    untilData("x");
    stub.answer(exchange -> stub.stream(exchange).write("data: y\n\n").hold());
    browser.navigate().refresh();
    untilTrue(() -> Boolean.TRUE.equals(script("return window.ready === true")));
    follow(stub.url(), "");
    untilData("y");

    assertThat(stub.tokens).containsExactly("", "a+b", "c", "c");
  }

  @Test
  void anotherUrlIsAnotherClient() {
    openStub("shared: false");
    stub.answer(
        exchange ->
            stub.stream(exchange)
                .write("event: starcast-client\ndata: {\"resume\":\"a\"}\n\n")
                .hold());
    untilOpen();

    follow(stub.url() + "?other", "shared: false");
    stub.answer(
        exchange -> stub.stream(exchange).write("event: starcast-client\ndata: ?\n\n").hold());
    untilOpen();

    assertThat(stub.tokens).containsExactly("", "");
  }

  @Test
  void noContentEndsTheStream() {
    openStub();
    stub.answer(exchange -> StubServer.status(exchange, 204));

    untilTrue(() -> script("return stream.state").equals("closed"));
    await().during(LONG_ENOUGH).atMost(PATIENCE).until(() -> stub.asked.size() == 1);
    assertThat(list("seen.errors")).isEmpty();
  }

  // ---- named streams

  private String named() {
    return "api/streams/named/" + topic;
  }

  private void startNamed(String query) {
    request("POST", named() + "?interval=10&" + query, "text/plain", "");
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @ParameterizedTest
  @CsvSource({
    "items=3, 0 1 2, completed, ",
    "items=3&failing=2, 0 1, failed, error",
    "items=1000000, , cancelled, stopped"
  })
  void theEndOfANamedStreamIsToldToAllTabsWhichThenAskForNothing(
      String query, String data, String outcome, String reason) {
    List<String> tabs = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      tabs.add(open());
      follow(named(), "onEnd: end => seen.ends.push(end)");
      untilOpen();
    }
    startNamed(query);
    if (outcome.equals("cancelled")) {
      untilTrue(() -> list("seen.data").size() > 2);
      request("DELETE", named(), "text/plain", "");
    }

    for (String tab : tabs) {
      show(tab);
      untilTrue(() -> list("seen.ends").size() == 1);
      if (data != null) {
        assertThat(list("seen.data")).isEqualTo(List.of(data.split(" ")));
      }
      assertThat(list("seen.ends.map(e => e.stream)")).containsExactly("named." + topic);
      assertThat(list("seen.ends.map(e => e.outcome)")).containsExactly(outcome);
      assertThat(script("return seen.ends[0].reason ?? null")).isEqualTo(reason);
      assertThat(list("seen.states")).containsExactly("open", "closed");
      assertThat(list("seen.errors")).isEmpty();
    }
    show(tabs.get(0));
    await()
        .during(LONG_ENOUGH)
        .atMost(PATIENCE)
        .until(() -> script("return requests()").equals(1L));
    show(tabs.get(1));
    assertThat(script("return requests()")).isEqualTo(0L);
  }

  @Test
  void anExampleTellsHowItsStreamEnded() {
    openExample("export.html");
    script("fetch('api/exports/42', {method: 'POST'})");

    untilTrue(() -> script("return rows.textContent").equals("42 1 2 3 That is all."));
  }

  @Test
  void whatEndsBesideOtherTopicsEndsNothing() {
    open();
    follow(
        "api/starcast/stream?topic=named." + topic + "&topic=" + topic,
        "onEvent: e => e.type === 'starcast-end' && seen.ends.push(JSON.parse(e.data))");
    untilOpen();
    startNamed("items=1");
    untilTrue(() -> list("seen.ends").size() == 1);
    publish("after");

    untilData("0", "after");
    assertThat(list("seen.states")).containsExactly("open");
  }

  @Test
  void aTabThatTakesNoEndsIsToldByTheServerThatNothingMoreComes() {
    String one = open();
    follow(named(), "onEnd: end => seen.ends.push(end)");
    untilOpen();
    String other = open();
    follow(named(), "");
    untilOpen();
    startNamed("items=2");

    for (String tab : List.of(one, other)) {
      show(tab);
      untilTrue(() -> script("return stream.state").equals("closed"));
      assertThat(list("seen.data")).containsExactly("0", "1");
    }
    assertThat(script("return requests()")).isEqualTo(1L);
  }

  // ---- headers

  @Test
  void theHeadersAreAskedForAgainWhenTheServerRefusesThem() {
    script("window.refused = []");
    openStub(
        "headers: async error => { (window.refused ??= []).push(error?.status ?? 0);"
            + " return {Authorization: 'Bearer ' + refused.length} }");
    stub.answer(exchange -> StubServer.status(exchange, 401));
    stub.answer(exchange -> stub.begin(exchange).write("retry: 10\nid: e-1\ndata: a\n\n").end());
    stub.answer(exchange -> StubServer.status(exchange, 401));
    stub.answer(exchange -> stub.stream(exchange).write("id: e-2\ndata: b\n\n").hold());

    untilData("a", "b");
    assertThat(list("refused")).containsExactly(0L, 401L, 0L, 401L);
    assertThat(stub.authorizations).containsExactly("Bearer 1", "Bearer 2", "Bearer 3", "Bearer 4");
    assertThat(stub.asked).containsExactly("", "", "e-1", "e-1");
  }

  @Test
  void headersThatAreRefusedTwiceFailTheStream() {
    openStub("headers: () => ({Authorization: 'Bearer stale'})");
    stub.answer(exchange -> StubServer.status(exchange, 401));
    stub.answer(exchange -> StubServer.status(exchange, 401));

    untilTrue(() -> script("return stream.state").equals("failed"));
    assertThat(list("seen.errors.map(e => e.status)")).containsExactly(401L);
    assertThat(stub.asked).hasSize(2);
  }

  @Test
  void headersThatCannotBeHadAreAskedForAgain() {
    script("delete window.calls");
    openStub(
        "minRetry: 10, headers: () => { window.calls = (window.calls ?? 0) + 1;"
            + " if (calls < 3) { throw new Error('no token yet'); } return {Authorization: 'x'} }");
    stub.answer(exchange -> stub.stream(exchange).write("id: e-1\ndata: a\n\n").hold());

    untilData("a");
    assertThat(stub.authorizations).containsExactly("x");
  }

  @Test
  void anExampleRefreshesItsToken() {
    browser.switchTo().newWindow(WindowType.TAB);
    browser.get(base + "token.html");

    untilTrue(() -> "open".equals(status().getDomAttribute("state")));
  }

  // ---- what does not fit a URL

  /** Of the test's topic, as many as the server takes. */
  private void followTopics(String url, String method) {
    open();
    script(
        "follow(arguments[0] + '?' + new URLSearchParams(Array.from({length: 1000},"
            + " (_, i) => ['topic', arguments[1] + '.' + i])), {method: arguments[2]})",
        url,
        topic,
        method);
    untilOpen();
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @ParameterizedTest
  @ValueSource(strings = {"POST", "QUERY"})
  void aThousandTopicsAreTheBodyOfARequest(String method) {
    followTopics("api/starcast/stream", method);
    String all = topic;
    topic = all + ".0";
    publish("first");
    topic = all + ".999";
    publish("last");

    untilData("first", "last");
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void aResourceThatReadsTheFormIsGoneOnWith() {
    followTopics("api/probe/stream/" + topic, "POST");
    String all = topic;
    topic = all + ".0";
    publish("before");
    untilData("before");

    request("DELETE", "api/probe/clients/" + all, "text/plain", "");
    topic = all + ".999";
    publish("between");

    untilData("before", "between");
    assertThat(list("seen.states")).containsExactly("open", "reconnecting", "open");
    assertThat(list("seen.gaps")).isEmpty();
  }

  @Test
  void anExampleFollowsAThousandTopics() {
    openExample("watchlist.html");
    topic = "orders.999";
    publish("Tea");

    untilTrue(() -> script("return orders.textContent").equals("Tea "));
  }

  @Test
  void theBodyHasTheQueryAndTheUrlWhatTheLibraryAdds() {
    open();
    follow(stub.url() + "?topic=a.*&topic=\u00e9&history=1", "method: 'POST'");
    stub.answer(
        exchange ->
            stub.begin(exchange)
                .write("event: starcast-client\ndata: {\"resume\":\"t\"}\n\n")
                .write("retry: 10\nid: e-1\ndata: a\n\n")
                .end());
    stub.answer(exchange -> stub.stream(exchange).write("id: e-2\ndata: b\n\n").hold());

    untilData("a", "b");
    String form = "POST topic=a.*&topic=%C3%A9&history=1";
    assertThat(stub.contents).containsExactly(form, form);
    assertThat(stub.asked).containsExactly("", "e-1");
    assertThat(stub.tokens).containsExactly("", "t");
  }

  @Test
  void aUrlThatIsTooLongIsSaidToBe() {
    open();
    follow(stub.url() + "?topic=" + "a".repeat(8_000), "");
    stub.answer(exchange -> StubServer.status(exchange, 414));

    untilTrue(() -> script("return stream.state").equals("failed"));
    assertThat(list("seen.errors.map(e => e.message)").get(0).toString())
        .startsWith("The server answered 414")
        .endsWith(": the URL may be too long, see the option method");
  }

  @Test
  void anotherMethodIsAMistake() {
    open();

    assertThat(script("try { follow('x', {method: 'put'}) } catch (e) { return String(e) }"))
        .isEqualTo("TypeError: method: must be GET, POST or QUERY");
  }

  // ---- as an EventTarget

  @Test
  void anEventSourceTellsWhatTheBrowsersOwnWould() {
    open();
    script(
        "window.told = [];"
            + "import('./starcast/starcast.js').then(({eventSource}) => {"
            + "  const source = window.source = eventSource(arguments[0], {minRetry: 10});"
            + "  const tell = e => told.push([e.type, e.data ?? null, e.lastEventId ?? null,"
            + "    source.readyState].join());"
            + "  source.onopen = source.onerror = source.onmessage = tell;"
            + "  for (const type of ['order', 'starcast-gap']) source.addEventListener(type, tell);"
            + "});",
        stub.url());
    stub.answer(
        exchange ->
            stub.stream(exchange)
                .write("id: e-1\ndata: a\n\nid: e-2\nevent: order\ndata: b\n\n")
                .write("id: e-3\nevent: starcast-gap\ndata: {\"missed\":3}\n\n")
                .end());
    stub.answer(exchange -> StubServer.status(exchange, 204));

    untilTrue(() -> list("told").size() == 6);
    assertThat(list("told"))
        .containsExactly(
            "open,,,1",
            "message,a,e-1,1",
            "order,b,e-2,1",
            "starcast-gap,{\"missed\":3},,1",
            "error,,,0",
            "error,,,2");
    assertThat(stub.asked).containsExactly("", "e-3");
  }

  @Test
  void anEventSourceThatIsClosedTellsNothing() {
    open();
    script(
        "window.told = [];"
            + "import('./starcast/starcast.js').then(({eventSource}) => {"
            + "  window.source = eventSource(arguments[0]);"
            + "  source.onmessage = e => { told.push(e.data); source.close(); };"
            + "  source.onerror = () => told.push('error');"
            + "});",
        stub.url());
    stub.answer(
        exchange -> stub.stream(exchange).write("id: e-1\ndata: a\n\nid: e-2\ndata: b\n\n").hold());

    untilTrue(() -> script("return window.source?.readyState").equals(2L));
    untilTrue(() -> stub.last().isBroken());
    assertThat(list("told")).containsExactly("a");
  }

  // ---- what servers answer

  @Test
  void aLiteralKeepsItsKeysInABrowser() {
    open();
    String literal = ExecuteScript.literal(Map.of("__proto__", Map.of("admin", true)));
    assertThat(script("const it = " + literal + "; return it.admin === undefined")).isEqualTo(true);
    assertThat(script("return JSON.stringify(" + literal + ")"))
        .isEqualTo("{\"__proto__\":{\"admin\":true}}");
  }

  @Test
  void anAnswerThatIsNoStreamFailsIt() {
    openStub();
    stub.answer(
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", "text/html");
          exchange.sendResponseHeaders(200, 0);
          exchange.close();
        });

    untilTrue(() -> script("return stream.state").equals("failed"));
    assertThat((String) script("return stream.error.message")).contains("text/html");
  }

  // ---- the page

  /** Opens the page in a tab of its own. */
  private String open() {
    return openPage("page.html");
  }

  private String openPage(String page) {
    String tab = browser.switchTo().newWindow(WindowType.TAB).getWindowHandle();
    browser.get(base + page);
    untilTrue(() -> Boolean.TRUE.equals(script("return window.ready === true")));
    return tab;
  }

  /** Opens a page of the documentation, and waits until its stream is open. */
  private void openExample(String page) {
    browser.switchTo().newWindow(WindowType.TAB);
    browser.get(base + page);
    untilTrue(() -> "open".equals(status().getDomAttribute("state")));
  }

  private void follow(String url, String options) {
    script("follow('" + url + "', {" + options + "})");
  }

  private String openTopic() {
    return openTopic("");
  }

  /** Opens the page with a stream of the test's topic, and waits until it is open. */
  private String openTopic(String options) {
    String tab = open();
    follow("api/starcast/stream?topic=" + topic, options);
    untilOpen();
    return tab;
  }

  private String openStub() {
    return openStub("");
  }

  /** Opens the page with a stream of the server that does as it is told. */
  private String openStub(String options) {
    String tab = open();
    follow(stub.url(), options);
    return tab;
  }

  /** Chromium leaves the streams that are open when its network is switched off: cuts this one. */
  private void loseNetwork() {
    offline(true);
    request("DELETE", "api/probe/clients/" + topic, "text/plain", "");
    untilTrue(
        () ->
            list("seen.states").contains("offline")
                && script("return stream.error !== null").equals(true));
    assertThat(status().getText()).isEqualTo("Offline");
    assertThat(clients()).isZero();
  }

  private static void offline(boolean offline) {
    browser.executeCdpCommand("Network.enable", Map.of());
    browser.executeCdpCommand(
        "Network.emulateNetworkConditions",
        Map.of("offline", offline, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
  }

  private WebElement status() {
    return browser.findElement(By.cssSelector("starcast-status"));
  }

  private static Object script(String script, Object... arguments) {
    return browser.executeScript(script, arguments);
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(String expression) {
    return (List<Object>) script("return " + expression);
  }

  /** The tabs that hold the lock of a stream, or wait for it. */
  @SuppressWarnings("unchecked")
  private static List<Object> lock(String kind) {
    return (List<Object>)
        browser.executeAsyncScript(
            "const done = arguments[0];"
                + "navigator.locks.query().then(locks => done(locks."
                + kind
                + ".filter(lock => lock.name.startsWith('starcast ')).map(lock => lock.clientId)))");
  }

  private static void untilOpen() {
    untilTrue(() -> script("return stream.state").equals("open"));
  }

  private static void untilData(String... data) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () -> {
              List<Object> seen = list("seen.data");
              assertThat(seen.equals(List.of(data)))
                  .as(() -> "in %s: %s".formatted(script("return stream.state"), off(data, seen)))
                  .isTrue();
            });
  }

  /** Where they begin to differ; hundreds of data are no message that anybody can read. */
  private static String off(String[] expected, List<Object> seen) {
    int same = 0;
    while (same < Math.min(expected.length, seen.size()) && expected[same].equals(seen.get(same))) {
      same++;
    }
    return "%d of %d, after %d that are right: %s in place of %s"
        .formatted(
            seen.size(),
            expected.length,
            same,
            seen.subList(same, Math.min(same + 10, seen.size())),
            List.of(expected).subList(same, Math.min(same + 10, expected.length)));
  }

  // ---- the server

  /** Publishes on the test's topic; further fields as field, value. Returns the id. */
  private String publish(String data, String... fields) {
    StringBuilder form = new StringBuilder("topic=" + topic + "&data=" + encode(data));
    for (int i = 0; i < fields.length; i += 2) {
      form.append('&').append(fields[i]).append('=').append(encode(fields[i + 1]));
    }
    String answer =
        request(
            "POST", "api/starcast/publish", "application/x-www-form-urlencoded", form.toString());
    try (var reader = Json.createReader(new StringReader(answer))) {
      return reader.readObject().getString("id");
    }
  }

  private int clients() {
    String statistics = request("GET", "api/probe/statistics", "text/plain", "");
    try (var reader = Json.createReader(new StringReader(statistics))) {
      return reader.readObject().getInt("clients");
    }
  }

  private String request(String method, String path, String type, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(PATIENCE)
            .header("Content-Type", type)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).as(method + " " + path).isLessThan(300);
      return response.body();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
