package org.starcast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server, run as a child process and ended by its process id: by {@link #close()}, or when this
 * program ends, however it ends.
 */
final class Server implements AutoCloseable {

  private static final Set<Server> RUNNING = ConcurrentHashMap.newKeySet();
  private static final long START_SECONDS = 120;

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Server::close)));
  }

  private final Process process;
  private final int port;
  private final Path log;
  private final boolean jvm;
  private List<ProcessHandle> workers = List.of();

  private Server(Process process, int port, Path log, boolean jvm) {
    this.process = process;
    this.port = port;
    this.log = log;
    this.jvm = jvm;
  }

  /**
   * Starts a server and waits until it answers.
   *
   * @param jvm whether the process that counts is a JVM: the started one, or a child of it where a
   *     script starts it
   * @throws IOException if it ends, or does not answer with 200 within two minutes; the message
   *     holds the end of its log
   */
  static Server start(ProcessBuilder command, int port, String readyPath, Path log, boolean jvm)
      throws IOException {
    command.redirectErrorStream(true).redirectOutput(log.toFile());
    Server server = new Server(command.start(), port, log, jvm);
    RUNNING.add(server);
    boolean ready =
        Swarm.await(
            () -> !server.process.isAlive() || server.answers(readyPath),
            START_SECONDS,
            TimeUnit.SECONDS);
    if (!ready || !server.process.isAlive()) {
      server.close();
      throw new IOException("the server did not start:\n" + tail(log));
    }
    server.workers =
        Stream.concat(Stream.of(server.process.toHandle()), server.process.toHandle().descendants())
            .filter(p -> !jvm || isJvm(p))
            .toList();
    return server;
  }

  int port() {
    return port;
  }

  boolean isJvm() {
    return jvm;
  }

  boolean alive() {
    return process.isAlive() && workers.stream().allMatch(ProcessHandle::isAlive);
  }

  /** The process that holds the streams. */
  long pid() {
    return workers.get(workers.size() - 1).pid();
  }

  /** Processor time of all its processes so far, in seconds. */
  double cpuSeconds() {
    return workers.stream().mapToDouble(p -> Proc.cpuSeconds(p.pid())).sum();
  }

  /** As much of that as each thread of the JVM's compilers has used that is there now. */
  Map<Path, Double> compilerSeconds() {
    return Proc.compilerSeconds(pid());
  }

  long residentBytes() {
    return workers.stream().mapToLong(p -> Proc.residentBytes(p.pid())).sum();
  }

  /** File descriptors of the process that has the most. */
  long openFiles() {
    return workers.stream().mapToLong(p -> Proc.openFiles(p.pid())).max().orElse(0);
  }

  /** Whether the server's log tells of memory that ran out. */
  boolean ranOutOfMemory() {
    try (Stream<String> lines = Files.lines(log, java.nio.charset.StandardCharsets.ISO_8859_1)) {
      return lines.anyMatch(l -> l.contains("OutOfMemoryError"));
    } catch (IOException e) {
      return false;
    }
  }

  private boolean answers(String path) {
    try (HttpPublisher http = new HttpPublisher(port, 2_000)) {
      if (http.get(path).ok()) {
        return true;
      }
    } catch (IOException | RuntimeException e) {
      // not yet
    }
    java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
    return false;
  }

  @Override
  public void close() {
    List<ProcessHandle> all =
        Stream.concat(process.toHandle().descendants(), Stream.of(process.toHandle())).toList();
    all.forEach(ProcessHandle::destroy);
    if (!Swarm.await(() -> all.stream().noneMatch(ProcessHandle::isAlive), 15, TimeUnit.SECONDS)) {
      all.forEach(ProcessHandle::destroyForcibly);
      Swarm.await(() -> all.stream().noneMatch(ProcessHandle::isAlive), 5, TimeUnit.SECONDS);
    }
    RUNNING.remove(this);
  }

  private static boolean isJvm(ProcessHandle process) {
    return process.info().command().map(c -> c.endsWith("/java")).orElse(false);
  }

  private static String tail(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log, java.nio.charset.StandardCharsets.ISO_8859_1);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
  }
}
