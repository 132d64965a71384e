package org.starcast;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** The browser's files are a package in npm's form, for bundlers, and for TypeScript. */
class NpmPackageTest {

  /** As in the jar: with what the build makes. */
  private static final Path FOLDER = folder();

  /** A page should not load more, gzipped, than this. */
  private static final int MAX_BYTES = 6 << 10;

  private static final Pattern EXPORTED =
      Pattern.compile("^export (?:declare )?function (\\w+)", Pattern.MULTILINE);
  private static final Pattern OPTION =
      Pattern.compile("^ \\*   (\\w+)(?:\\([^)]*\\))?(?:, (\\w+))? {2,}\\S", Pattern.MULTILINE);

  @Test
  void theVersionIsThatOfTheProject() throws IOException {
    String pom = Files.readString(Path.of("pom.xml"));
    assertThat(pom).contains("<version>" + manifest().getString("version") + "</version>");
  }

  @Test
  void whatItExportsIsThere() throws IOException {
    JsonObject exports = manifest().getJsonObject("exports");
    JsonObject main = exports.getJsonObject(".");
    JsonObject minified = exports.getJsonObject("./min");
    for (String file :
        new String[] {
          main.getString("types"),
          main.getString("default"),
          minified.getString("types"),
          minified.getString("default"),
          exports.getString("./htmx")
        }) {
      assertThat(FOLDER.resolve(file)).isRegularFile();
    }
  }

  @Test
  void theMinifiedModuleIsSmallAndExportsWhatTheModuleDoes() throws IOException {
    String minified = Files.readString(FOLDER.resolve("starcast.min.js"));

    ByteArrayOutputStream gzipped = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(gzipped)) {
      out.write(minified.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(gzipped.size()).isLessThanOrEqualTo(MAX_BYTES);
    assertThat(functions(minified.replace("export function", "\nexport function")))
        .isEqualTo(functions(Files.readString(FOLDER.resolve("starcast.js"))));
  }

  @Test
  void theSourceMapNamesTheModuleBesideIt() throws IOException {
    JsonObject map = json("starcast.min.js.map");

    assertThat(map.getJsonArray("sources").getString(0)).isEqualTo("starcast.js");
    assertThat(map).doesNotContainKey("sourcesContent");
    assertThat(Files.readString(FOLDER.resolve("starcast.min.js")))
        .endsWith("//# sourceMappingURL=starcast.min.js.map\n");
  }

  @Test
  void theTypesHaveWhatTheModuleHas() throws IOException {
    String module = Files.readString(FOLDER.resolve("starcast.js"));
    String types = Files.readString(FOLDER.resolve("starcast.d.ts"));
    assertThat(functions(types)).isEqualTo(functions(module)).isNotEmpty();
    String head = module.substring(module.indexOf("OPTIONS of"), module.indexOf("THE STREAM has"));
    Set<String> options =
        OPTION
            .matcher(head)
            .results()
            .map(option -> option.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(options).hasSizeGreaterThan(10);
    assertThat(options)
        .allSatisfy(option -> assertThat(types).containsPattern(option + "\\??[:(]"));
  }

  private static Set<String> functions(String text) {
    return EXPORTED
        .matcher(text)
        .results()
        .map(function -> function.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static JsonObject manifest() throws IOException {
    return json("package.json");
  }

  private static JsonObject json(String file) throws IOException {
    try (Reader in = Files.newBufferedReader(FOLDER.resolve(file));
        var json = Json.createReader(in)) {
      return json.readObject();
    }
  }

  private static Path folder() {
    URL module = NpmPackageTest.class.getResource("/META-INF/resources/starcast/starcast.js");
    return Path.of(URI.create(module.toString())).getParent();
  }
}
