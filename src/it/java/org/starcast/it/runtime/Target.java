package org.starcast.it.runtime;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.starcast.internal.backplane.NatsServer;

/**
 * A server that the contract runs on: a process of its own, on a free port of the loopback address,
 * with the settings of server-config and its files in a folder of its own. Used by one thread.
 */
abstract class Target {

  /** What the application is called, and is found at. */
  static final String APPLICATION = "starcast-test";

  /** Small, so that what piles up shows; soft references would hide what is held. */
  static final String[] JVM_OPTIONS = {"-Xmx512m", "-XX:SoftRefLRUPolicyMSPerMB=0"};

  private final String name;
  private final String version;
  private final int oldestJava;
  private final int port = NatsServer.freePort();
  private Path folder;
  private Path java;

  /**
   * @param name as the matrix shows it
   * @param key what its version's system property begins with
   * @param oldestJava the feature release that it needs
   */
  Target(String name, String key, int oldestJava) {
    this.name = name;
    this.version = System.getProperty(key + ".version");
    this.oldestJava = oldestJava;
  }

  final String name() {
    return name;
  }

  final String version() {
    return version;
  }

  final int oldestJava() {
    return oldestJava;
  }

  final int port() {
    return port;
  }

  /** The folder of this process. */
  final Path folder() {
    return folder;
  }

  /** The home of the JDK that it runs on. */
  final Path java() {
    return java;
  }

  /** What it and the application have logged. */
  final Path log() {
    return folder.resolve("log");
  }

  /** Where administrators find what to apply. */
  static Path config(String path) {
    return Path.of(System.getProperty("server.config"), path).toAbsolutePath();
  }

  /** Where the build has unpacked the servers. */
  static Path unpacked(String path) {
    return Path.of(System.getProperty("servers"), path).toAbsolutePath();
  }

  /** The feature release of a JDK. */
  static int featureOf(Path java) throws IOException {
    Properties release = new Properties();
    try (var in = Files.newBufferedReader(java.resolve("release"))) {
      release.load(in);
    }
    return Integer.parseInt(
        release.getProperty("JAVA_VERSION").replace("\"", "").replaceAll("[^0-9].*", ""));
  }

  /** The feature release of the newest Java that it starts on. */
  int newestJava() {
    return Integer.MAX_VALUE;
  }

  /** What the WAR brings, where the server has Jakarta Servlet alone; else null. */
  Path libraries() {
    return null;
  }

  /** Whether it has Jakarta Servlet alone, and the WAR the rest. */
  final boolean isServletContainer() {
    return libraries() != null;
  }

  /** Where it speaks HTTP/2: without TLS, unless it has that with TLS alone. */
  URI http2() {
    return URI.create("http://127.0.0.1:" + port + "/");
  }

  /** Boots it without the application, and returns when applications can be deployed. */
  final void start(Path folder, Path java) throws Exception {
    this.folder = Files.createDirectories(folder).toAbsolutePath();
    this.java = java;
    boot();
  }

  abstract void boot() throws Exception;

  /** Returns when it takes requests, or before. */
  abstract void deploy(Path war) throws Exception;

  /** Returns when it takes none any more, or before. */
  abstract void undeploy() throws Exception;

  abstract long pid();

  /** Ends the process. */
  abstract void stop() throws Exception;
}
