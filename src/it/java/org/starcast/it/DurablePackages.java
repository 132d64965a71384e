package org.starcast.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.starcast.Programs;

/** The packages of the Durable Streams protocol: its conformance suite, and its client. */
public final class DurablePackages {

  private DurablePackages() {}

  /** The folder with the packages, which npm installs once for both servers; or skips the test. */
  public static Path folder() throws IOException, InterruptedException {
    Path folder = Path.of("target", "durable-streams").toAbsolutePath();
    Files.createDirectories(folder);
    for (String file : List.of("package.json", "conformance.test.mjs", "client.mjs")) {
      try (InputStream in =
          Objects.requireNonNull(DurablePackages.class.getResourceAsStream("/durable/" + file))) {
        Files.copy(in, folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    assumeTrue(
        Programs.find("", "node").isPresent() && Programs.find("", "npm").isPresent(),
        "skipped: there is no node, or no npm");
    if (!Files.exists(folder.resolve("node_modules/vitest/vitest.mjs"))) {
      String log = folder.resolve("npm.log").toString();
      Process npm =
          new ProcessBuilder(
                  "npm",
                  "install",
                  "--ignore-scripts",
                  "--no-audit",
                  "--no-fund",
                  "--fetch-retries=1",
                  "--fetch-timeout=20000")
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(new File(log))
              .start();
      boolean ended = npm.waitFor(3, TimeUnit.MINUTES);
      if (!ended) {
        npm.destroyForcibly();
      }
      assumeTrue(
          ended && npm.exitValue() == 0, "skipped: npm does not get the packages, see " + log);
    }
    return folder;
  }
}
