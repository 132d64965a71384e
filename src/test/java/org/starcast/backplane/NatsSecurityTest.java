package org.starcast.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.nats.client.NKey;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may connect, and to whom. */
class NatsSecurityTest {

  private static final String PASSWORD = "secret";

  @TempDir Path directory;

  private final List<Backplane> nodes = new ArrayList<>();
  private NatsServer server;

  @AfterEach
  void stop() {
    nodes.forEach(Backplane::close);
    if (server != null) {
      server.close();
    }
  }

  private CompletionStage<Void> starting(String url, String... settings) {
    Map<String, String> keys = new HashMap<>();
    keys.put("starcast.backplane", "nats");
    keys.put("starcast.backplane.nats.servers", url);
    NatsBackplane node = new NatsBackplane(BackplaneContract.config(keys, settings));
    nodes.add(node);
    return node.start(new RecordingReceiver(), Thread::new);
  }

  /** Runs the server with a certificate for that name, which is in a trust store as well. */
  private Path serverWithCertificate(String name) throws Exception {
    Path store = directory.resolve(name.replace(':', '-') + ".p12");
    run(
        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-genkeypair",
        "-alias",
        "broker",
        "-keyalg",
        "EC",
        "-dname",
        "CN=broker",
        "-ext",
        "san=" + name,
        "-keystore",
        store.toString(),
        "-storetype",
        "PKCS12",
        "-storepass",
        PASSWORD);
    KeyStore keys = load(store);
    Path key = directory.resolve("key.pem");
    Path certificate = directory.resolve("certificate.pem");
    pem(key, "PRIVATE KEY", keys.getKey("broker", PASSWORD.toCharArray()).getEncoded());
    pem(certificate, "CERTIFICATE", keys.getCertificate("broker").getEncoded());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("broker", keys.getCertificate("broker"));
    Path trust = directory.resolve("trust.p12");
    try (var out = Files.newOutputStream(trust)) {
      trusted.store(out, PASSWORD.toCharArray());
    }
    server =
        NatsServer.running(
            "--tls", "--tlscert", certificate.toString(), "--tlskey", key.toString());
    return trust;
  }

  private static KeyStore load(Path file) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (var in = Files.newInputStream(file)) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  private static void pem(Path file, String type, byte[] bytes) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    Files.writeString(
        file, "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n");
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(output).isZero();
  }

  private String[] trusting(Path store) {
    return new String[] {
      "starcast.backplane.nats.trust-store",
      store.toString(),
      "starcast.backplane.nats.trust-store-password",
      PASSWORD
    };
  }

  @Test
  void aNodeConnectsByTlsToABrokerWithATrustedCertificate() throws Exception {
    Path trust = serverWithCertificate("ip:127.0.0.1");

    BackplaneContract.get(starting("tls://127.0.0.1:" + server.port(), trusting(trust)));
  }

  @Test
  void aNodeDoesNotConnectToABrokerWhoseCertificateIsOfAnotherName() throws Exception {
    Path trust = serverWithCertificate("dns:other.example");

    CompletionStage<Void> started = starting("tls://127.0.0.1:" + server.port(), trusting(trust));

    awaitRefusals();
    assertThat(started.toCompletableFuture()).isNotDone();
  }

  @Test
  void aNodeDoesNotConnectToABrokerWithoutATrustedCertificate() throws Exception {
    serverWithCertificate("ip:127.0.0.1");

    CompletionStage<Void> started = starting("tls://127.0.0.1:" + server.port());

    awaitRefusals();
    assertThat(started.toCompletableFuture()).isNotDone();
  }

  private void awaitRefusals() {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> assertThat(server.log()).contains("TLS handshake error: remote error: tls: "));
  }

  @Test
  void aNodeConnectsWithAnNkey() throws Exception {
    NKey user = NKey.createUser(null);
    Path config = directory.resolve("nats.conf");
    Files.writeString(
        config,
        "authorization { users = [ { nkey: " + new String(user.getPublicKey()) + " } ] }\n");
    Path seed = directory.resolve("user.nk");
    Files.writeString(
        seed,
        "-----BEGIN USER NKEY SEED-----\n"
            + new String(user.getSeed())
            + "\n------END USER NKEY SEED------\n");
    server = NatsServer.running("-c", config.toString());

    BackplaneContract.get(starting(server.url(), "starcast.backplane.nats.nkey", seed.toString()));
  }

  @Test
  void aKeyStoreThatCannotBeReadFailsWithItsKey() throws Exception {
    Path file = directory.resolve("no.p12");
    Files.writeString(file, "no key store");
    try (ServerSocket nobody = new ServerSocket(0)) {
      String url = "tls://127.0.0.1:" + nobody.getLocalPort();

      assertThatIllegalArgumentException()
          .isThrownBy(() -> starting(url, trusting(file)))
          .withMessageStartingWith("starcast.backplane.nats.trust-store: cannot be read");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> starting(url, "starcast.backplane.nats.key-store", file.toString()))
          .withMessageStartingWith("starcast.backplane.nats.key-store: cannot be read");
    }
  }
}
