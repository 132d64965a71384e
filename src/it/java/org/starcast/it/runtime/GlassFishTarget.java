package org.starcast.it.runtime;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.starcast.internal.backplane.NatsServer;

/** Eclipse GlassFish, in a domain that is made for it. */
final class GlassFishTarget extends FolderTarget {

  /** What a heap dump shows after redeployments, of any application. */
  static final String KEEPS_DEPLOYMENTS =
      "GlassFish keeps each deployment of any application, as the listener of its"
          + " `ApplicationInfo` stays registered (`EventsImpl.listeners`)";

  private static final String DOMAIN = "starcast";

  /** All that a domain listens on, so that two can run at once. */
  private static final String PORTS =
      "jms.port=%d:domain.jmxPort=%d:orb.listener.port=%d:http.ssl.port=%d:orb.ssl.port=%d"
          + ":orb.mutualauth.port=%d:osgi.shell.telnet.port=%d:java.debugger.port=%d";

  private final boolean seventh;
  private final Path home;
  private final int adminPort = NatsServer.freePort();

  GlassFishTarget(int major, int oldestJava) {
    super("GlassFish", "glassfish" + major, oldestJava);
    seventh = major == 7;
    home = unpacked("glassfish" + major + "/glassfish" + major);
  }

  /** The seventh has no OSGi runtime on those without a security manager. */
  @Override
  int newestJava() {
    return seventh ? 23 : Integer.MAX_VALUE;
  }

  private void asadmin(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add("/bin/bash");
    command.add(home.resolve("bin/asadmin").toString());
    command.addAll(List.of("--user", "admin", "--port", Integer.toString(adminPort)));
    command.addAll(List.of(arguments));
    run(command.toArray(String[]::new));
  }

  @Override
  void configure() throws Exception {
    Object[] ports = Stream.generate(NatsServer::freePort).limit(8).toArray();
    asadmin(
        "create-domain",
        "--domaindir",
        folder().toString(),
        "--nopassword=true",
        "--checkports=false",
        "--adminport",
        Integer.toString(adminPort),
        "--instanceport",
        Integer.toString(port()),
        "--domainproperties",
        PORTS.formatted(ports),
        DOMAIN);
    asadmin("start-domain", "--domaindir", folder().toString(), DOMAIN);
    try {
      asadmin("multimode", "--file", config("glassfish/starcast.asadmin").toString());
    } finally {
      asadmin("stop-domain", "--domaindir", folder().toString(), DOMAIN);
    }
  }

  /** What {@code asadmin start-domain} would run, so that it is a process of the tests'. */
  @Override
  List<String> command() throws Exception {
    int before = Files.readAllLines(log()).size();
    asadmin("start-domain", "--dry-run", "--domaindir", folder().toString(), DOMAIN);
    return Files.readAllLines(log()).stream()
        .skip(before)
        // a line for each argument, after one that begins with that of java
        .dropWhile(line -> !line.startsWith("/"))
        .skip(1)
        .takeWhile(line -> !line.isEmpty())
        .toList();
  }

  @Override
  Path deployments() {
    return folder().resolve(DOMAIN).resolve("autodeploy");
  }
}
