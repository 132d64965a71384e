package org.starcast.it.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Eclipse Jetty with the environment {@code ee10}. */
final class JettyTarget extends FolderTarget {

  private final Path home;

  JettyTarget() {
    super("Jetty (ee10)", "jetty", 17);
    home = unpacked("jetty/jetty-home-" + version());
  }

  @Override
  boolean isServletContainer() {
    return true;
  }

  @Override
  void configure() throws IOException {
    Path ini = Files.createDirectories(folder().resolve("start.d")).resolve("starcast.ini");
    Files.copy(config("jetty/starcast.ini"), ini);
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
