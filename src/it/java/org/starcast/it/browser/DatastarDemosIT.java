package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The demos whose pages are driven by Datastar. */
@ArquillianTest
@RunAsClient
class DatastarDemosIT extends BrowserTest {

  @Deployment(testable = false)
  static WebArchive demo() {
    return demoWar();
  }

  @BeforeAll
  static void client() {
    assumeDatastar();
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void allTabsShowTheSameCount() {
    String one = openStream("counter/");
    String other = openStream("counter/");
    untilTrue(() -> text("#count").matches("-?\\d+"));
    long before = Long.parseLong(text("#count"));

    element("button[aria-label='Add 10']").click();
    untilTrue(() -> text("#count").equals(String.valueOf(before + 10)));
    show(one);
    untilTrue(() -> text("#count").equals(String.valueOf(before + 10)));
    element("button[aria-label='Subtract 1']").click();

    for (String window : List.of(one, other, openStream("counter/"))) {
      show(window);
      untilTrue(() -> text("#count").equals(String.valueOf(before + 9)));
    }
  }

  @Test
  void theOtherTabFollowsTheTasks() {
    String one = openStream("tasks/");
    String other = openStream("tasks/");
    String milk = unique("<b>milk</b>");

    show(one);
    addTask(milk);
    show(other);
    untilTrue(() -> tasks().contains(milk));
    assertThat(exists("#todos b")).isFalse();

    box(milk).click();
    untilTrue(() -> box(milk).isSelected());
    show(one);
    untilTrue(() -> box(milk).isSelected());
    box(milk).click();
    untilTrue(() -> !box(milk).isSelected());

    row(milk).findElement(By.cssSelector("button")).click();
    untilTrue(() -> !tasks().contains(milk));
    show(other);
    untilTrue(() -> !tasks().contains(milk));
  }

  @Test
  void aRolledBackTaskShowsInNoTab() {
    String one = openStream("tasks/");
    String other = openStream("tasks/");
    String kept = unique("kept");
    String failed = unique("failed");
    String after = unique("after");
    show(one);
    addTask(kept);
    untilTrue(() -> tasks().contains(kept));

    element("#fail").click();
    type("#text", failed);
    press(Keys.ENTER);
    untilTrue(() -> element("#error").isDisplayed());
    assertThat(text("#error")).startsWith("rolled back");
    box(kept).click();
    untilTrue(() -> element("#error").isDisplayed());
    assertThat(box(kept).isSelected()).isFalse();
    element("#fail").click();

    addTask(after);
    for (String window : List.of(other, one)) {
      show(window);
      untilTrue(() -> tasks().contains(after));
      assertThat(tasks()).contains(kept).doesNotContain(failed);
      assertThat(box(kept).isSelected()).isFalse();
    }
  }

  @Test
  void whatIsBeingTypedIsKeptWhileTheListChanges() {
    String one = openStream("tasks/");
    String other = openStream("tasks/");
    String bread = unique("bread");
    show(one);
    element("#text").sendKeys("half a sen");

    show(other);
    addTask(bread);
    show(one);
    untilTrue(() -> tasks().contains(bread));

    assertThat(value("#text")).isEqualTo("half a sen");
    assertThat(focused()).isEqualTo(element("#text"));
  }

  @Test
  void theTasksWorkByKeyboardAlone() {
    openStream("tasks/");
    String first = unique("first");
    tabTo("text");
    press(first, Keys.ENTER);
    untilTrue(() -> tasks().contains(first));

    untilTrue(
        () -> {
          press(Keys.TAB);
          return focused().equals(box(first));
        });
    press(Keys.SPACE);
    untilTrue(() -> box(first).isSelected());
    assertThat(focused()).isEqualTo(box(first));
  }

  @Test
  void theFocusGoesOnFromADeletedTask() {
    openStream("tasks/");
    String first = unique("first");
    String second = unique("second");
    addTask(first);
    addTask(second);
    untilTrue(() -> tasks().contains(first) && tasks().contains(second));

    row(first).findElement(By.cssSelector("button")).sendKeys(Keys.ENTER);
    untilTrue(() -> !tasks().contains(first));

    assertThat(focused().getDomAttribute("aria-label")).isEqualTo("Delete " + second);
  }

  @Test
  void whatTheServerRefusesIsShownAtTheField() {
    openStream("tasks/");
    type("#text", "   ");
    assertRefused("text");
    openStream("notices/");
    type("#text", "   ");
    assertRefused("text");
    openStream("rooms/?room=" + unique("room"));
    type("#text", "hello");
    type("#name", "   ");
    assertRefused("name");
    openStream("contact/");
    untilTrue(() -> exists("#edit"));
    element("#edit").click();
    untilTrue(() -> exists("#last") && !value("#last").isEmpty());
    type("#last", "   ");
    assertRefused("last");
  }

  private void assertRefused(String field) {
    press(Keys.ENTER);
    untilTrue(() -> element("#error").isDisplayed());
    assertThat(text("#error")).isEqualTo(field + ": must not be empty");
    assertThat(element("#" + field).getDomAttribute("aria-invalid")).isEqualTo("true");
    assertThat(focused()).isEqualTo(element("#" + field));
    element("#" + field).sendKeys("x");
    press(Keys.ENTER);
    untilTrue(() -> !element("#error").isDisplayed());
  }

  @Test
  void theNameIsKeptWhenTheRoomChanges() {
    openStream("rooms/?room=kitchen");
    type("#name", "Ada");
    element("#rooms a[href='?room=garden']").click();
    untilTrue(() -> text("#room-title").equals("Room: garden"));

    untilTrue(() -> value("#name").equals("Ada"));
  }

  @Test
  void roomsHearTheirOwnLinesAndSeeWhoIsTyping() {
    String room = unique("room");
    String here = openStream("rooms/?room=" + room);
    String there = openStream("rooms/?room=" + room);
    String elsewhere = openStream("rooms/?room=" + room + "-2");

    show(here);
    type("#name", "Ada <i>");
    type("#text", "hel");
    show(there);
    untilTrue(() -> text("#typing").equals("Ada <i> is typing\u2026"));
    show(here);
    assertThat(text("#typing")).as("oneself is not told").isEmpty();
    type("#text", "<b>hello</b>");
    press(Keys.ENTER);
    untilTrue(() -> value("#text").isEmpty());

    for (String window : List.of(here, there, openStream("rooms/?room=" + room))) {
      show(window);
      untilTrue(() -> lines().equals(List.of("<b>hello</b>")));
      untilTrue(() -> text("#typing").isEmpty());
      assertThat(exists("#log b, #log i")).isFalse();
    }
    show(elsewhere);
    assertThat(text("#typing")).isEmpty();
    type("#name", "Bob");
    type("#text", "only there");
    press(Keys.ENTER);
    untilTrue(() -> !lines().isEmpty());
    assertThat(lines()).containsExactly("only there");
  }

  @Test
  void aRoomThatIsClearedIsEmptyInAllItsWindows() {
    String room = unique("room");
    String here = openStream("rooms/?room=" + room);
    String there = openStream("rooms/?room=" + room);
    for (int i = 1; i <= 3; i++) {
      type("#name", "Ada");
      type("#text", "line " + i);
      press(Keys.ENTER);
      untilTrue(() -> value("#text").isEmpty());
    }
    for (String window : List.of(here, there)) {
      show(window);
      untilTrue(() -> lines().equals(List.of("line 1", "line 2", "line 3")));
      untilTrue(() -> text("#said").equals("3"));
    }

    element("#clear").click();

    for (String window : List.of(here, there, openStream("rooms/?room=" + room))) {
      show(window);
      untilTrue(() -> lines().isEmpty() && text("#said").equals("0"));
    }
  }

  @Test
  void typingEndsByItself() {
    String room = unique("room");
    openStream("rooms/?room=" + room);
    type("#name", "Ada");
    type("#text", "h");

    String there = openStream("rooms/?room=" + room);
    show(there);
    String third = openStream("rooms/?room=" + room);
    type("#name", "Bob");
    type("#text", "h");
    show(there);
    untilTrue(() -> text("#typing").equals("Bob is typing\u2026"));

    untilTrue(() -> text("#typing").isEmpty());
    show(third);
    assertThat(lines()).isEmpty();
  }

  @Test
  void theFinishedJobSendsThePageOn() {
    open("job/");
    browser.executeScript(
        """
        const progress = document.getElementById('progress');
        new MutationObserver(() => sessionStorage.setItem('shown', progress.value))
            .observe(progress, {attributes: true});
        """);
    untilTrue(() -> element("#start").isEnabled());

    element("#start").click();

    untilTrue(() -> Integer.parseInt(element("#progress").getDomProperty("value")) > 0);
    assertThat(element("#start").isEnabled()).isFalse();
    untilTrue(() -> browser.getCurrentUrl().contains("/job/done.html?job="));
    assertThat(text("h1")).isEqualTo("The job is done");
    assertThat(browser.executeScript("return sessionStorage.getItem('shown')")).isEqualTo("100");
    assertPolicyKept();
  }

  /** Seen from outside: the page has gone before its script could see it. */
  @Test
  void theFinishedJobsStreamEndsWithTheRedirect() throws Exception {
    String started = send("POST", "api/jobs");
    Matcher stream = Pattern.compile("api/jobs/[0-9a-f-]+/stream").matcher(started);
    assertThat(stream.find()).as(started).isTrue();

    String all = send("GET", stream.group());

    assertThat(all).contains("_percent\":100").contains("done.html?job=");
    assertThat(all.indexOf("done.html?job=")).isGreaterThan(all.lastIndexOf("_percent"));
  }

  private String send(String method, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(PATIENCE)
            .header("Sec-Fetch-Site", "same-origin")
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void theDashboardShowsWhatTheRoleMaySee() {
    signIn("vera", "wrong");
    untilTrue(() -> element("#failed").isDisplayed());
    signIn("vera", "vera-demo");
    untilConnected();
    untilTrue(() -> text("#role").equals("viewer"));
    untilTrue(() -> browser.findElements(By.cssSelector("#orders-bars rect")).size() == 24);
    String first = figures("#orders-bars rect", "height");
    untilTrue(() -> !figures("#orders-bars rect", "height").equals(first));
    assertThat(text("#revenue")).isEqualTo("\u2013");
    assertThat(exists("#revenue-line polyline")).isFalse();

    signIn("ada", "ada-demo");
    untilConnected();
    untilTrue(() -> text("#role").equals("admin"));
    untilTrue(() -> text("#revenue").matches("\\d+ \u20ac"));
    String drawn = figures("#revenue-line polyline", "points");
    untilTrue(() -> !figures("#revenue-line polyline", "points").equals(drawn));
    assertThat(
            (Number)
                browser.executeScript(
                    "return document.querySelector('#revenue-line polyline').getBBox().width"))
        .as("it is drawn")
        .isEqualTo(230L);
  }

  private String figures(String selector, String attribute) {
    return (String)
        browser.executeScript(
            "return [...document.querySelectorAll(arguments[0])]"
                + ".map(e => e.getAttribute(arguments[1])).join()",
            selector,
            attribute);
  }

  @Test
  void aNotificationReachesAllTabsOfItsUserOnly() {
    String ada = openStream("notices/?me=ada");
    String adaToo = openStream("notices/?me=ada");
    String grace = openStream("notices/?me=grace");
    String text = unique("<b>disk</b>");

    element("#to").sendKeys("ada");
    element("#level").sendKeys("warning");
    type("#text", text);
    press(Keys.ENTER);
    untilTrue(() -> value("#text").isEmpty());

    for (String window : List.of(ada, adaToo)) {
      show(window);
      untilTrue(() -> texts("#notices .warning").contains("warning " + text));
      untilTrue(() -> texts("#toasts .toast span").contains(text));
      assertThat(exists("#notices b, #toasts b")).isFalse();
      assertThat(Integer.parseInt(text("#unread"))).isPositive();
    }
    show(ada);
    element("#read").click();
    for (String window : List.of(ada, adaToo)) {
      show(window);
      untilTrue(() -> !element("#unread").isDisplayed());
    }
    show(grace);
    assertThat(texts("#notices li")).noneMatch(notice -> notice.contains(text));
    show(ada);
    untilTrue(() -> !exists("#toasts .toast"));
  }

  @Test
  void aClickEditsAndTheOtherTabShowsWhatIsSaved() {
    String one = openStream("contact/");
    String other = openStream("contact/");
    String third = openStream("contact/");
    untilTrue(() -> exists("#edit"));
    element("#edit").click();
    untilTrue(() -> exists("form#contact"));
    String name = unique("<b>Hopper</b>");

    show(one);
    untilTrue(() -> exists("#edit"));
    element("#edit").click();
    untilTrue(() -> exists("#last") && !value("#last").isEmpty());
    untilTrue(() -> focused().equals(element("#first")));
    type("#last", name);
    press(Keys.ENTER);

    for (String window : List.of(one, other)) {
      show(window);
      untilTrue(() -> texts("#contact.shown dd").contains(name));
      assertThat(exists("#contact b")).isFalse();
    }
    show(one);
    assertThat(focused()).isEqualTo(element("#edit"));
    show(third);
    assertThat(exists("form#contact #first")).as("who edits goes on").isTrue();
    element("#contact .quiet").click();
    untilTrue(() -> texts("#contact.shown dd").contains(name));
  }

  @Test
  void whoSavesALaterEditIsToldOfTheOneBefore() {
    String one = openStream("contact/");
    untilTrue(() -> exists("#edit"));
    element("#edit").click();
    untilTrue(() -> exists("#last") && !value("#last").isEmpty());
    openStream("contact/");
    untilTrue(() -> exists("#edit"));
    element("#edit").click();
    untilTrue(() -> exists("#last") && !value("#last").isEmpty());
    String saved = unique("Saved");
    type("#last", saved);
    press(Keys.ENTER);
    untilTrue(() -> texts("#contact.shown dd").contains(saved));

    show(one);
    String later = unique("Later");
    type("#last", later);
    press(Keys.ENTER);
    untilTrue(() -> element("#error").isDisplayed());
    assertThat(text("#error")).contains(saved);
    assertThat(value("#last")).as("what was typed").isEqualTo(later);
    press(Keys.ENTER);

    untilTrue(() -> texts("#contact.shown dd").contains(later));
  }

  @Test
  void moreLinesComeIntoView() {
    open("feed/");
    untilTrue(() -> texts("#feed .entry").size() >= 12);
    assertThat(texts("#feed .entry")).hasSizeLessThan(60);

    untilTrue(
        () -> {
          browser.executeScript("document.getElementById('more').scrollIntoView()");
          return texts("#more").equals(List.of("That is all."));
        });

    List<String> entries = texts("#feed .entry strong");
    assertThat(entries).hasSize(60).doesNotHaveDuplicates();
    assertThat(entries.get(59)).isEqualTo("Measurement 60");
  }

  @Test
  void theSearchFollowsWhatIsTyped() {
    open("search/");
    untilTrue(() -> texts("#results tr").size() == 24);

    element("#search").sendKeys("viol");
    untilTrue(() -> texts("#results td:first-child").equals(List.of("Viola", "Violin")));
    assertThat(focused()).isEqualTo(element("#search"));
    element("#search").sendKeys("<b>x");
    untilTrue(() -> text("#results").contains("Nothing is called \u201cviol<b>x\u201d"));
    assertThat(exists("#results b")).isFalse();
  }

  @Test
  void theCodeShownIsTheCodeThatRuns() throws IOException {
    for (String page :
        List.of(
            "counter", "tasks", "rooms", "job", "notices", "contact", "feed", "search", "htmx")) {
      // a browser opens six connections to a server at once, streams included
      closeWindows();
      open(page + "/");
      assertCodeShown(page);
    }
  }

  @Test
  void everyPageFitsEveryScreenInBothColourSchemes() throws IOException {
    openStream("counter/");
    screenshots("counter");
    closeWindows();
    openStream("tasks/");
    addTask("Publish what was committed");
    addTask("Morph what differs");
    untilTrue(() -> tasks().contains("Morph what differs"));
    box("Publish what was committed").click();
    untilTrue(() -> box("Publish what was committed").isSelected());
    screenshots("tasks");
    closeWindows();
    String ada = openStream("rooms/?room=kitchen");
    openStream("rooms/?room=kitchen");
    type("#name", "Grace");
    type("#text", "The kettle is on.");
    press(Keys.ENTER);
    untilTrue(() -> lines().size() == 1);
    openStream("rooms/?room=kitchen");
    type("#name", "Grace");
    type("#text", "And");
    show(ada);
    untilTrue(() -> text("#typing").contains("typing"));
    screenshots("rooms");
    closeWindows();
    open("job/");
    element("#start").click();
    untilTrue(() -> Integer.parseInt(element("#progress").getDomProperty("value")) > 10);
    screenshots("job");
    closeWindows();
    signIn("ada", "ada-demo");
    untilConnected();
    untilTrue(() -> exists("#revenue-line polyline"));
    screenshots("dashboard");
    closeWindows();
    openStream("notices/?me=vera");
    type("#text", "The nightly backup is done.");
    press(Keys.ENTER);
    untilTrue(() -> exists("#toasts .toast"));
    screenshots("notices");
    closeWindows();
    openStream("contact/");
    untilTrue(() -> exists("#edit"));
    element("#edit").click();
    untilTrue(() -> exists("#last") && !value("#last").isEmpty());
    screenshots("contact");
    closeWindows();
    open("feed/");
    untilTrue(() -> exists("#feed .entry"));
    screenshots("feed");
    closeWindows();
    open("search/");
    element("#search").sendKeys("brass");
    untilTrue(() -> texts("#results tr").size() == 5);
    screenshots("search");
    assertPolicyKept();
  }

  private void signIn(String user, String password) {
    browser.get(base + "api/dashboard/leave");
    browser.get(base + "dashboard/");
    untilTrue(() -> exists("#password"));
    type("#user", user);
    type("#password", password);
    press(Keys.ENTER);
    untilTrue(() -> !browser.getCurrentUrl().endsWith("enter"));
  }

  private void addTask(String text) {
    type("#text", text);
    press(Keys.ENTER);
    untilTrue(() -> value("#text").isEmpty());
  }

  private List<String> tasks() {
    return texts("#todos label span");
  }

  private List<String> lines() {
    return texts("#log .text");
  }

  private WebElement row(String task) {
    return browser.findElement(By.xpath("//*[@id='todos']/li[.//span[.='" + task + "']]"));
  }

  private WebElement box(String task) {
    return row(task).findElement(By.cssSelector("input"));
  }
}
