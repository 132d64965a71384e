package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.starcast.internal.backplane.NatsServer;

/**
 * The quick start, done as by its reader: a project is made from the archetype, and built and run
 * by the command for this round's server. The server is the one in {@code target}, with nothing
 * configured. Maven has a local repository of its own here, and takes what it lacks from the
 * user's.
 */
@Tag(BrowserTest.BOTH_SERVERS)
class StarterIT extends BrowserTest {

  private static final String ARCHETYPE_PLUGIN =
      "org.apache.maven.plugins:maven-archetype-plugin:3.4.1";
  private static final String VERSION = System.getProperty("starcast.version");
  private static final Path STARTER = Path.of("target", "starter").toAbsolutePath();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir static Path temp;

  private static Path log;
  private static Process server;
  private static URI page;

  /** Not for all: the test that needs one starts it, and the other runs where there is none. */
  @BeforeAll
  static void startBrowser() {}

  @BeforeAll
  static void generateAndRun() throws Exception {
    log = temp.resolve("log");
    install("starcast", "jar", Path.of(System.getProperty("starcast.jar")));
    install("starcast", "pom", Path.of("pom.xml"));
    install("starcast-archetype", "jar", Path.of("target", "starcast-archetype.jar"));
    Process generation =
        maven(
            temp,
            List.of(
                ARCHETYPE_PLUGIN + ":generate",
                "-DarchetypeCatalog=internal",
                "-DarchetypeGroupId=org.starcast",
                "-DarchetypeArtifactId=starcast-archetype",
                "-DarchetypeVersion=" + VERSION,
                "-DgroupId=org.example",
                "-DartifactId=hello"),
            "");
    assertThat(generation.waitFor()).as(StarterIT::output).isZero();

    int port = NatsServer.freePort();
    page = URI.create("http://localhost:" + port + "/");
    Path project = temp.resolve("hello");
    server =
        System.getProperty("arquillian.launch").equals("payara")
            ? payara(project, port)
            : wildfly(project, port);
    Runtime.getRuntime().addShutdownHook(new Thread(StarterIT::kill));
    await().atMost(Duration.ofMinutes(3)).until(() -> answers() || !server.isAlive());
    assertThat(server.isAlive()).as(StarterIT::output).isTrue();
  }

  private static Process payara(Path project, int port) throws IOException {
    File jar = new File(System.getProperty("payara.microJar"));
    return maven(
        project,
        List.of("package", "payara-micro:start", "-DpayaraMicroAbsolutePath=" + jar),
        "-Dpayaramicro.port=" + port);
  }

  private static Process wildfly(Path project, int port) throws IOException {
    Path home = Path.of(System.getProperty("wildfly.home"));
    Path configuration = temp.resolve("standalone/configuration");
    NatsServer.copy(home.resolve("standalone/configuration"), configuration);
    // as it was before the build applied server-config
    Files.copy(
        configuration.resolve("standalone_xml_history/standalone.initial.xml"),
        configuration.resolve("standalone.xml"),
        StandardCopyOption.REPLACE_EXISTING);
    int management = NatsServer.freePort();
    return maven(
        project,
        List.of(
            "wildfly:run",
            "-Djboss-as.home=" + home,
            "-Dwildfly.port=" + management,
            "-Dwildfly.startupTimeout=180",
            "-Dwildfly.serverArgs=-Djboss.server.base.dir="
                + temp.resolve("standalone")
                + ",-Djboss.http.port="
                + port
                + ",-Djboss.https.port="
                + NatsServer.freePort()
                + ",-Djboss.management.http.port="
                + management),
        "");
  }

  /** Puts a file where {@code mvn install} would, in the local repository of this test. */
  private static void install(String artifact, String type, Path file) throws IOException {
    Path folder = STARTER.resolve("repository/org/starcast").resolve(artifact).resolve(VERSION);
    Files.createDirectories(folder);
    Files.copy(
        file,
        folder.resolve(artifact + "-" + VERSION + "." + type),
        StandardCopyOption.REPLACE_EXISTING);
  }

  private static Process maven(Path folder, List<String> arguments, String javaOptions)
      throws IOException {
    Path settings = STARTER.resolve("settings.xml");
    String repository =
        """
        <id>user</id>
        <url>%s</url>
        <releases><checksumPolicy>ignore</checksumPolicy></releases>
        <snapshots><enabled>false</enabled></snapshots>
        """
            .formatted(Path.of(System.getProperty("maven.repository")).toUri());
    Files.writeString(
        settings,
        """
        <settings>
          <profiles>
            <profile>
              <id>user</id>
              <repositories><repository>%1$s</repository></repositories>
              <pluginRepositories><pluginRepository>%1$s</pluginRepository></pluginRepositories>
            </profile>
          </profiles>
          <activeProfiles><activeProfile>user</activeProfile></activeProfiles>
        </settings>
        """
            .formatted(repository));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("maven.home"), "bin", "mvn").toString());
    command.addAll(List.of("-B", "-ntp", "-gs", settings.toString()));
    command.add("-Dmaven.repo.local=" + STARTER.resolve("repository"));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().merge("JDK_JAVA_OPTIONS", javaOptions, (own, more) -> own + " " + more);
    return builder.start();
  }

  private static boolean answers() throws InterruptedException {
    try {
      HttpRequest request = HttpRequest.newBuilder(page).build();
      // WildFly has a page of its own there until the application is deployed
      return HTTP.send(request, BodyHandlers.ofString()).body().contains("<h1>Chat</h1>");
    } catch (IOException e) {
      return false;
    }
  }

  private static String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The server, which Maven started, and Maven. */
  @AfterAll
  static void kill() {
    if (server != null) {
      Stream.concat(server.descendants(), Stream.of(server.toHandle()))
          .toList()
          .forEach(
              process -> {
                process.destroyForcibly();
                process.onExit().join();
              });
    }
  }

  @Override
  @AfterEach
  void closeWindows() {
    if (browser != null) {
      super.closeWindows();
    }
  }

  @Test
  @Timeout(60)
  void whatIsPostedIsInTheStream() throws Exception {
    URI chat = page.resolve("api/chat");
    HttpRequest subscribe = HttpRequest.newBuilder(chat).build();
    try (Stream<String> lines = HTTP.send(subscribe, BodyHandlers.ofLines()).body()) {
      HttpRequest post =
          HttpRequest.newBuilder(chat)
              .header("Content-Type", "application/x-www-form-urlencoded")
              .POST(HttpRequest.BodyPublishers.ofString("text=Hello"))
              .build();
      assertThat(HTTP.send(post, BodyHandlers.ofString()).statusCode()).isEqualTo(204);

      assertThat(lines.filter(line -> line.startsWith("data:")).findFirst())
          .contains("data: {\"text\":\"Hello\"}");
    }
  }

  @Test
  void whatIsTypedInOneWindowIsShownInTheOther() throws Exception {
    BrowserTest.startBrowser();
    base = page.toURL();
    String other = openStarter();
    String own = openStarter();

    type("input", "<b>Hello</b> & \"you\"");
    press(Keys.ENTER);

    untilTrue(() -> value("input").isEmpty());
    for (String window : List.of(own, other)) {
      show(window);
      untilTrue(() -> texts("li").equals(List.of("<b>Hello</b> & \"you\"")));
    }
    screenshots("starter");
  }

  private String openStarter() {
    String window = open("");
    untilTrue(
        () -> (Boolean) browser.executeScript("return stream.readyState === EventSource.OPEN"));
    return window;
  }
}
