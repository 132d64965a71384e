package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import jakarta.json.Json;
import jakarta.json.JsonString;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
import javax.imageio.ImageIO;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriverException;
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
 * Tests in chromium. {@code -Dchromium.binary} and {@code -Dchromedriver.binary} name other places
 * than Debian's; where either is missing, the tests are skipped.
 *
 * <p>Tests of Datastar pages need its client, the file that {@code -Ddatastar.js} or the
 * environment's {@code DATASTAR_JS} names, and are skipped without it.
 */
@Tag("browser")
abstract class BrowserTest {

  /**
   * For tests that are run on both servers; all others on one, as they show what the browser does.
   * {@code -Pthorough} runs all on both.
   */
  static final String BOTH_SERVERS = "both-servers";

  private static final Path SCREENSHOTS =
      Path.of("target", "screenshots", System.getProperty("arquillian.launch", "server"));

  /** Longer than starcast.js takes to see that a connection is dead, 45 s: what heals, has to. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String CONFIG = "META-INF/microprofile-config.properties";

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  static ChromeDriver browser;
  static String firstWindow;

  @ArquillianResource URL base;

  /** The demo as it is built, which serves Datastar's client where there is one. */
  static WebArchive demoWar() {
    WebArchive war =
        ShrinkWrap.createFromZipFile(WebArchive.class, new File("target/starcast-demo.war"));
    File client = datastarClient();
    if (client.isFile()) {
      String config;
      try {
        config = Files.readString(Path.of("src/demo/resources", CONFIG));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      war.delete("WEB-INF/classes/" + CONFIG);
      war.addAsResource(
          new StringAsset(config + "\ndatastar.js=" + client.getAbsolutePath() + "\n"), CONFIG);
    }
    return war;
  }

  static boolean hasDatastar() {
    return datastarClient().isFile();
  }

  static void assumeDatastar() {
    assumeTrue(
        hasDatastar(),
        "skipped: neither -Ddatastar.js nor DATASTAR_JS names the file of Datastar's client");
  }

  static File datastarClient() {
    String file = System.getProperty("datastar.js", System.getenv("DATASTAR_JS"));
    return new File(file == null ? "" : file);
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
      browser = null;
    }
  }

  @AfterEach
  void closeWindows() {
    for (String window : Set.copyOf(browser.getWindowHandles())) {
      if (!window.equals(firstWindow)) {
        show(window);
        close();
      }
    }
    browser.switchTo().window(firstWindow);
    browser.get("about:blank");
  }

  /** Pictures of the page as it is, narrow and wide, light and dark. */
  void screenshots(String name) throws IOException {
    for (int width : List.of(360, 1280)) {
      for (String scheme : List.of("light", "dark")) {
        screenshot(name + "-" + (width < 700 ? "narrow" : "wide") + "-" + scheme, width, scheme);
      }
    }
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
    Files.createDirectories(SCREENSHOTS);
    Files.write(SCREENSHOTS.resolve(name + ".png"), Base64.getDecoder().decode((String) png));
  }

  /** One picture of several windows' cards, each in a frame; 1200 by 540 for two. */
  Path sideBySide(String name, List<String> windows, String card) throws IOException {
    int width = 600;
    int height = 540;
    int gap = 8;
    int bar = 30;
    BufferedImage picture =
        new BufferedImage(width * windows.size(), height, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = picture.createGraphics();
    pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    pen.setColor(Color.WHITE);
    pen.fillRect(0, 0, picture.getWidth(), height);
    for (int i = 0; i < windows.size(); i++) {
      show(windows.get(i));
      BufferedImage page = capture(card, width - 2 * gap - 2, height - 2 * gap - bar - 1);
      int x = i * width + gap;
      pen.setColor(new Color(0xe3e6ec));
      pen.fillRoundRect(x, gap, width - 2 * gap, height - 2 * gap, 12, 12);
      pen.setColor(new Color(0xaab1c0));
      for (int dot = 0; dot < 3; dot++) {
        pen.fillOval(x + 12 + 18 * dot, gap + 10, 11, 11);
      }
      pen.drawImage(page, x + 1, gap + bar, null);
    }
    pen.dispose();
    Files.createDirectories(SCREENSHOTS);
    Path file = SCREENSHOTS.resolve(name + ".png");
    ImageIO.write(picture, "png", file.toFile());
    return file;
  }

  /** What a window of this size shows when it is scrolled to the card, in light colours. */
  private static BufferedImage capture(String card, int width, int height) throws IOException {
    browser.executeCdpCommand("Emulation.setScrollbarsHidden", Map.of("hidden", true));
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(
                Map.of("name", "prefers-color-scheme", "value", "light"),
                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
    browser.executeScript(
        "scrollTo(0, document.querySelector(arguments[0]).closest('.card')"
            + ".getBoundingClientRect().top + scrollY - 8)",
        card);
    Object png =
        browser.executeCdpCommand("Page.captureScreenshot", Map.of("format", "png")).get("data");
    return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode((String) png)));
  }

  /** What the console has got since the last call. */
  static List<String> console() {
    return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  static void assertPolicyKept() {
    assertThat(console())
        .as("the pages keep their own security policy")
        .noneMatch(message -> message.contains("Content Security Policy"));
  }

  /** Opens a page in a window of its own. */
  String open(String path) {
    String window = browser.switchTo().newWindow(WindowType.WINDOW).getWindowHandle();
    browser.get(base + path);
    return window;
  }

  /** Opens a page in a window of its own and waits until its stream is open. */
  String openStream(String path) {
    String window = open(path);
    untilConnected();
    return window;
  }

  void untilConnected() {
    untilTrue(
        () ->
            !browser
                .findElements(
                    By.cssSelector("#status[data-state='connected'], #status[state='open']"))
                .isEmpty());
  }

  void show(String window) {
    browser.switchTo().window(window);
  }

  /** Closes the window that is shown. */
  void close() {
    browser.close();
  }

  /** Replaces what is in an input. */
  void type(String selector, String text) {
    element(selector).clear();
    element(selector).sendKeys(text);
  }

  /**
   * Read in one go: an element at a time could go away in between. Halves of characters, which the
   * driver cannot carry, are replaced.
   */
  @SuppressWarnings("unchecked")
  List<String> texts(String selector) {
    return (List<String>)
        browser.executeScript(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.toWellFormed())",
            selector);
  }

  void tabTo(String id) {
    untilTrue(
        () -> {
          press(Keys.TAB);
          return id.equals(focused().getDomAttribute("id"));
        });
  }

  void press(CharSequence... keys) {
    new Actions(browser).sendKeys(keys).perform();
  }

  WebElement focused() {
    return browser.switchTo().activeElement();
  }

  WebElement element(String selector) {
    return browser.findElement(By.cssSelector(selector));
  }

  boolean exists(String selector) {
    return !browser.findElements(By.cssSelector(selector)).isEmpty();
  }

  String text(String selector) {
    return element(selector).getText();
  }

  String value(String selector) {
    return element(selector).getDomProperty("value");
  }

  /** The file that a page claims to show, without package and imports. */
  static String source(String page, String file) throws IOException {
    Path path =
        file.contains("source/org/")
            ? Path.of("src/demo/java", file.substring(file.indexOf("org/")))
            : Path.of("src/demo/webapp", page, file.replaceFirst("\\?source$|\\.txt$", ""));
    return Files.readString(path).replaceAll("(?m)^(package|import) .*\\R+", "").strip();
  }

  /** The page that is open shows each of its files as it is. */
  void assertCodeShown(String page) throws IOException {
    List<WebElement> files = browser.findElements(By.cssSelector("details[data-source]"));
    assertThat(files).isNotEmpty();
    for (WebElement details : files) {
      if (details.getDomAttribute("open") == null) {
        details.findElement(By.cssSelector("summary")).click();
      }
      String file = details.getDomAttribute("data-source");
      untilTrue(() -> !details.findElements(By.cssSelector("pre")).isEmpty());
      assertThat(details.findElement(By.cssSelector("pre")).getDomProperty("textContent"))
          .as(page + " " + file)
          .isEqualTo(source(page, file));
    }
  }

  /** The texts that this address of the application answers with. */
  List<String> strings(String path) {
    HttpRequest request = HttpRequest.newBuilder(URI.create(base + path)).timeout(PATIENCE).build();
    try {
      String body = HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body();
      try (var reader = Json.createReader(new StringReader(body))) {
        return reader.readArray().getValuesAs(JsonString::getString);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  static String unique(String prefix) {
    return prefix + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  static void untilTrue(Callable<Boolean> condition) {
    untilTrue("the page as expected", condition);
  }

  static void untilTrue(String what, Callable<Boolean> condition) {
    await(what)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(WebDriverException.class)
        .until(condition);
  }
}
