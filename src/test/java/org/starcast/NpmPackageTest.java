package org.starcast;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The browser's files are a package in npm's form, for bundlers, and for TypeScript. */
class NpmPackageTest {

  private static final Path FOLDER = Path.of("src/main/resources/META-INF/resources/starcast");

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
    for (String file :
        new String[] {
          main.getString("types"), main.getString("default"), exports.getString("./htmx")
        }) {
      assertThat(FOLDER.resolve(file)).isRegularFile();
    }
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
    try (Reader in = Files.newBufferedReader(FOLDER.resolve("package.json"));
        var json = Json.createReader(in)) {
      return json.readObject();
    }
  }
}
