package org.starcast.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Knows how each server is started, {@link Hub} how those that take no WAR are: with what {@code
 * server-config/} holds for it, the heap that the scenario asks for, on 127.0.0.1 only, and with
 * its files in the benchmark's work folder.
 */
final class Launcher {

  static final String DEFAULT_HEAP = "2g";
  static final String STALLED_HEAP = "512m";
  static final String CROWD_HEAP = "8g";

  /** Payara Micro has no option for the address that it listens on. */
  private static final String PAYARA_LOOPBACK =
      "set configs.config.server-config.network-config.network-listeners.network-listener"
          + ".http-listener.address=127.0.0.1";

  private final Options options;
  private final Path work;
  private int starts;

  Launcher(Options options, Path work) {
    this.options = options;
    this.work = work;
  }

  /** Why a subject cannot be measured, or null if it can. */
  String missing(Subject subject) {
    return switch (subject.container) {
      case PAYARA -> needed("--payara-jar", options.payaraJar());
      case WILDFLY -> needed("--wildfly-home", options.wildflyHome());
      case SERVER -> needed("--server", options.server());
      case HUB -> Hub.missing(subject.flavour, options);
    };
  }

  private String needed(String option, Path file) {
    if (file == null || !Files.exists(file)) {
      return option + " names no file that is there";
    }
    return options.war() == null || !Files.exists(options.war())
        ? "--war names no file that is there"
        : null;
  }

  Server start(Subject subject, String heap) throws IOException {
    return start(subject, heap, "");
  }

  /**
   * Starts a server.
   *
   * @param settings properties of the application beside its own, as the text of a file; not for
   *     servers that scripts start
   */
  Server start(Subject subject, String heap, String settings) throws IOException {
    Path log = work.resolve("server-" + ++starts + "-" + subject.id() + ".log");
    return switch (subject.container) {
      case PAYARA -> payara(subject, heap, settings, log);
      case WILDFLY -> wildfly(subject, heap, settings, log);
      case SERVER -> script(subject, heap, log);
      case HUB -> new Hub(options, fresh("hub"), freePort()).start(subject.flavour, heap, log);
    };
  }

  private Server payara(Subject subject, String heap, String settings, Path log)
      throws IOException {
    Path config = options.serverConfig().resolve("payara-micro");
    int port = freePort();
    List<String> command = new ArrayList<>();
    command.add(options.javaHome().resolve("bin/java").toString());
    command.addAll(jvmOptions(config));
    command.add("-Xmx" + heap);
    command.add("-jar");
    command.add(options.payaraJar().toString());
    command.addAll(List.of("--deploy", options.war().toString(), "--contextroot", "/"));
    command.addAll(List.of("--port", Integer.toString(port), "--nocluster"));
    command.addAll(List.of("--disablephonehome", "--maxhttpthreads", "16"));
    command.addAll(List.of("--rootdir", fresh("payara").toString()));
    command.addAll(List.of("--systemproperties", settings(settings).toString()));
    command.addAll(commandFile("--prebootcommandfile", config, "pre", List.of(PAYARA_LOOPBACK)));
    command.addAll(commandFile("--postbootcommandfile", config, "post", List.of()));
    ProcessBuilder builder = new ProcessBuilder(command).directory(work.toFile());
    return Server.start(builder, port, readyPath(subject), log, true);
  }

  private Server wildfly(Subject subject, String heap, String settings, Path log)
      throws IOException {
    Path config = options.serverConfig().resolve("wildfly");
    Path home = options.wildflyHome().toAbsolutePath();
    Path base = fresh("wildfly");
    for (String folder : List.of("configuration", "deployments", "lib")) {
      copy(home.resolve("standalone").resolve(folder), base.resolve(folder));
    }
    for (Path script : files(config, "", ".cli")) {
      applyOffline(home, base, script);
    }
    Files.copy(
        options.war(), base.resolve("deployments/ROOT.war"), StandardCopyOption.REPLACE_EXISTING);
    int port = freePort();
    List<String> jvm = new ArrayList<>(jvmOptions(config));
    jvm.addAll(
        List.of(
            "-Xmx" + heap,
            "-Djava.net.preferIPv4Stack=true",
            "-Djboss.modules.system.pkgs=org.jboss.byteman",
            "-Djava.awt.headless=true"));
    List<String> command =
        List.of(
            "bash",
            home.resolve("bin/standalone.sh").toString(),
            "-b",
            "127.0.0.1",
            "-bmanagement",
            "127.0.0.1",
            "-Djboss.server.base.dir=" + base,
            "-P=" + settings(settings),
            "-Djboss.http.port=" + port,
            "-Djboss.https.port=" + freePort(),
            "-Djboss.management.http.port=" + freePort());
    ProcessBuilder builder = new ProcessBuilder(command).directory(work.toFile());
    builder.environment().put("JAVA_OPTS", String.join(" ", jvm));
    builder.environment().put("JAVA_HOME", options.javaHome().toString());
    return Server.start(builder, port, readyPath(subject), log, true);
  }

  /** Runs a management script on a copy of the server's configuration, without starting it. */
  private void applyOffline(Path home, Path base, Path script) throws IOException {
    List<String> commands = new ArrayList<>(Files.readAllLines(script));
    if (commands.stream().noneMatch(l -> l.trim().startsWith("embed-server"))) {
      commands.add(0, "embed-server --server-config=standalone.xml --std-out=discard");
      commands.add("stop-embedded-server");
    }
    Path file = Files.write(work.resolve("offline.cli"), commands);
    Path log = work.resolve("offline-cli.log");
    ProcessBuilder cli =
        new ProcessBuilder("bash", home.resolve("bin/jboss-cli.sh").toString(), "--file=" + file)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    cli.environment().put("JAVA_OPTS", "-Djboss.server.base.dir=" + base);
    cli.environment().put("JAVA_HOME", options.javaHome().toString());
    Process process = cli.start();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IOException(script + " failed:\n" + Files.readString(log));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The script is told by its environment what it is to start, and becomes the server. */
  private Server script(Subject subject, String heap, Path log) throws IOException {
    Path folder = fresh("server");
    int port = freePort();
    ProcessBuilder builder =
        new ProcessBuilder("bash", options.server().toString()).directory(folder.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "WAR", options.war().toString(),
                "PORT", Integer.toString(port),
                "HEAP", heap,
                "WORK", folder.toString(),
                "SERVERS", options.servers().toString(),
                "SERVER_CONFIG", options.serverConfig().toString(),
                "JAVA_HOME", options.javaHome().toString()));
    return Server.start(builder, port, readyPath(subject), log, true);
  }

  private static String readyPath(Subject subject) {
    return subject.flavour == Flavour.STARCAST ? "/api/bench/stats" : "/ceiling/ready";
  }

  private Path settings(String settings) throws IOException {
    return Files.writeString(work.resolve("settings-" + starts + ".properties"), settings);
  }

  private Path fresh(String name) throws IOException {
    return Files.createDirectory(work.resolve(name + "-" + starts));
  }

  /** The options in {@code jvm.options}: one in a line, {@code #} begins a comment line. */
  private static List<String> jvmOptions(Path config) throws IOException {
    Path file = config.resolve("jvm.options");
    if (!Files.exists(file)) {
      return List.of();
    }
    return Files.readAllLines(file).stream()
        .map(String::trim)
        .filter(l -> !l.isEmpty() && !l.startsWith("#"))
        .toList();
  }

  /** Payara Micro takes one command file of each kind: those that are there, joined. */
  private List<String> commandFile(
      String option, Path config, String prefix, List<String> ownCommands) throws IOException {
    List<String> commands = new ArrayList<>();
    for (Path file : files(config, prefix, "")) {
      commands.addAll(Files.readAllLines(file));
    }
    commands.addAll(ownCommands);
    if (commands.isEmpty()) {
      return List.of();
    }
    Path file = work.resolve(prefix + "boot-" + starts + ".asadmin");
    return List.of(option, Files.write(file, commands).toString());
  }

  private static List<Path> files(Path folder, String prefix, String suffix) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(f -> f.getFileName().toString().startsWith(prefix))
          .filter(f -> f.getFileName().toString().endsWith(suffix))
          .sorted()
          .toList();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    if (!Files.exists(from)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(from)) {
      all = walk.toList();
    }
    for (Path file : all) {
      Path target = to.resolve(from.relativize(file).toString());
      if (Files.isDirectory(file)) {
        Files.createDirectories(target);
      } else {
        Files.copy(file, target);
      }
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }
}
