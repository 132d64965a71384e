package org.starcast.it.runtime;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A server that deploys what is put into a folder, and undeploys what is taken out of it. */
abstract class FolderTarget extends Target {

  private static final Duration BOOT = Duration.ofSeconds(180);

  private volatile Process process;

  FolderTarget(String name, String key, int oldestJava) {
    super(name, key, oldestJava);
  }

  /** Makes its folder what it needs to be to start. */
  abstract void configure() throws Exception;

  /** The arguments of {@code java}. */
  abstract List<String> command() throws Exception;

  /** Where applications are put. */
  abstract Path deployments();

  /** What the process finds in its environment. */
  Map<String, String> environment() {
    return Map.of();
  }

  @Override
  final void boot() throws Exception {
    configure();
    List<String> command = new ArrayList<>();
    command.add(java().resolve("bin/java").toString());
    Collections.addAll(command, JVM_OPTIONS);
    command.add("-Djava.io.tmpdir=" + Files.createDirectories(folder().resolve("tmp")));
    command.addAll(command());
    // when the tests are interrupted
    Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
    process = start(command);
    await().atMost(BOOT).until(() -> listens() || !process.isAlive());
    if (!process.isAlive()) {
      throw new IOException(name() + " has ended; its log:\n" + Files.readString(log()));
    }
  }

  private Process start(List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    builder.environment().put("JAVA_HOME", java().toString());
    builder.environment().putAll(environment());
    return builder.start();
  }

  /** Runs a tool of the server to its end. */
  final void run(String... command) throws Exception {
    Process tool = start(List.of(command));
    if (!tool.waitFor(120, TimeUnit.SECONDS) || tool.exitValue() != 0) {
      tool.destroyForcibly();
      throw new IOException(String.join(" ", command) + ":\n" + Files.readString(log()));
    }
  }

  private boolean listens() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  final void deploy(Path war) throws IOException {
    // half of a file is not to be deployed
    Path copy = Files.copy(war, folder().resolve("next"), StandardCopyOption.REPLACE_EXISTING);
    Files.move(
        copy, deployments().resolve(APPLICATION + ".war"), StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  void undeploy() throws IOException {
    Files.delete(deployments().resolve(APPLICATION + ".war"));
  }

  @Override
  final long pid() {
    return process.pid();
  }

  @Override
  final void stop() throws InterruptedException {
    if (process != null) {
      process.destroy();
      process.waitFor(20, TimeUnit.SECONDS);
      kill();
    }
  }

  private void kill() {
    if (process != null) {
      process.destroyForcibly();
    }
  }
}
