package org.starcast.backplane;

import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/**
 * A real nats-server process with JetStream, on a port and a directory of its own that outlive its
 * restarts. The binary is that of the system property {@code nats-server}, or on the path.
 */
public final class NatsServer implements AutoCloseable {

  private final Path binary;
  private final Path directory;
  private final int port;
  private final List<String> more;
  private Process process;

  private NatsServer(Path binary, Path directory, int port, List<String> more) {
    this.binary = binary;
    this.directory = directory;
    this.port = port;
    this.more = more;
  }

  /** A server that does not run yet; without a binary the test is skipped, and says so. */
  public static NatsServer stopped(String... more) {
    Optional<Path> binary = binary();
    Assumptions.assumeTrue(
        binary.isPresent(), "there is no nats-server on the path, nor -Dnats-server=<file>");
    try {
      return new NatsServer(
          binary.get(), Files.createTempDirectory("nats"), freePort(), List.of(more));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A server that runs. */
  public static NatsServer running(String... more) {
    NatsServer server = stopped(more);
    server.start();
    return server;
  }

  private static Optional<Path> binary() {
    String given = System.getProperty("nats-server", "");
    if (!given.isEmpty()) {
      return Optional.of(Path.of(given)).filter(Files::isExecutable);
    }
    List<String> places = new ArrayList<>(List.of(System.getenv("PATH").split(":")));
    places.add("/usr/sbin");
    places.add("/usr/local/sbin");
    return places.stream()
        .map(place -> Path.of(place, "nats-server"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
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
            List.of(
                binary.toString(),
                "-a",
                "127.0.0.1",
                "-p",
                Integer.toString(port),
                "-js",
                "-sd",
                store().toString()));
    command.addAll(more);
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()))
              .start();
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

  private static void copy(Path from, Path to) {
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
    try {
      return Nats.connect(
          new Options.Builder().server(url()).supportUTF8Subjects().noReconnect().build());
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly();
      end(process::destroyForcibly);
    }
    delete(directory);
  }
}
