package org.starcast.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A table of the documentation that the code reads, too, so that there is just one: the pages are
 * {@code META-INF/starcast/*.md} in the jar.
 */
public final class DocumentTable {

  private DocumentTable() {}

  /**
   * The rows whose first cell is a name in backticks, by this name, in their order.
   *
   * @return the cells of each row as they are written, the first without its backticks
   * @throws IllegalStateException if the jar does not have the page, or a name is there twice
   */
  public static Map<String, List<String>> rows(String page) {
    String resource = "/META-INF/starcast/" + page;
    try (InputStream in = DocumentTable.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + ": is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith("| `"))
          .map(line -> List.of(line.replaceFirst("`([^`]*)`", "$1").split(" ?\\| ?")))
          .map(cells -> cells.subList(1, cells.size()))
          .collect(
              Collectors.toMap(
                  cells -> cells.get(0),
                  Function.identity(),
                  (a, b) -> {
                    throw new IllegalStateException(a.get(0) + ": is twice in " + resource);
                  },
                  LinkedHashMap::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
