package org.starcast.it.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.starcast.it.Payara;

/** Payara Micro. */
final class PayaraTarget extends Target {

  private final Path microJar;
  private Payara payara;

  PayaraTarget(int major, int oldestJava, Path microJar) {
    super("Payara Micro", "payara" + major, oldestJava);
    this.microJar = microJar;
  }

  @Override
  boolean hasClearHttp2() {
    return false;
  }

  @Override
  void boot() throws IOException {
    String[] options = Arrays.copyOf(JVM_OPTIONS, JVM_OPTIONS.length + 1);
    options[JVM_OPTIONS.length] =
        "-Djava.io.tmpdir=" + Files.createDirectories(folder().resolve("tmp"));
    payara = new Payara(java(), microJar, port(), log(), options);
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
