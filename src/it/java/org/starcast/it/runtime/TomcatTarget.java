package org.starcast.it.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.starcast.internal.backplane.NatsServer;

/**
 * Apache Tomcat, as {@code catalina.sh run} starts it; the libraries are those of Jakarta EE 10 or
 * 11.
 */
final class TomcatTarget extends FolderTarget {

  private final Path libraries;
  private final Path home;

  TomcatTarget(int major, int ee, int oldestJava) {
    super("Tomcat (ee" + ee + ")", "tomcat" + major, oldestJava);
    libraries = unpacked("libraries/ee" + ee);
    home = unpacked("tomcat" + major + "/apache-tomcat-" + version());
  }

  @Override
  Path libraries() {
    return libraries;
  }

  @Override
  void configure() throws IOException {
    NatsServer.copy(home.resolve("conf"), folder().resolve("conf"));
    // looks into the folder of applications each second, in place of each ten
    String server =
        Files.readString(config("tomcat/server.xml"))
            .replace("<Engine ", "<Engine backgroundProcessorDelay=\"1\" ");
    Files.writeString(folder().resolve("conf/server.xml"), server);
    Files.createDirectories(deployments());
  }

  @Override
  List<String> command() {
    return List.of(
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
        "--add-opens=java.base/java.io=ALL-UNNAMED",
        "--add-opens=java.base/java.util=ALL-UNNAMED",
        "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
        "--add-opens=java.rmi/sun.rmi.transport=ALL-UNNAMED",
        "-Dcatalina.home=" + home,
        "-Dcatalina.base=" + folder(),
        "-Dhttp.port=" + port(),
        "-cp",
        home.resolve("bin/bootstrap.jar")
            + File.pathSeparator
            + home.resolve("bin/tomcat-juli.jar"),
        "org.apache.catalina.startup.Bootstrap",
        "start");
  }

  @Override
  Path deployments() {
    return folder().resolve("webapps");
  }
}
