package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.starcast.internal.backplane.NatsServer;

/**
 * An application server with the test application at {@code /}, as a process of its own, with the
 * settings of server-config. It can be killed and started again, at the same port. What tells nodes
 * of a cluster apart comes from the environment, which both servers take MicroProfile Config values
 * from.
 */
final class ServerProcess implements AutoCloseable {

  /** Which server. */
  enum Kind {
    PAYARA,
    WILDFLY
  }

  static final Duration BOOT = Duration.ofSeconds(180);

  private final Kind kind;
  private final Path folder;
  private final Path war;
  private final Map<String, String> environment;
  private final int port = NatsServer.freePort();
  private final Server server;
  private final List<String> options = new ArrayList<>();
  private final List<Path> further = new ArrayList<>();
  private final List<UnaryOperator<String>> changes = new ArrayList<>();
  private final List<Path> scripts = new ArrayList<>();
  private final List<String> commands = new ArrayList<>();
  private final List<Path> libraries = new ArrayList<>();
  private volatile Process process;

  /** One that does not run yet, and keeps its files in a folder of its own. */
  ServerProcess(Kind kind, Path folder, Path war, Map<String, String> environment)
      throws IOException {
    this.kind = kind;
    this.folder = Files.createDirectories(folder);
    this.war = war;
    this.environment = environment;
    this.server = new Server(URI.create("http://127.0.0.1:" + port + "/").toURL());
    // when the tests are interrupted
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  Server server() {
    return server;
  }

  /** An option of the JVM, before it is started. */
  void option(String option) {
    options.add(option);
  }

  /** Another application, at the path of its file's name, before the process is started. */
  void deploy(Path war) {
    further.add(war);
  }

  /** Changes WildFly's configuration file, before the process is started for the first time. */
  void configure(UnaryOperator<String> change) {
    changes.add(change);
  }

  /** A file of WildFly's command line, applied before the process is started for the first time. */
  void cli(Path file) {
    scripts.add(file);
  }

  /** A command that Payara is given before it boots. */
  void command(String command) {
    commands.add(command);
  }

  /** A jar for Payara itself. */
  void library(Path jar) {
    libraries.add(jar);
  }

  /** Starts the process; {@link #ready} waits for it. */
  void start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx448m");
    command.add("-Djava.io.tmpdir=" + Files.createDirectories(folder.resolve("tmp")));
    command.addAll(options);
    command.addAll(kind == Kind.PAYARA ? payara() : wildfly());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    builder.environment().putAll(environment);
    process = builder.start();
  }

  private List<String> payara() throws IOException {
    String config = System.getProperty("server.config") + "/payara-micro/";
    Path deployments = Files.createDirectories(folder.resolve("deployments"));
    copyFurther(deployments);
    Path preboot = folder.resolve("preboot.asadmin");
    Files.writeString(
        preboot,
        Files.readString(Path.of(config, "preboot.asadmin")) + String.join("\n", commands) + "\n");
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of("@" + config + "jvm.options", "-jar", System.getProperty("payara.microJar")));
    for (Path library : libraries) {
      command.addAll(List.of("--addlibs", library.toString()));
    }
    command.addAll(
        List.of(
            "--prebootcommandfile",
            preboot.toString(),
            "--port",
            Integer.toString(port),
            "--nocluster",
            "--deploymentdir",
            deployments.toString(),
            "--deploy",
            war.toString(),
            "--contextroot",
            "/"));
    return command;
  }

  private void copyFurther(Path deployments) throws IOException {
    for (Path other : further) {
      Files.copy(
          other, deployments.resolve(other.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private List<String> wildfly() throws IOException {
    Path home = Path.of(System.getProperty("wildfly.home")).toAbsolutePath();
    Path base = folder.resolve("standalone");
    if (!Files.exists(base)) {
      NatsServer.copy(home.resolve("standalone/configuration"), base.resolve("configuration"));
      Path standalone = base.resolve("configuration/standalone.xml");
      String configuration = Files.readString(standalone);
      for (UnaryOperator<String> change : changes) {
        configuration = change.apply(configuration);
      }
      Files.writeString(standalone, configuration);
      Files.createDirectories(base.resolve("deployments"));
      Files.copy(war, base.resolve("deployments/ROOT.war"));
      copyFurther(base.resolve("deployments"));
      for (Path script : scripts) {
        apply(script, home, base);
      }
    }
    return WildFly.command(home, base, port, NatsServer.freePort());
  }

  private void apply(Path script, Path home, Path base) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-Djboss.server.base.dir=" + base,
                "-jar",
                home.resolve("jboss-modules.jar").toString(),
                "-mp",
                home.resolve("modules").toString(),
                "org.jboss.as.cli",
                "--file=" + script)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
    builder.environment().put("JBOSS_HOME", home.toString());
    Process cli = builder.start();
    try {
      assertThat(cli.waitFor(BOOT.toSeconds(), TimeUnit.SECONDS)).as(this::output).isTrue();
      assertThat(cli.exitValue()).as(this::output).isZero();
    } catch (InterruptedException e) {
      throw new IOException(e);
    } finally {
      cli.destroyForcibly();
    }
  }

  /** Waits until the application answers. */
  void ready() {
    await().atMost(BOOT).until(() -> answers() || !isAlive());
    assertThat(isAlive()).as(this::output).isTrue();
  }

  boolean answers() {
    try {
      return server.get("probe/statistics").statusCode() == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL. */
  void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** SIGTERM. */
  void stop() {
    process.destroy();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(this::output).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  Path log() {
    return folder.resolve("log");
  }

  /** What it has logged, at all its starts. */
  String output() {
    try {
      return Files.readString(log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    if (process != null) {
      kill();
    }
  }
}
