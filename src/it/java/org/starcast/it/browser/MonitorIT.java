package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.openqa.selenium.Keys;
import org.starcast.it.ContractIT;
import org.starcast.it.TestWar;

/** The monitor's page in chromium, under its own policy, with something to see. */
@ArquillianTest
@RunAsClient
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MonitorIT extends BrowserTest {

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final List<Socket> streams = new ArrayList<>();

  @Deployment(testable = false)
  static WebArchive war() {
    return ContractIT.add(
        TestWar.with(
            "starcast.endpoint.monitor.enabled", "true",
            "starcast.endpoint.contract.enabled", "true",
            "starcast.endpoint.registry.enabled", "true",
            "starcast.endpoint.registry.role", "*"));
  }

  @BeforeEach
  void openMonitor() {
    console();
    open("api/starcast/monitor");
    untilTrue(() -> exists("starcast-status[state=open]"));
  }

  @Override
  @AfterEach
  void closeWindows() {
    for (Socket stream : streams) {
      try {
        stream.close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    super.closeWindows();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              publish("end", "anybody there?");
              return clients() == 0;
            });
    assertPolicyKept();
  }

  /** A client that reads what it gets, or nothing at all. */
  private void connect(String path, boolean reads) throws IOException {
    Socket socket = new Socket();
    if (!reads) {
      socket.setReceiveBufferSize(4096);
    }
    URI uri = URI.create(base + "api/" + path);
    socket.connect(new java.net.InetSocketAddress(uri.getHost(), uri.getPort()));
    String request =
        "GET %s?%s HTTP/1.1\r\nHost: %s\r\n\r\n"
            .formatted(uri.getRawPath(), uri.getRawQuery(), uri.getAuthority());
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    streams.add(socket);
    if (reads) {
      Thread reader = new Thread(() -> readAll(socket), "reader");
      reader.setDaemon(true);
      reader.start();
    }
  }

  private static void readAll(Socket socket) {
    try (InputStream in = socket.getInputStream()) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    } catch (IOException e) {
      // it was closed
    }
  }

  private void publish(String topic, String data) {
    post(
        "starcast/publish",
        "application/x-www-form-urlencoded",
        "topic=" + topic + "&data=" + URLEncoder.encode(data, StandardCharsets.UTF_8));
  }

  private String post(String path, String type, String body) {
    return send(
        HttpRequest.newBuilder(URI.create(base + "api/" + path))
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private static String send(HttpRequest request) {
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private int clients() {
    String answer = send(HttpRequest.newBuilder(URI.create(base + "api/probe/statistics")).build());
    return Json.createReader(new StringReader(answer)).readObject().getInt("clients");
  }

  /** What a chart shows now. */
  private String chart(String title) {
    return (String)
        browser.executeScript(
            "return [...document.querySelectorAll('figure')]"
                + ".find(f => f.querySelector('figcaption span').textContent === arguments[0])"
                + ".querySelector('.value').textContent",
            title);
  }

  private String total(String name) {
    return (String)
        browser.executeScript(
            "return [...document.querySelectorAll('#totals div')]"
                + ".find(d => d.firstChild.textContent === arguments[0])?.lastChild.textContent",
            name);
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void theFiguresMove() throws IOException {
    untilTrue(() -> chart("Clients").equals("1"));
    untilTrue(() -> texts("#clients .more").equals(List.of("starcast-monitor")));

    connect("starcast/stream?topic=moves.*", true);
    connect("starcast/stream?topic=moves.*", true);

    untilTrue(() -> chart("Clients").equals("3"));
    int before = Integer.parseInt(total("Published"));
    untilTrue(
        "a rate is shown",
        () -> {
          publish("moves.a", "x");
          return !chart("Published").equals("0 /s") && !chart("Delivered").equals("0 /s");
        });
    untilTrue(() -> Integer.parseInt(total("Published")) > before);
    untilTrue(() -> chart("Published").equals("0 /s"));
    assertThat(browser.executeScript("return document.querySelector('figure svg').ariaLabel"))
        .asString()
        .startsWith("Published: now 0 /s, most ")
        .endsWith(" in the last two minutes");
  }

  @Test
  void thePauseKeepsWhatIsShown() throws IOException {
    untilTrue(() -> chart("Clients").equals("1"));
    element("#pause").click();
    connect("starcast/stream?topic=pause", true);
    await().atMost(PATIENCE).until(() -> clients() == 2);
    // two samples go by unseen
    long samples = samples();
    untilTrue(() -> samples() >= samples + 2);
    assertThat(chart("Clients")).isEqualTo("1");
    element("#pause").click();
    untilTrue(() -> chart("Clients").equals("2"));
  }

  /** The samples so far, as the server counts what it writes to the monitor. */
  private long samples() {
    String answer =
        send(
            HttpRequest.newBuilder(URI.create(base + "api/starcast/clients?type=starcast-monitor"))
                .build());
    return Json.createReader(new StringReader(answer))
        .readObject()
        .getJsonArray("clients")
        .getJsonObject(0)
        .getJsonNumber("sent")
        .longValue();
  }

  @Test
  void theTapShowsWhatMatchesAsText() {
    String hostile = "<img src=x onerror=\"document.title='broken in'\"> & more";
    type("#tap-topic", "tapped.*");
    press(Keys.ENTER);
    untilTrue(() -> text("#tap-state").equals("Following tapped.*."));

    publish("other.a", "not this");
    publish("tapped.a", hostile);
    publish("tapped.b", "x".repeat(5_000));

    untilTrue(() -> texts("#tap-events pre").size() == 2);
    assertThat(texts("#tap-events pre")).containsExactly("x".repeat(1_024), hostile);
    assertThat(texts("#tap-events b")).containsExactly("tapped.b", "tapped.a");
    assertThat(texts("#tap-events li > .head:last-child"))
        .containsExactly("and 3,976 more characters");
    assertThat(browser.getTitle()).isEqualTo("Starcast monitor");

    element("#tap-clear").click();
    assertThat(texts("#tap-events li")).isEmpty();
    element("#tap-start").click();
    untilTrue(() -> text("#tap-state").equals("Off."));
    await().atMost(PATIENCE).until(() -> published("tapped.c") && clients() == 1);
    assertThat(texts("#tap-events li")).isEmpty();
  }

  private boolean published(String topic) {
    publish(topic, "unseen");
    return true;
  }

  @Test
  void theTapShowsSoManyAndSaysThatThereWereMore() {
    type("#tap-topic", "flood.*");
    press(Keys.ENTER);
    untilTrue(() -> text("#tap-state").equals("Following flood.*."));

    post("probe/storm?threads=2&events=20000&topics=3&prefix=flood", "text/plain", "");

    untilTrue(() -> exists("#tap-events .note"));
    assertThat(texts("#tap-events li").size()).isLessThanOrEqualTo(100);
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void nothingArrivesIsExplained() throws IOException {
    connect("probe/stream/typo?topic=check.order.*", true);
    connect("probe/stream/mutes?topic=check.*", true);
    connect("starcast/stream?topic=check/%23", true);
    untilTrue(() -> exists("[aria-label='Close client mutes']"));
    post("probe/mute/mutes?topic=check.orders.*", "text/plain", "");
    type("#check-topic", "check.orders.created");
    press(Keys.ENTER);

    untilTrue(() -> exists("#check-result p"));
    assertThat(texts("#check-result p.warn"))
        .containsExactly(
            "No client gets it.",
            "One client mutes it:",
            "Patterns that nearly match it:",
            "Not published, as far as is known: of many topics, only the busier ones are.");
    assertThat(text("#check-result")).contains("typo (", "check.order.*, looks mistyped");
    assertThat(texts("#check-result p.note + ul li"))
        .anySatisfy(
            refused ->
                assertThat(refused)
                    .contains("400 topic: '#' is not allowed", "(asked for check/#)"));

    screenshots("nothing-arrives");

    connect("probe/stream/right?topic=check.orders.*", true);
    untilTrue(() -> exists("[aria-label='Close client right']"));
    publish("check.orders.created", "x");
    type("#check-client", "right");
    press(Keys.ENTER);
    untilTrue(() -> text("#check-result").contains("One client gets it:"));
    assertThat(text("#check-result"))
        .contains("right (", "writer servlet", "by check.orders.*", "Published once, last ")
        .doesNotContain("mutes it");

    type("#check-client", "nobody");
    press(Keys.ENTER);
    untilTrue(() -> text("#check-result").contains("No client of this id or user"));
    type("#check-topic", "check.*");
    press(Keys.ENTER);
    untilTrue(() -> text("#check-result").contains("topic: wildcard '*' is only allowed"));
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void theContractIsShown() throws IOException {
    untilTrue(() -> exists("#contract tbody tr"));
    List<String> topics = texts("#contract tbody td:first-child");
    assertThat(topics).contains("contract.orders.created", "contract.chat.*");
    String row =
        "#contract tbody tr:nth-child(%d) ".formatted(topics.indexOf("contract.chat.*") + 1);
    assertThat(text(row + "td:nth-child(2)")).isEqualTo("line");
    assertThat(text(row + "summary")).isEqualTo("Line");
    assertThat(text(row + "td:last-child pre")).contains("\"text\": \"Hello\"");
    element(row + "summary").click();
    assertThat(text(row + "details pre")).contains("\"required\"");
    screenshots("contract");
    assertThat(element("#contract-typescript").getDomProperty("href"))
        .endsWith("/api/starcast/contract/topics.d.ts");
    assertThat(element("#problem").isDisplayed()).isFalse();
  }

  @Test
  void aPatternThatIsNoneIsRefusedInWords() {
    type("#tap-topic", "a..b");
    press(Keys.ENTER);
    untilTrue(() -> text("#tap-state").contains("topic: "));
    assertThat(text("#tap-start")).isEqualTo("Follow");
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void aClientIsClosedByKeyboardAfterAQuestion() throws IOException {
    connect("probe/stream/victim?topic=a", true);
    connect("probe/stream/stays?topic=a", true);
    String button = "[aria-label='Close client victim']";
    untilTrue(() -> exists(button));
    browser.executeScript("document.querySelector(arguments[0]).focus()", button);
    long samples = samples();
    untilTrue(() -> samples() >= samples + 2);
    assertThat(focused().getDomAttribute("aria-label")).isEqualTo("Close client victim");

    press(Keys.ENTER);
    untilTrue(() -> exists("dialog[open]"));
    assertThat(text("#confirm-text")).contains("Close the stream of client victim?");
    press(Keys.ESCAPE);
    untilTrue(() -> !exists("dialog[open]"));
    assertThat(clients()).isEqualTo(3);

    press(Keys.ENTER);
    untilTrue(() -> exists("dialog[open]"));
    press(Keys.TAB);
    assertThat(focused().getDomAttribute("id")).isEqualTo("confirm-yes");
    press(Keys.ENTER);

    await().atMost(PATIENCE).until(() -> clients() == 2);
    untilTrue(() -> !exists(button) && exists("[aria-label='Close client stays']"));
    assertThat(element("#problem").isDisplayed()).isFalse();
  }

  /**
   * Pictures to look at: under load, with clients that read nothing. Last, as figures beyond ten
   * thousand are shown in thousands.
   */
  @Order(Integer.MAX_VALUE)
  @Test
  void itIsReadableUnderLoad() throws Exception {
    for (int i = 0; i < 12; i++) {
      connect("probe/stream/reader-" + i + "?overflow=CATCH_UP&topic=load.*", true);
    }
    for (int i = 0; i < 3; i++) {
      connect(
          "probe/stream/slow-"
              + i
              + "?overflow=DROP_OLDEST&messages=200&topic=load.*&topic=stock.%2B",
          false);
    }
    type("#tap-topic", "load.*");
    press(Keys.ENTER);
    ExecutorService load = Executors.newSingleThreadExecutor();
    try {
      // more than the kernel keeps for a client that reads nothing
      load.execute(
          () -> {
            for (int i = 0; i < 40 && !Thread.currentThread().isInterrupted(); i++) {
              post(
                  "probe/storm?threads=2&topics=5&padding=1500&prefix=load&events="
                      + 100 * (1 + i % 8),
                  "text/plain",
                  "");
            }
          });
      untilTrue("slow clients are told", () -> texts("#clients tr.slow .who").size() == 3);
      assertThat(texts("#clients tr:first-child .who")).first().asString().startsWith("slow-");
      untilTrue(() -> !total("Dropped").equals("0"));
      screenshots("monitor");
    } finally {
      load.shutdownNow();
    }
  }
}
