package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The demo's pages that need nothing but the demo. */
@ArquillianTest
@RunAsClient
class DemoBrowserIT extends BrowserTest {

  @Deployment(testable = false)
  static WebArchive demo() {
    return demoWar();
  }

  /** The dashboard, the inboxes and the pages' topics are for those whom their resources admit. */
  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void theEndpointGivesNobodyWhatThePagesKeep() throws Exception {
    for (String topic :
        List.of("dashboard.revenue", "dashboard.*", "notices.ada", "rooms.lobby", "tasks", "*")) {
      assertThat(status("GET", "api/starcast/stream?topic=" + topic, "same-origin"))
          .as(topic)
          .isEqualTo(401);
    }
    assertThat(status("GET", "api/dashboard/stream", "same-origin")).isEqualTo(403);
    for (String form :
        List.of(
            "topic=dashboard.orders&data=x",
            "topic=htmx.lobby&event=chat&data=x",
            "topic=todo.added&data=x",
            "topic=chat.lobby&data=x&event=datastar-patch-elements")) {
      assertThat(status("POST", "api/starcast/publish", "same-origin", form))
          .as(form)
          .isEqualTo(401);
    }
    String line = "topic=chat.safe&data={}";
    assertThat(status("POST", "api/starcast/publish", "same-origin", line)).isEqualTo(202);
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void pagesOfOtherOriginsChangeNothing() throws Exception {
    for (String path :
        List.of("api/chat/lobby", "api/talk", "api/htmx", "api/notices", "api/dashboard/enter")) {
      assertThat(status("POST", path, "cross-site", "name=Eve&text=forged"))
          .as(path)
          .isEqualTo(403);
    }
    assertThat(status("POST", "api/counter?by=1", "same-site")).isEqualTo(403);
    assertThat(status("DELETE", "api/rooms/lobby", "cross-site")).isEqualTo(403);
    assertThat(status("GET", "api/dashboard/leave", "cross-site")).isEqualTo(403);
  }

  private int status(String method, String path, String site) throws Exception {
    return status(method, path, site, "");
  }

  private int status(String method, String path, String site, String form) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(PATIENCE)
            .header("Sec-Fetch-Site", site)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .method(method, HttpRequest.BodyPublishers.ofString(form))
            .build();
    HttpResponse<InputStream> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofInputStream());
    answer.body().close();
    return answer.statusCode();
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void aLineSaidInOneWindowAppearsInTheOther() {
    String room = unique("room");
    String one = openStream("chat/?room=" + room);
    String other = openStream("chat/?room=" + room);

    show(one);
    say("Ada", "Good morning \u2615");

    show(other);
    untilTrue(() -> lines().equals(List.of("Good morning \u2615")));
    assertThat(text("#log strong")).isEqualTo("Ada");
    show(one);
    untilTrue(() -> lines().equals(List.of("Good morning \u2615")));
    assertThat(element("#text").getDomProperty("value")).isEmpty();
  }

  @Test
  void aLineIsNotHeardInAnotherRoom() {
    String room = unique("room");
    String here = openStream("chat/?room=" + room);
    String elsewhere = openStream("chat/?room=" + room + "-2");

    show(here);
    say("Ada", "only here");
    untilTrue(() -> lines().equals(List.of("only here")));
    show(elsewhere);
    say("Bob", "only there");

    untilTrue(() -> !lines().isEmpty());
    assertThat(lines()).containsExactly("only there");
  }

  @Test
  void hostileTextIsShownAndNothingElse() {
    String room = unique("room");
    openStream("chat/?room=" + room);
    String title = browser.getTitle();
    String name = "<b onclick=x>'\"&amp;";
    String text = "<img src=x onerror=\"document.title='owned'\"><script>document.title=1</script>";

    say(name, text);

    untilTrue(() -> lines().equals(List.of(text)));
    assertThat(text("#log strong")).isEqualTo(name);
    assertThat(browser.findElements(By.cssSelector("#log img, #log script, #log b"))).isEmpty();
    assertThat(browser.getTitle()).isEqualTo(title);
  }

  @Test
  void whatTheServerRefusesIsShownAtTheField() {
    openStream("chat/?room=" + unique("room"));

    say("   ", "hello");

    untilTrue(() -> element("#error").isDisplayed());
    assertThat(text("#error")).isEqualTo("name: must not be empty");
    assertThat(element("#name").getDomAttribute("aria-invalid")).isEqualTo("true");
    assertThat(focused()).isEqualTo(element("#name"));
    assertThat(lines()).isEmpty();
  }

  @Test
  void theOtherTabFollowsTheToDoList() {
    String one = openStream("todo/");
    String other = openStream("todo/");
    String milk = unique("milk");

    show(one);
    add(milk);
    show(other);
    untilTrue(() -> todos().contains(milk));

    show(one);
    untilTrue(() -> todos().contains(milk));
    row(milk).findElement(By.cssSelector("input")).click();
    show(other);
    untilTrue(() -> row(milk).findElement(By.cssSelector("input")).isSelected());

    row(milk).findElement(By.cssSelector("button")).click();
    untilTrue(() -> !todos().contains(milk));
    show(one);
    untilTrue(() -> !todos().contains(milk));
  }

  @Test
  void aTabOpenedLaterShowsTheSameList() {
    openStream("todo/");
    String bread = unique("bread");
    add(bread);
    untilTrue(() -> todos().contains(bread));

    openStream("todo/");

    untilTrue(() -> todos().contains(bread));
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void aRolledBackChangeShowsInNoTab() {
    String one = openStream("todo/");
    String other = openStream("todo/");
    String kept = unique("kept");
    String failed = unique("failed");
    String after = unique("after");
    show(one);
    add(kept);
    untilTrue(() -> todos().contains(kept));

    element("#fail").click();
    add(failed);
    untilTrue(() -> element("#error").isDisplayed());
    assertThat(text("#error")).contains("rolled back");
    row(kept).findElement(By.cssSelector("input")).click();
    untilTrue(() -> !row(kept).findElement(By.cssSelector("input")).isSelected());
    row(kept).findElement(By.cssSelector("button")).click();

    // each tab gets the events in order: had the failed ones been sent, they came before this one
    element("#fail").click();
    add(after);
    for (String window : List.of(other, one)) {
      show(window);
      untilTrue(() -> todos().contains(after));
      assertThat(todos()).contains(kept).doesNotContain(failed);
      assertThat(row(kept).findElement(By.cssSelector("input")).isSelected()).isFalse();
    }
    browser.navigate().refresh();
    untilTrue(() -> todos().contains(after));
    assertThat(todos()).contains(kept).doesNotContain(failed);
  }

  @Test
  void theChatWorksByKeyboardAlone() {
    openStream("chat/?room=" + unique("room"));

    tabTo("name");
    press("Ada");
    tabTo("text");
    press("by key", Keys.ENTER);
    untilTrue(() -> lines().equals(List.of("by key")));
    untilTrue(() -> focused().equals(element("#text")));
    press("again", Keys.ENTER);

    untilTrue(() -> lines().equals(List.of("by key", "again")));
  }

  @Test
  void theToDoListWorksByKeyboardAlone() {
    openStream("todo/");
    String first = unique("first");
    tabTo("text");
    press(first, Keys.ENTER);
    untilTrue(() -> todos().contains(first));

    untilTrue(
        () -> {
          press(Keys.TAB);
          return focused().equals(row(first).findElement(By.cssSelector("input")));
        });
    press(Keys.SPACE);
    untilTrue(() -> row(first).getDomAttribute("class").contains("done"));
    press(Keys.TAB);
    assertThat(focused().getDomAttribute("aria-label")).isEqualTo("Delete " + first);
    press(Keys.ENTER);

    untilTrue(() -> !todos().contains(first));
    assertThat(focused().getTagName()).as("the focus is not lost").isNotEqualTo("body");
  }

  @Test
  void aPageHearsTheRoomsThatItPicked() {
    String both = openStream("talk/");
    element("input[value='garden']").click();
    untilConnected();
    String garden = openStream("talk/");
    element("input[value='lobby']").click();
    untilTrue(() -> text("#status").equals("No room ticked"));
    element("input[value='garden']").click();
    untilConnected();
    String lobby = unique("<b>lobby</b>");
    String green = unique("garden");
    String last = unique("last");

    talk("lobby", "Ada <i>", lobby);
    talk("kitchen", "Bob", "nobody hears this");
    talk("garden", "Eve", green);
    talk("garden", "Eve", last);

    show(garden);
    untilTrue(() -> lines().contains(last));
    assertThat(lines()).containsExactly(green, last);
    show(both);
    untilTrue(() -> lines().contains(last));
    assertThat(lines()).containsExactly(lobby, green, last);
    assertThat(text("#log .line strong")).isEqualTo("Ada <i>");
    assertThat(text("#log .line span")).isEqualTo("in lobby");
    assertThat(exists("#log b, #log i")).isFalse();
    assertPolicyKept();
  }

  @Test
  void whatTalkRefusesIsShownAtTheField() {
    openStream("talk/");

    talk("lobby", "   ", "hello");

    untilTrue(() -> element("#error").isDisplayed());
    assertThat(text("#error")).isEqualTo("name: must not be empty");
    assertThat(focused()).isEqualTo(element("#name"));
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void everyKindOfStreamArrivesAsItsSourceGivesIt() {
    open("streams/");

    stream("numbers");
    untilTrue(() -> text("#status").equals("Done"));
    assertThat(texts("#log li"))
        .isEqualTo(IntStream.rangeClosed(1, 10).mapToObj(String::valueOf).toList());
    element("#range button").click();
    untilTrue(() -> text("#status").equals("Done") && texts("#log li").size() == 21);
    assertThat(texts("#log li")).first().isEqualTo("number: 90");
    stream("pings");
    untilTrue(() -> text("#status").equals("Done"));
    assertThat(texts("#log li").get(0)).isEqualTo("the only item");
    assertThat(texts("#log li"))
        .hasSizeGreaterThan(2)
        .filteredOn(line -> !line.equals("the only item"))
        .allMatch(line -> line.startsWith("ping: "));
    stream("failing");
    untilTrue(() -> text("#status").equals("Ended"));
    assertThat(texts("#log li"))
        .containsExactly("25", "50", "100", "failed: One cannot divide by 0.");
    stream("separated?by=CRLF");
    untilTrue(() -> text("#status").equals("Done"));
    assertThat(texts("#log li"))
        .contains("\"data: 3\\r\\n\"")
        .allMatch(line -> line.endsWith("\\r\\n\""));
    stream("separated?by=CR");
    untilTrue(() -> text("#status").equals("Done"));
    assertThat(texts("#log li"))
        .contains("\"data: 3\\r\"")
        .allMatch(line -> line.endsWith("\\r\"") && !line.contains("\\n"));
    assertPolicyKept();
  }

  @Test
  void anEndlessStreamEndsWhenThePageStopsIt() {
    open("streams/");

    stream("endless");
    untilTrue(() -> texts("#log li").size() > 3);
    element("#stop").click();

    assertThat(text("#status")).isEqualTo("Stopped");
    assertThat(element("#stop").isEnabled()).isFalse();
    stream("numbers");
    untilTrue(() -> text("#status").equals("Done"));
    assertThat(texts("#log li")).as("nothing of the stream before").hasSize(10);
  }

  @Test
  void theRowsOfATableGoOnWhereTheyWereStopped() {
    open("rows/");

    element("#start").click();
    untilTrue(() -> Integer.parseInt(text("#count")) > 50);
    element("#stop").click();
    assertThat(text("#status")).isEqualTo("Stopped");
    assertThat(Integer.parseInt(text("#count"))).isLessThan(2000);
    assertThat(text("#start")).isEqualTo("Go on");
    element("#start").click();

    untilTrue(() -> text("#status").equals("Done"));
    assertThat(text("#count")).isEqualTo("2000");
    assertThat(texts("#rows td:first-child"))
        .isEqualTo(IntStream.rangeClosed(1991, 2000).mapToObj(String::valueOf).toList());
    assertPolicyKept();
  }

  @Test
  void theCodeShownOnThePagesIsTheCodeThatRuns() throws IOException {
    for (String page : List.of("chat", "todo", "talk", "streams", "rows")) {
      closeWindows();
      open(page + "/");
      assertCodeShown(page);
    }
  }

  @Test
  void theFrontPageShowsItsCodeAndNamesFilesThatAreThere() throws Exception {
    open("");
    assertCodeShown("");
    List<WebElement> files = browser.findElements(By.cssSelector(".grid .read a"));
    assertThat(files).hasSizeGreaterThan(15);
    for (WebElement file : files) {
      String path = file.getDomAttribute("href");
      assertThat(status("GET", path, "same-origin")).as(path).isEqualTo(200);
    }
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void theFrontPageCountsItsWindowsAndItsWaves() {
    String one = openStream("");
    String other = openStream("");
    untilTrue(() -> text("#windows").equals("2"));
    show(one);
    untilTrue(() -> text("#windows").equals("2"));
    int waves = Integer.parseInt(text("#waves"));

    element("#wave").click();

    untilTrue(() -> text("#waves").equals(String.valueOf(waves + 1)));
    show(other);
    untilTrue(() -> text("#waves").equals(String.valueOf(waves + 1)));
    close();
    show(one);
    // some servers notice at the next write, or the one after it
    untilTrue(
        () -> {
          element("#wave").click();
          return text("#windows").equals("1");
        });
    assertPolicyKept();
  }

  @Test
  void aPageSaysSoWhereDatastarsClientCannotBeLoaded() throws IOException {
    open("streams/");
    browser.executeCdpCommand("Network.enable", Map.of());
    browser.executeCdpCommand("Network.setBlockedURLs", Map.of("urls", List.of("*/datastar.js")));

    browser.get(base + "rooms/");

    untilTrue(() -> exists("#missing"));
    assertThat(text("#missing")).contains("/datastar.js", "-Ddatastar.js=");
    assertThat(text("#status")).isEqualTo("Not connected");
    type("#name", "Ada");
    type("#text", "kept");
    press(Keys.ENTER);
    assertThat(value("#text")).isEqualTo("kept");
    screenshots("missing");
  }

  @Test
  void whoComesLaterGetsTheLastLinesAndKeepsTheNameInAnotherRoom() {
    String room = unique("room");
    openStream("chat/?room=" + room);
    say("Ada", "one");
    say("Ada", "two");

    openStream("chat/?room=" + room);
    untilTrue(() -> lines().equals(List.of("one", "two")));
    say("Grace", "three");
    element("#rooms a[href='?room=garden']").click();
    untilTrue(() -> text("#room-title").equals("Room: garden"));

    assertThat(value("#name")).isEqualTo("Grace");
  }

  /** The README's picture: {@code src/site/resources/images} has a copy of it. */
  @Test
  void twoWindowsAreDrawnSideBySide() throws IOException {
    String path = "chat/?room=launch";
    String ada = openStream(path);
    String grace = openStream(path);
    show(ada);
    say("Ada", "Fired as a CDI event here \u2026");
    show(grace);
    say("Grace", "\u2026 and it is in my window, too.");
    untilTrue(() -> lines().size() == 2);
    element("#text").sendKeys("After the commit?");
    show(ada);
    untilTrue(() -> lines().size() == 2);

    Path picture = sideBySide("two-windows", List.of(ada, grace), "#log");

    assertThat(picture).isRegularFile();
    assertThat(Files.size(picture)).isBetween(5_000L, 60_000L);
  }

  @Test
  void everyPageFitsEveryScreenInBothColourSchemes() throws IOException {
    open("");
    screenshots("index");
    String room = "chat/?room=kitchen";
    String ada = openStream(room);
    String grace = openStream(room);
    show(ada);
    say("Ada", "Is anybody here?");
    show(grace);
    say("Grace", "Yes! The kettle is on, and there is cake left from yesterday.");
    show(ada);
    say("Ada", "On my way.");
    untilTrue(() -> lines().size() == 3);
    screenshots("chat");
    openStream("todo/");
    add("Fire an event inside the transaction");
    add("Watch it arrive in the other tab");
    untilTrue(() -> todos().contains("Watch it arrive in the other tab"));
    screenshots("todo");
    open("dashboard/");
    untilTrue(() -> exists("#password"));
    screenshots("dashboard-login");
    closeWindows();
    openStream("talk/");
    talk("lobby", "Ada", "Is anybody here?");
    talk("lobby", "Grace", "Yes! In the kitchen, too.");
    untilTrue(() -> lines().size() == 2);
    screenshots("talk");
    open("streams/");
    stream("failing");
    untilTrue(() -> text("#status").equals("Ended"));
    screenshots("streams");
    open("rows/");
    element("#start").click();
    untilTrue(() -> text("#status").equals("Done"));
    screenshots("rows");
    openStream("htmx/");
    sayInHtmx("Ada", "Is anybody here?");
    sayInHtmx("Grace", "Yes, with out-of-band swaps.");
    screenshots("htmx");
    assertPolicyKept();
  }

  private void talk(String room, String name, String text) {
    browser.executeScript("document.getElementById('room').value = arguments[0]", room);
    type("#name", name);
    type("#text", text);
    press(Keys.ENTER);
    untilTrue(() -> value("#text").isEmpty() || element("#error").isDisplayed());
  }

  private void stream(String name) {
    element("[data-stream='" + name + "']").click();
  }

  private void sayInHtmx(String name, String text) {
    type("#name", name);
    type("#text", text);
    press(Keys.ENTER);
    untilTrue(() -> lines().contains(text) && value("#text").isEmpty());
  }

  private void say(String name, String text) {
    element("#name").clear();
    element("#name").sendKeys(name);
    int before = lines().size();
    element("#text").sendKeys(text, Keys.ENTER);
    untilTrue(() -> lines().size() > before || element("#error").isDisplayed());
    untilTrue(() -> element("#error").isDisplayed() || value("#text").isEmpty());
  }

  private void add(String text) {
    element("#text").clear();
    element("#text").sendKeys(text, Keys.ENTER);
    untilTrue(() -> element("#error").isDisplayed() || value("#text").isEmpty());
  }

  private List<String> lines() {
    return texts("#log .text");
  }

  private List<String> todos() {
    return texts("#todos label span");
  }

  private WebElement row(String todo) {
    return browser.findElement(By.xpath("//*[@id='todos']/li[.//span[.='" + todo + "']]"));
  }
}
