package org.starcast.it.runtime;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.starcast.internal.backplane.NatsServer;
import org.starcast.it.WildFly;

/** WildFly, or its preview of what comes. */
final class WildFlyTarget extends FolderTarget {

  private final Path home;
  private final int tlsPort = NatsServer.freePort();

  WildFlyTarget(String name, String key, Path home) {
    super(name, key, 17);
    this.home = home;
  }

  @Override
  void configure() throws Exception {
    NatsServer.copy(
        home.resolve("standalone/configuration"), folder().resolve("standalone/configuration"));
    Files.createDirectories(deployments());
    run(
        java().resolve("bin/java").toString(),
        "-Djboss.server.base.dir=" + folder().resolve("standalone"),
        "-jar",
        home.resolve("jboss-modules.jar").toString(),
        "-mp",
        home.resolve("modules").toString(),
        "org.jboss.as.cli",
        "--file=" + config("wildfly/starcast.cli"));
    Path standalone = folder().resolve("standalone/configuration/standalone.xml");
    // looks into the folder of applications each half second, in place of each five
    Files.writeString(
        standalone,
        Files.readString(standalone).replace("scan-interval=\"5000\"", "scan-interval=\"500\""));
  }

  @Override
  Map<String, String> environment() {
    return Map.of("JBOSS_HOME", home.toString());
  }

  @Override
  URI http2() {
    return URI.create("https://127.0.0.1:" + tlsPort + "/");
  }

  @Override
  List<String> command() {
    return WildFly.command(home, folder().resolve("standalone"), port(), tlsPort);
  }

  @Override
  Path deployments() {
    return folder().resolve("standalone/deployments");
  }
}
