package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.testing.ReceivedEvent;

/**
 * Streams through a real nginx with {@code server-config/nginx/starcast.conf}: TLS and HTTP/2
 * before it, HTTP/1.1 behind it. {@code -Dnginx.binary} names another place than Debian's; without
 * it, the tests are skipped.
 */
@ArquillianTest
@RunAsClient
class ProxyIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int READERS = 10;
  private static final int EVENTS = 600;
  private static final int RESTARTS = 3;

  @ArquillianResource URL base;

  @TempDir Path temp;

  private Server server;
  private Process nginx;
  private URI proxied;
  private volatile boolean done;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with("starcast.retry", "PT0.1S");
  }

  @BeforeEach
  void startProxy() throws Exception {
    Path binary = Path.of(System.getProperty("nginx.binary", "/usr/sbin/nginx"));
    assumeTrue(Files.isExecutable(binary), "skipped: there is no nginx at " + binary);
    server = new Server(base);
    writeKeys();
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    proxied = URI.create("https://127.0.0.1:" + port + base.getPath()).resolve("api/");
    writeConfiguration(port);
    start();
  }

  @AfterEach
  void stopProxy() throws InterruptedException {
    done = true;
    if (nginx != null) {
      kill();
    }
  }

  /** Certificate and key as nginx reads them (RFC 7468). */
  private void writeKeys() throws Exception {
    Path file = temp.resolve("keys.p12");
    TlsClient.makeKeyStore(file);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, TlsClient.PASSWORD.toCharArray());
    }
    byte[] certificate = keys.getCertificate("s1as").getEncoded();
    byte[] key = keys.getKey("s1as", TlsClient.PASSWORD.toCharArray()).getEncoded();
    Files.writeString(temp.resolve("proxy.pem"), pem("CERTIFICATE", certificate));
    Files.writeString(temp.resolve("proxy.key"), pem("PRIVATE KEY", key));
  }

  private static String pem(String what, byte[] bytes) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
  }

  /** What an administrator changes, and no more. */
  private void writeConfiguration(int port) throws IOException {
    Path shipped = Path.of(System.getProperty("server.config"), "nginx");
    String changed =
        replaced(
            replaced(
                replaced(
                    Files.readString(shipped.resolve("starcast.conf")),
                    "listen 443 ",
                    "listen 127.0.0.1:" + port + " "),
                "/etc/ssl/certs/app.example.pem",
                temp.resolve("proxy.pem").toString()),
            "/etc/ssl/private/app.example.key",
            temp.resolve("proxy.key").toString());
    Files.writeString(temp.resolve("starcast.conf"), changed);
    Files.writeString(
        temp.resolve("upstream.conf"),
        replaced(
            Files.readString(shipped.resolve("upstream.conf")),
            "server 127.0.0.1:8080;",
            "server 127.0.0.1:" + base.getPort() + ";"));
    Files.writeString(
        temp.resolve("nginx.conf"),
        """
        daemon off;
        worker_processes 1;
        pid %1$s/nginx.pid;
        error_log %1$s/error.log;
        events { worker_connections 512; }
        http {
          access_log off;
          # as in Debian's
          gzip on;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          include %1$s/upstream.conf;
          include %1$s/starcast.conf;
        }
        """
            .formatted(temp));
  }

  private static String replaced(String text, String what, String by) {
    assertThat(text).contains(what);
    return text.replace(what, by);
  }

  private void start() throws IOException {
    nginx =
        new ProcessBuilder(
                System.getProperty("nginx.binary", "/usr/sbin/nginx"),
                "-p",
                temp.toString(),
                "-c",
                temp.resolve("nginx.conf").toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(temp.resolve("out.log").toFile()))
            .start();
    await().atMost(PATIENCE).until(() -> listens() || !nginx.isAlive());
    assertThat(nginx.isAlive()).as(Files.readString(temp.resolve("out.log"))).isTrue();
  }

  private boolean listens() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(proxied.getHost(), proxied.getPort()), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** SIGKILL for all of its processes: no connection is closed in good order. */
  private void kill() throws InterruptedException {
    List<ProcessHandle> workers = nginx.descendants().toList();
    nginx.destroyForcibly().waitFor();
    workers.forEach(ProcessHandle::destroyForcibly);
    await().atMost(PATIENCE).until(() -> workers.stream().noneMatch(ProcessHandle::isAlive));
  }

  @Test
  void eachEventArrivesBeforeTheNextIsPublished() throws Exception {
    TlsClient.Stream stream =
        new TlsClient().open(proxied.resolve("starcast/stream?topic=proxy.a")).reading();
    assertThat(stream.version()).isEqualTo(HttpClient.Version.HTTP_2);
    for (int i = 0; i < 50; i++) {
      String data = "event " + i;
      server.publish("topic", "proxy.a", "data", data);
      await().atMost(PATIENCE).until(() -> stream.data().contains(data));
    }
    stream.close();
  }

  /** Any path but those that the configuration names: the header alone says so. */
  @Test
  void aStreamThatTheConfigurationDoesNotNameIsNotBufferedEither() throws Exception {
    TlsClient.Stream stream =
        new TlsClient().open(proxied.resolve("probe/stream/unnamed?topic=proxy.b")).reading();
    for (int i = 0; i < 20; i++) {
      String data = "event " + i;
      server.publish("topic", "proxy.b", "data", data);
      await().atMost(PATIENCE).until(() -> stream.data().contains(data));
    }
    stream.close();
  }

  @Test
  void aGzipStreamPassesAsItIs() throws Exception {
    TlsClient.Stream stream =
        new TlsClient()
            .open(proxied.resolve("starcast/stream?topic=proxy.c"), "Accept-Encoding", "gzip")
            .reading();
    assertThat(stream.header("Content-Encoding")).isEqualTo("gzip");
    assertThat(stream.header("Cache-Control")).isEqualTo("no-cache, no-transform");
    List<String> published = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String data = i + " " + "lorem ipsum ".repeat(100 * i);
      published.add(data.strip());
      server.publish("topic", "proxy.c", "data", data.strip());
      int count = i + 1;
      await().atMost(PATIENCE).until(() -> stream.data().size() == count);
    }
    assertThat(stream.data()).isEqualTo(published);
    stream.close();
  }

  @Test
  void whoComesBackAfterTheProxyWasKilledHasMissedNothing() throws Exception {
    List<Reader> readers = IntStream.range(0, READERS).mapToObj(i -> new Reader()).toList();
    for (Reader reader : readers) {
      reader.start();
    }
    await().atMost(PATIENCE).until(() -> server.clients() == READERS);
    List<String> published = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      published.add("event " + i);
      server.publish("topic", "proxy.d", "data", "event " + i);
      if (i % (EVENTS / (RESTARTS + 1)) == EVENTS / (RESTARTS + 1) - 1 && i < EVENTS - 1) {
        kill();
        // some are published while it is away
        for (int j = 0; j < 10; j++) {
          published.add("away " + i + " " + j);
          server.publish("topic", "proxy.d", "data", "away " + i + " " + j);
        }
        start();
      }
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(readers)
                    .allSatisfy(reader -> assertThat(reader.data()).isEqualTo(published)));
    assertThat(readers).allSatisfy(reader -> assertThat(reader.connections).isGreaterThan(1));
  }

  /** Comes back with the id of its last event whenever its stream breaks. */
  private final class Reader {
    private final List<ReceivedEvent> before = new ArrayList<>();
    private TlsClient.Stream stream;
    private volatile int connections;

    void start() throws Exception {
      TlsClient client = new TlsClient();
      Thread thread = new Thread(() -> follow(client), "reader");
      thread.setDaemon(true);
      thread.start();
      await().atMost(PATIENCE).until(() -> connections == 1);
    }

    private void follow(TlsClient client) {
      URI uri = proxied.resolve("starcast/stream?topic=proxy.d");
      while (!done) {
        try {
          String id = lastEventId();
          TlsClient.Stream opened =
              id.isEmpty() ? client.open(uri) : client.open(uri, "Last-Event-ID", id);
          synchronized (before) {
            stream = opened.reading();
          }
          connections++;
          await().forever().until(() -> opened.ended() || done);
          synchronized (before) {
            before.addAll(opened.events());
            stream = null;
          }
        } catch (IOException e) {
          // the proxy is away: ten that try without a pause would leave nothing to the server
          await().forever().until(() -> done || listens());
        }
      }
    }

    private List<ReceivedEvent> events() {
      synchronized (before) {
        List<ReceivedEvent> all = new ArrayList<>(before);
        if (stream != null) {
          all.addAll(stream.events());
        }
        return all;
      }
    }

    private String lastEventId() {
      List<ReceivedEvent> all = events();
      return all.isEmpty() ? "" : all.get(all.size() - 1).lastEventId();
    }

    List<String> data() {
      return events().stream().map(ReceivedEvent::data).toList();
    }
  }
}
