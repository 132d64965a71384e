package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * The demo in chromium. {@code -Dchromium.binary} and {@code -Dchromedriver.binary} name other
 * places than Debian's; where either is missing, the tests are skipped.
 */
@ArquillianTest
@RunAsClient
class DemoBrowserIT {

  private static final Path SCREENSHOTS = Path.of("target", "screenshots");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static ChromeDriver browser;
  private static String firstWindow;

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive demo() {
    return ShrinkWrap.createFromZipFile(WebArchive.class, new File("target/starcast-demo.war"));
  }

  @BeforeAll
  static void startBrowser() throws IOException {
    File chromium = new File(System.getProperty("chromium.binary", "/usr/bin/chromium"));
    File driver = new File(System.getProperty("chromedriver.binary", "/usr/bin/chromedriver"));
    assumeTrue(chromium.canExecute(), "skipped: there is no chromium at " + chromium);
    assumeTrue(driver.canExecute(), "skipped: there is no chromedriver at " + driver);

    Path profiles = Files.createDirectories(Path.of("target", "chromium"));
    Path profile = Files.createTempDirectory(profiles, "profile-").toAbsolutePath();
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    options.addArguments(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--user-data-dir=" + profile);
    // with both paths given, Selenium looks for nothing to download
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder().usingDriverExecutable(driver).build(), options);
    firstWindow = browser.getWindowHandle();
  }

  @AfterAll
  static void stopBrowser() {
    if (browser != null) {
      browser.quit();
    }
  }

  @AfterEach
  void closeWindows() {
    for (String window : Set.copyOf(browser.getWindowHandles())) {
      if (!window.equals(firstWindow)) {
        browser.switchTo().window(window).close();
      }
    }
    browser.switchTo().window(firstWindow);
  }

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
  void theCodeShownIsTheCodeThatRuns() throws IOException {
    open("");
    for (WebElement details : browser.findElements(By.cssSelector("details[data-source]"))) {
      if (details.getDomAttribute("open") == null) {
        details.findElement(By.cssSelector("summary")).click();
      }
      String file = details.getDomAttribute("data-source");
      untilTrue(() -> !details.findElements(By.cssSelector("pre")).isEmpty());
      String shown = details.findElement(By.cssSelector("pre")).getDomProperty("textContent");
      if (details.getDomAttribute("data-only") == null) {
        assertThat(shown).as(file).isEqualTo(source(file));
      } else {
        String source = source(file).replaceAll("(?m)^ {2}", "");
        assertThat(shown.split("\n\n")).as(file).isNotEmpty().allMatch(source::contains);
        assertThat(shown).as(file).hasSizeGreaterThan(200);
      }
    }
  }

  @Test
  void everyPageFitsEveryScreenInBothColourSchemes() throws IOException {
    Files.createDirectories(SCREENSHOTS);
    for (String page : List.of("index", "chat", "todo")) {
      if (page.equals("index")) {
        open("");
      } else if (page.equals("chat")) {
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
      } else {
        openStream("todo/");
        add("Fire an event inside the transaction");
        add("Watch it arrive in the other tab");
        untilTrue(() -> todos().contains("Watch it arrive in the other tab"));
      }
      for (String width : List.of("narrow", "wide")) {
        for (String scheme : List.of("light", "dark")) {
          screenshot(
              page + "-" + width + "-" + scheme, width.equals("narrow") ? 360 : 1280, scheme);
        }
      }
    }
    assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
        .extracting(LogEntry::getMessage)
        .as("the pages keep their own security policy")
        .noneMatch(message -> message.contains("Content Security Policy"));
  }

  /** The whole page, not only what fits the window. */
  private void screenshot(String name, int width, String scheme) throws IOException {
    browser.executeCdpCommand("Emulation.setScrollbarsHidden", Map.of("hidden", true));
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 800, "deviceScaleFactor", 1, "mobile", false));
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(
                Map.of("name", "prefers-color-scheme", "value", scheme),
                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
    assertThat((Long) browser.executeScript("return document.documentElement.scrollWidth"))
        .as(name + " does not scroll sideways")
        .isLessThanOrEqualTo(width);
    Object png =
        browser
            .executeCdpCommand(
                "Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true))
            .get("data");
    Files.write(SCREENSHOTS.resolve(name + ".png"), Base64.getDecoder().decode((String) png));
  }

  /** Opens a page in a window of its own. */
  private String open(String path) {
    String window = browser.switchTo().newWindow(WindowType.WINDOW).getWindowHandle();
    browser.get(base + path);
    return window;
  }

  /** Opens a page in a window of its own and waits until its stream is open. */
  private String openStream(String path) {
    String window = open(path);
    untilTrue(() -> "connected".equals(element("#status").getDomAttribute("data-state")));
    return window;
  }

  private void show(String window) {
    browser.switchTo().window(window);
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

  /** Read in one go: an element at a time could go away in between. */
  @SuppressWarnings("unchecked")
  private List<String> texts(String selector) {
    return (List<String>)
        browser.executeScript(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)",
            selector);
  }

  private WebElement row(String todo) {
    return browser.findElement(By.xpath("//*[@id='todos']/li[.//span[.='" + todo + "']]"));
  }

  private void tabTo(String id) {
    untilTrue(
        () -> {
          press(Keys.TAB);
          return id.equals(focused().getDomAttribute("id"));
        });
  }

  private void press(CharSequence... keys) {
    new Actions(browser).sendKeys(keys).perform();
  }

  private WebElement focused() {
    return browser.switchTo().activeElement();
  }

  private WebElement element(String selector) {
    return browser.findElement(By.cssSelector(selector));
  }

  private String text(String selector) {
    return element(selector).getText();
  }

  private String value(String selector) {
    return element(selector).getDomProperty("value");
  }

  /** The file that the page claims to show, without package and imports. */
  private static String source(String file) throws IOException {
    Path path =
        file.startsWith("source/")
            ? Path.of("src/demo/java", file.substring("source/".length()))
            : Path.of("src/demo/webapp", file);
    return Files.readString(path).replaceAll("(?m)^(package|import) .*\\R+", "").strip();
  }

  private static String unique(String prefix) {
    return prefix + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  private static void untilTrue(Callable<Boolean> condition) {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(condition);
  }
}
