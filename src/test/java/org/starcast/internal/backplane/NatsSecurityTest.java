package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.nats.client.NKey;
import io.nats.client.support.JwtUtils;
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
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.spi.Backplane;

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
    return node(url, settings).started();
  }

  private BackplaneContract.Node node(String url, String... settings) {
    Map<String, String> keys = new HashMap<>();
    keys.put("starcast.backplane", "nats");
    keys.put("starcast.backplane.nats.servers", url);
    NatsBackplane node = new NatsBackplane(Settings.config(keys, settings), Settings.SCHEDULER);
    nodes.add(node);
    RecordingReceiver receiver = new RecordingReceiver();
    return new BackplaneContract.Node(node, receiver, node.start(receiver, Thread::new));
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

  /** Whom the server with accounts knows. */
  private final class Accounts {
    final NKey operator = NKey.createOperator(null);
    final NKey account = NKey.createAccount(null);

    Accounts() throws Exception {}

    /** Runs the server, which knows the account, and one for itself. */
    void start() throws Exception {
      NKey system = NKey.createAccount(null);
      Path config = directory.resolve("nats.conf");
      String self = "{\"type\":\"operator\",\"version\":2}";
      Files.writeString(
          config,
          "operator: "
              + Files.writeString(directory.resolve("op.jwt"), jwt(operator, operator, self))
              + "\nsystem_account: "
              + publicKey(system)
              + "\nresolver: MEMORY\nresolver_preload: {\n"
              + publicKey(system)
              + ": "
              + jwt(operator, system, account(0))
              + "\n"
              + publicKey(account)
              + ": "
              + jwt(operator, account, account(-1))
              + "\n}\n");
      server = NatsServer.running("-c", config.toString());
    }

    /** The claims of an account with so much of JetStream, -1 for all there is. */
    private String account(int jetStream) {
      return """
          {"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,\
          "conn":-1,"leaf":-1,"mem_storage":%1$d,"disk_storage":%1$d,"streams":%1$d,\
          "consumer":%1$d},"default_permissions":{"pub":{},"sub":{}},"type":"account","version":2}"""
          .formatted(jetStream);
    }

    private String jwt(NKey issuer, NKey subject, String claims) throws Exception {
      return JwtUtils.issueJWT(
          issuer, publicKey(subject), "test", null, 0, publicKey(issuer), () -> claims);
    }

    private static String publicKey(NKey key) throws Exception {
      return new String(key.getPublicKey());
    }

    /** A file as nsc writes it, for a user of the account. */
    Path credentials() throws Exception {
      NKey user = NKey.createUser(null);
      return decorated(
          JwtUtils.issueUserJWT(account, publicKey(account), publicKey(user)),
          new String(user.getSeed()));
    }
  }

  private Path decorated(String jwt, String seed) throws IOException {
    return Files.writeString(
        directory.resolve("user.creds"),
        "-----BEGIN NATS USER JWT-----\n"
            + jwt
            + "\n------END NATS USER JWT------\n\n"
            + "************************* IMPORTANT *************************\n"
            + "NKEY Seed printed below can be used to sign and prove identity.\n\n"
            + "-----BEGIN USER NKEY SEED-----\n"
            + seed
            + "\n------END USER NKEY SEED------\n");
  }

  @Test
  void nodesWithCredentialsOfAnAccountPublishAndReceive() throws Exception {
    Accounts accounts = new Accounts();
    accounts.start();
    String[] settings = {"starcast.backplane.nats.credentials", accounts.credentials().toString()};
    BackplaneContract.Node one = node(server.url(), settings);
    BackplaneContract.Node two = node(server.url(), settings);
    BackplaneContract.get(one.started());
    BackplaneContract.get(two.started());

    one.publishAll("a", 0, 10);

    two.receiver().awaitEvents(10);
    assertThat(two.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 10));
  }

  @Test
  void credentialsOfAnotherAccountAreRefusedAndThatIsSaid() throws Exception {
    new Accounts().start();
    Path stranger = new Accounts().credentials();

    try (LogCapture log = new LogCapture(NatsBackplane.class)) {
      CompletionStage<Void> started =
          starting(server.url(), "starcast.backplane.nats.credentials", stranger.toString());

      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(log.records())
                      .extracting(LogRecord::getMessage)
                      .contains("STARCAST-3008: the broker refuses the credentials of this node"));
      assertThat(started.toCompletableFuture()).isNotDone();
    }
  }

  @Test
  void aCredentialsFileIsReadAgainForEachConnection() throws Exception {
    Accounts accounts = new Accounts();
    accounts.start();
    Path file = accounts.credentials();
    byte[] good = Files.readAllBytes(file);
    new Accounts().credentials();
    String[] settings = {"starcast.backplane.nats.credentials", file.toString()};
    CompletionStage<Void> started = starting(server.url(), settings);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(server.log()).contains("authentication error"));

    Files.write(file, good);

    BackplaneContract.get(started);
  }

  @Test
  void aCredentialsFileThatCannotBeUsedFailsWithItsKey() throws Exception {
    List<String> lines = Files.readAllLines(new Accounts().credentials());
    String jwt = lines.get(1);
    String seed = lines.get(lines.indexOf("-----BEGIN USER NKEY SEED-----") + 1);

    assertUnusable(directory.resolve("none"), "must be a file that can be read");
    assertUnusable(directory, "cannot be read: ");
    assertUnusable(decorated("", seed), "has no line with the JWT of a user");
    assertUnusable(decorated(jwt.replace('.', ' '), seed), "has no line with the JWT of a user");
    assertUnusable(decorated(jwt, ""), "has no line with the seed of a user");
    String cut = seed.substring(0, 40);
    assertUnusable(decorated(jwt, cut), "the seed of the user is malformed");
  }

  private void assertUnusable(Path file, String problem) {
    String key = "starcast.backplane.nats.credentials";
    assertThatIllegalArgumentException()
        .isThrownBy(() -> starting("nats://127.0.0.1:1", key, file.toString()))
        .withMessageStartingWith(key + ": " + problem);
  }

  @Test
  void anNkeyFileThatCannotBeUsedFailsWithItsKey() throws Exception {
    Path file = Files.writeString(directory.resolve("user.nk"), "no seed\n");

    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> starting("nats://127.0.0.1:1", "starcast.backplane.nats.nkey", file.toString()))
        .withMessage("starcast.backplane.nats.nkey: has no line with the seed of a user");
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
