package org.starcast.it.runtime;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starcast.internal.backplane.NatsServer;
import org.starcast.it.Payara;
import org.starcast.it.TlsClient;

/** Payara Micro. */
final class PayaraTarget extends Target {

  private final Path microJar;
  private final int tlsPort = NatsServer.freePort();
  private Payara payara;

  PayaraTarget(int major, int oldestJava, Path microJar) {
    super("Payara Micro", "payara" + major, oldestJava);
    this.microJar = microJar;
  }

  @Override
  URI http2() {
    return URI.create("https://127.0.0.1:" + tlsPort + "/");
  }

  @Override
  void boot() throws IOException, InterruptedException {
    Path keys = folder().resolve("keys.p12");
    TlsClient.makeKeyStore(keys);
    List<String> options = new ArrayList<>(Arrays.asList(JVM_OPTIONS));
    options.add("-Djava.io.tmpdir=" + Files.createDirectories(folder().resolve("tmp")));
    options.addAll(Payara.tls(tlsPort, keys));
    payara = new Payara(java(), microJar, port(), log(), options.toArray(String[]::new));
    Runtime.getRuntime().addShutdownHook(new Thread(payara::kill));
  }

  @Override
  void deploy(Path war) throws IOException {
    payara.deploy(war);
  }

  @Override
  void undeploy() throws IOException {
    payara.undeploy(APPLICATION);
  }

  @Override
  long pid() {
    return payara.pid();
  }

  @Override
  void stop() throws IOException {
    if (payara != null) {
      payara.endsWithin(20);
    }
  }
}
