package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** See {@link Http2}. A server of its own, as the one of the other tests has no TLS. */
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class Http2PayaraIT {

  private static final Duration BOOT = Duration.ofSeconds(180);

  @TempDir static Path temp;

  private static Process process;
  private static Http2 http2;

  @BeforeAll
  static void start() throws Exception {
    Path war = temp.resolve("starcast-test.war");
    TestWar.with(Http2.CONFIG).as(ZipExporter.class).exportTo(war.toFile(), true);
    Path keys = temp.resolve("keys.p12");
    TlsClient.makeKeyStore(keys);
    Path commands = temp.resolve("preboot.asadmin");
    String config = System.getProperty("server.config") + "/payara-micro/";
    Files.writeString(
        commands,
        Files.readString(Path.of(config + "preboot.asadmin"))
            + "\nset configs.config.server-config.network-config.network-listeners"
            + ".network-listener.https-listener.address=127.0.0.1\n");
    int[] ports = freePorts();
    Path log = temp.resolve("payara.log");
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + config + "jvm.options",
                "-Xmx512m",
                "-Djava.io.tmpdir=" + Files.createDirectories(temp.resolve("tmp")),
                "-Djavax.net.ssl.keyStore=" + keys,
                "-Djavax.net.ssl.keyStorePassword=" + TlsClient.PASSWORD,
                "-jar",
                System.getProperty("payara.microJar"),
                "--prebootcommandfile",
                commands.toString(),
                "--port",
                Integer.toString(ports[0]),
                "--sslPort",
                Integer.toString(ports[1]),
                "--nocluster",
                "--deploy",
                war.toString(),
                "--contextroot",
                "/")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Server server = new Server(URI.create("http://127.0.0.1:" + ports[0] + "/").toURL());
    await().atMost(BOOT).until(() -> answers(server) || !process.isAlive());
    assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
    http2 = new Http2(URI.create("https://127.0.0.1:" + ports[1] + "/"), server);
  }

  private static int[] freePorts() throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (ServerSocket one = new ServerSocket(0, 1, here);
        ServerSocket other = new ServerSocket(0, 1, here)) {
      return new int[] {one.getLocalPort(), other.getLocalPort()};
    }
  }

  private static boolean answers(Server server) {
    try {
      return server.get("probe/statistics").statusCode() == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void manyStreamsOfOneConnectionGetEachEventAtOnce() throws IOException {
    http2.manyStreamsOfOneConnectionGetEachEventAtOnce();
  }

  @Test
  void aStreamThatTakesNothingIsClosedAloneAndTheOthersGoOn() throws IOException {
    http2.aStreamThatTakesNothingIsClosedAloneAndTheOthersGoOn();
  }

  @Test
  void aConnectionThatTakesNothingIsNotFilledWithoutEnd() throws IOException {
    http2.aConnectionThatTakesNothingIsNotFilledWithoutEnd();
  }
}
