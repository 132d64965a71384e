package org.starcast.internal.backplane;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.spi.Backplane;

class LocalBackplaneTest extends BackplaneContract {

  @Override
  public Backplane create(String... settings) {
    return new LocalBackplane(Settings.config(Map.of(), settings));
  }

  /** With what outlives the process. */
  @Nested
  class WithFiles extends BackplaneContract {

    @TempDir Path directory;
    private int nodes;

    @Override
    public Backplane create(String... settings) {
      return new LocalBackplane(
          Settings.config(
              Map.of(
                  "starcast.log.store",
                  "file",
                  "starcast.log.directory",
                  directory.resolve("" + nodes++).toString()),
              settings));
    }
  }
}
