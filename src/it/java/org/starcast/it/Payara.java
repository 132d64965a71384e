package org.starcast.it;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A running {@link PayaraProcess}, with the settings of server-config. Used by one thread. */
public final class Payara implements AutoCloseable {

  private final Process process;
  private final BufferedReader answers;
  private final Writer commands;
  private final Path log;

  /** That of most tests, on the Java that they run on. */
  Payara(int port, Path log, String... jvmOptions) throws IOException {
    this(
        Path.of(System.getProperty("java.home")),
        Path.of(System.getProperty("payara.microJar")),
        port,
        log,
        jvmOptions);
  }

  /** Starts it, and waits until it listens; what it logs is written into {@code log}. */
  public Payara(Path java, Path microJar, int port, Path log, String... jvmOptions)
      throws IOException {
    String config = System.getProperty("server.config") + "/payara-micro/";
    List<String> command = new ArrayList<>();
    command.add(java.resolve("bin/java").toString());
    command.add("@" + config + "jvm.options");
    command.add("-Xmx1g");
    // what the manifest opens when the jar is run
    command.add("--add-opens=java.base/java.net=ALL-UNNAMED");
    command.add("--add-opens=java.base/sun.net.www.protocol.jar=ALL-UNNAMED");
    command.addAll(List.of(jvmOptions));
    command.add("-cp");
    command.add(microJar.toString() + File.pathSeparator + classes(log));
    command.add(PayaraProcess.class.getName());
    command.add(Integer.toString(port));
    command.add(config + "preboot.asadmin");
    this.log = log;
    process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    answers = process.inputReader();
    commands = process.outputWriter();
    await(PayaraProcess.BOOT);
  }

  /** The options of a JVM that has HTTPS, too, and with it HTTP/2. */
  public static List<String> tls(int port, Path keys) {
    return List.of(
        "-D" + PayaraProcess.TLS_PORT + "=" + port,
        "-Djavax.net.ssl.keyStore=" + keys,
        "-Djavax.net.ssl.keyStorePassword=" + TlsClient.PASSWORD);
  }

  /** A folder with the class of the process alone: what is there, applications would see. */
  private static Path classes(Path log) throws IOException {
    String file = PayaraProcess.class.getName().replace('.', '/') + ".class";
    Path folder = log.resolveSibling(log.getFileName() + ".classes");
    Path copy = folder.resolve(file);
    Files.createDirectories(copy.getParent());
    try (InputStream in = PayaraProcess.class.getClassLoader().getResourceAsStream(file)) {
      Files.write(copy, in.readAllBytes());
    }
    return folder;
  }

  /**
   * Its name without {@code .war} is that of the application and, unless it says so itself, its
   * context root.
   */
  public void deploy(Path war) throws IOException {
    tell(PayaraProcess.DEPLOY + war);
  }

  public void undeploy(String name) throws IOException {
    tell(PayaraProcess.UNDEPLOY + name);
  }

  private void tell(String what) throws IOException {
    commands.write(what + "\n");
    commands.flush();
    await(what);
  }

  private void await(String what) throws IOException {
    String answer = answers.readLine();
    if (!(PayaraProcess.ANSWER + what).equals(answer)) {
      process.destroyForcibly();
      throw new IOException(
          what + " was answered by " + answer + "; the server's log:\n" + Files.readString(log));
    }
  }

  public long pid() {
    return process.pid();
  }

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Shuts it down. */
  @Override
  public void close() throws IOException {
    if (!endsWithin(60)) {
      throw new IOException("the server does not end");
    }
  }

  /** Shuts it down, and kills it if that takes longer. */
  public boolean endsWithin(int seconds) throws IOException {
    try {
      commands.close();
      return process.waitFor(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      process.destroyForcibly();
    }
  }
}
