package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.it.app.TestApplication;

/**
 * Where rules can come from: properties, a profile in them, a profile's file, system properties and
 * the environment; and that what is not understood is not deployed. One server, with a profile, an
 * environment and system properties, and four applications.
 */
class ConfigurationIT {

  private static final Pattern BOOTED =
      Pattern.compile("Payara Micro .* ready in|WFLYSRV002[56]", Pattern.CASE_INSENSITIVE);

  private static final String ORDERS = "starcast.security.rules.\"orders.*\".subscribe=clerk\n";

  @TempDir static Path temp;

  private static ServerProcess server;

  @BeforeAll
  static void boot() throws IOException {
    Path taken =
        export(
            "ROOT",
            ORDERS
                + """
                %prod.starcast.security.rules."news.*".subscribe=*
                %dev.starcast.security.rules."*".subscribe=*
                starcast.heartbeet=PT1S
                """);
    server =
        new ServerProcess(
            System.getProperty("arquillian.launch").equals("payara")
                ? ServerProcess.Kind.PAYARA
                : ServerProcess.Kind.WILDFLY,
            temp.resolve("server"),
            taken,
            Map.of(
                "MP_CONFIG_PROFILE", "prod",
                "STARCAST_LOG_RETAIN_TOPICS", "500",
                "STARCAST_SECURITY_RULES__ORDERS____SUBSCRIBE", "*"));
    server.option("-Dstarcast.security.rules.system.*.subscribe=*");
    server.deploy(export("mistyped", ORDERS + "starcast.security.rule.1=clerk\n"));
    server.deploy(
        export("profile", ORDERS + "%dev.starcast.securty.rules.\"a\".subscribe=clerk\n"));
    // here the environment's variable stands for no rule
    server.deploy(export("environment", ""));
    server.configure(
        xml -> xml.replace("<http-listener ", "<http-listener write-timeout=\"10000\" "));
    server.start();
    await()
        .atMost(ServerProcess.BOOT)
        .until(() -> BOOTED.matcher(server.output()).find() || !server.isAlive());
    assertThat(server.isAlive()).as(server::output).isTrue();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Path export(String name, String config) throws IOException {
    Path file = Files.createDirectories(temp.resolve("wars")).resolve(name + ".war");
    ShrinkWrap.create(WebArchive.class, name + ".war")
        .addClass(TestApplication.class)
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(
            new StringAsset("starcast.endpoint.enabled=YES\n" + config),
            "META-INF/microprofile-config.properties")
        .addAsResource(
            new StringAsset("starcast.security.rules.\"file.*\".subscribe=*\n"),
            "META-INF/microprofile-config-prod.properties")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml")
        .as(ZipExporter.class)
        .exportTo(file.toFile());
    return file;
  }

  private static int status(String application, String topic) throws IOException {
    return RawHttp.once(
            server.server().uri(application + "/api/starcast/stream?topic=" + topic), "GET", "")
        .status();
  }

  /** The rule of {@code orders.*} has its roles from the environment. */
  @ParameterizedTest
  @CsvSource({"news.a, 200", "file.a, 200", "system.a, 200", "orders.a, 200", "other.a, 401"})
  void rulesOfEverySourceAndOfTheActiveProfileAreInForce(String topic, int status)
      throws IOException {
    assertThat(status("", topic)).as(server::output).isEqualTo(status);
  }

  @ParameterizedTest
  @CsvSource({
    "mistyped, starcast.security.rule.1: is not a key",
    "profile, %dev.starcast.securty.rules.\"a\".subscribe: is not a key",
    "environment, STARCAST_SECURITY_RULES__ORDERS____SUBSCRIBE: is not a key"
  })
  void whatLooksLikeARuleAndIsNotUnderstoodIsNotDeployed(String application, String reason)
      throws IOException {
    assertThat(status("/" + application, "news.a")).isEqualTo(404);
    assertThat(server.output()).contains(reason);
  }

  @Test
  @EnabledIfSystemProperty(named = "arquillian.launch", matches = "wildfly")
  void aWriteTimeoutThatEndsQuietStreamsIsReported() throws IOException {
    assertThat(status("", "news.a")).isEqualTo(200);
    await()
        .atMost(ServerProcess.BOOT)
        .untilAsserted(
            () ->
                assertThat(server.output())
                    .contains("STARCAST-1044")
                    .contains("a write timeout of 10000 ms"));
  }

  @Test
  void anotherNameThatIsNotKnownIsReported() {
    assertThat(server.output())
        .containsOnlyOnce("starcast.heartbeet is not a key; the nearest is starcast.heartbeat");
  }
}
