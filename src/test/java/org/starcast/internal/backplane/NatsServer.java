package org.starcast.internal.backplane;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.starcast.Programs;

/**
 * A real nats-server process with JetStream, on a port and a directory of its own that outlive its
 * restarts. The binary is that of the system property {@code nats-server}, or on the path.
 */
public final class NatsServer implements AutoCloseable {

  private static final String PROPERTY = "nats-server";

  private final Path binary;
  private final Path directory;
  private final int port = freePort();
  private final List<String> arguments;
  private final Map<String, String> environment;
  private volatile Process process;

  private NatsServer(Path binary, Map<String, String> environment, String... arguments) {
    this.binary = binary;
    this.environment = Map.copyOf(environment);
    this.arguments = List.of(arguments);
    try {
      this.directory = Files.createTempDirectory("nats");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // when the tests are interrupted
    Runtime.getRuntime().addShutdownHook(new Thread(this::destroy));
  }

  /** A server that does not run yet; without a binary the test is skipped, and says so. */
  public static NatsServer stopped(String... more) {
    return new NatsServer(binary(PROPERTY), Map.of(), more);
  }

  /**
   * A server that does not run yet, with a configuration of {@code server-config}; skips as {@link
   * #stopped}.
   *
   * @param environment what the configuration takes from there, but for the store
   */
  public static NatsServer configured(
      Path configuration, Map<String, String> environment, String... more) {
    return configured(binary(PROPERTY), configuration, environment, more);
  }

  /** As above, of the given binary. */
  static NatsServer configured(
      Path binary, Path configuration, Map<String, String> environment, String... more) {
    List<String> arguments = new ArrayList<>(List.of("-c", configuration.toString()));
    arguments.addAll(List.of(more));
    return new NatsServer(binary, environment, arguments.toArray(String[]::new));
  }

  /** A server that runs. */
  public static NatsServer running(String... more) {
    NatsServer server = stopped(more);
    server.start();
    return server;
  }

  /**
   * The binary that the system property names, or else that of {@code nats-server}, or else the one
   * on the path; where there is none, the test is skipped.
   */
  static Path binary(String property) {
    String given = System.getProperty(property, System.getProperty(PROPERTY, ""));
    Optional<Path> found = Programs.find(given, "nats-server", "/usr/sbin", "/usr/local/sbin");
    Assumptions.assumeTrue(
        found.isPresent(), "there is no nats-server on the path, nor -Dnats-server=<file>");
    return found.get();
  }

  /** Such as {@code 2.9.10}. */
  static String version(Path binary) {
    try {
      Process process =
          new ProcessBuilder(binary.toString(), "--version").redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return said.replaceFirst("(?s).*v(\\d[^\\s]*).*", "$1");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A port that nobody listens on. */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return port;
  }

  /** Where clients connect to. */
  public String url() {
    return "nats://127.0.0.1:" + port;
  }

  /** Where the streams are. */
  public Path store() {
    return directory.resolve("store");
  }

  /** Starts it, and waits until it listens. */
  public void start() {
    List<String> command =
        new ArrayList<>(
            List.of(binary.toString(), "-a", "127.0.0.1", "-p", Integer.toString(port), "-js"));
    if (environment.isEmpty()) {
      command.addAll(List.of("-sd", store().toString()));
    }
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()));
    builder.environment().putAll(environment);
    builder.environment().put("NATS_STORE", store().toString());
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Awaitility.await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(20))
        .until(this::listens);
  }

  private boolean listens() {
    if (!process.isAlive()) {
      throw new IllegalStateException("nats-server ended: " + log());
    }
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 500);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** What it has logged. */
  public String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Ends it in order. */
  public void stop() {
    end(process::destroy);
  }

  /** Ends it as a power cut of its machine would, but for what the kernel has to write. */
  public void kill() {
    end(process::destroyForcibly);
  }

  private void end(Runnable how) {
    how.run();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sends it a signal, such as {@code STOP}. */
  public void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Deletes all streams; only while it is stopped. */
  public void wipe() {
    delete(store());
  }

  /** Copies all streams, to {@link #restore}. */
  public Path backup() {
    try {
      Path copy = Files.createTempDirectory(directory, "copy");
      copy(store(), copy);
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts a copy in place of all streams; only while it is stopped. */
  public void restore(Path copy) {
    wipe();
    copy(copy, store());
  }

  /** Copies a folder with all that is in it. */
  public static void copy(Path from, Path to) {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path tree) {
    if (!Files.exists(tree)) {
      return;
    }
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client of the test. */
  public Connection connect() {
    return connect(port);
  }

  /** A client of the test, by another port, such as that of a {@link Link}. */
  Connection connect(int by) {
    try {
      Options.Builder options =
          new Options.Builder()
              .server("nats://127.0.0.1:" + by)
              .supportUTF8Subjects()
              .noReconnect()
              .errorListener(new ErrorListener() {});
      String user = environment.get("STARCAST_BACKPLANE_NATS_USERNAME");
      if (user != null) {
        options.userInfo(user, environment.get("STARCAST_BACKPLANE_NATS_PASSWORD"));
      }
      return Nats.connect(options.build());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void destroy() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  @Override
  public void close() {
    if (process != null) {
      end(process::destroyForcibly);
    }
    delete(directory);
  }
}
