package org.starcast.it.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Open Liberty, as {@code server run} starts it. */
final class LibertyTarget extends FolderTarget {

  private static final String SERVER = "starcast";

  private final Path home = unpacked("liberty/wlp");

  LibertyTarget() {
    super("Open Liberty", "liberty", 17);
  }

  @Override
  void configure() throws IOException {
    Files.createDirectories(deployments());
    Files.copy(config("liberty/server.xml"), server().resolve("server.xml"));
    Files.writeString(server().resolve("bootstrap.properties"), "http.port=" + port() + "\n");
  }

  private Path server() {
    return folder().resolve("servers").resolve(SERVER);
  }

  @Override
  Map<String, String> environment() {
    return Map.of(
        "WLP_USER_DIR", folder().toString(), "WLP_OUTPUT_DIR", folder().resolve("servers") + "");
  }

  @Override
  List<String> command() throws IOException {
    List<String> command = new ArrayList<>();
    command.add("-javaagent:" + home.resolve("bin/tools/ws-javaagent.jar"));
    String options = featureOf(java()) < 24 ? "java9.options" : "java24.options";
    command.add("@" + home.resolve("lib/platform/java").resolve(options));
    command.addAll(List.of("-jar", home.resolve("bin/tools/ws-server.jar").toString(), SERVER));
    return command;
  }

  @Override
  Path deployments() {
    return server().resolve("dropins");
  }
}
