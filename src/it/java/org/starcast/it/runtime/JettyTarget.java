package org.starcast.it.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Eclipse Jetty with the environment {@code ee10} or {@code ee11}, and libraries of the same. */
final class JettyTarget extends FolderTarget {

  private final String environment;
  private final Path home;

  JettyTarget(int ee) {
    super("Jetty (ee" + ee + ")", "jetty", 17);
    environment = "ee" + ee;
    home = unpacked("jetty/jetty-home-" + version());
  }

  @Override
  Path libraries() {
    return unpacked("libraries/" + environment);
  }

  @Override
  void configure() throws IOException {
    Path ini = Files.createDirectories(folder().resolve("start.d")).resolve("starcast.ini");
    Files.writeString(
        ini, Files.readString(config("jetty/starcast.ini")).replace("ee10", environment));
    Files.createDirectories(deployments());
  }

  @Override
  List<String> command() {
    return List.of(
        "-jar",
        home.resolve("start.jar").toString(),
        "jetty.base=" + folder(),
        "jetty.http.port=" + port(),
        "jetty.deploy.scanInterval=1");
  }

  @Override
  Path deployments() {
    return folder().resolve("webapps");
  }
}
