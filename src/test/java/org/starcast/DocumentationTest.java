package org.starcast;

import static java.nio.file.Files.exists;
import static java.nio.file.Files.readString;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The pages are true where a machine can tell: their links lead somewhere, and their code is a copy
 * of code that is compiled or run. A block of code follows a comment that names where it is from,
 * {@code <!-- snippet: file -->} or {@code <!-- snippet: file#region -->}; in the file a region
 * stands between lines with {@code snippet: region} and {@code end snippet}. Figures follow a
 * comment that names columns of a table of {@code benchmark.md}, and rows: {@code <!-- figures:
 * column | column}, and in lines of their own {@code row} or {@code row = what it is called here};
 * a row that begins with dots is named behind the one that it belongs to. With {@code
 * -Dsnippets=write} the test copies the code and the figures into the pages.
 */
class DocumentationTest {

  private static final Path SITE = Path.of("src/site/markdown");

  /** What is no code: shell commands, what is on the wire or in a log, configuration of a proxy. */
  private static final Set<String> NO_CODE = Set.of("", "text", "console");

  /** Pages that the site takes from elsewhere, by their names there. */
  private static final Set<String> COPIED = Set.of("server-config/README.md", "bench/README.md");

  private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]*)\\)");
  private static final Pattern FENCE = Pattern.compile("^( *)```(.*)$");
  private static final Pattern FIGURES =
      Pattern.compile("(<!-- figures: ([^\n]*)\n((?:[^\n]+\n)+?)-->\n)(?:\\|[^\n]*\n)*");

  private static final Pattern SNIPPET = Pattern.compile("<!-- snippet: ([^#]*?)(?:#([^ ]*))? -->");

  static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (String page :
        List.of(
            "README.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "server-config/README.md",
            "src/bench/README.md")) {
      pages.add(Path.of(page));
    }
    pages.addAll(sitePages());
    return pages;
  }

  private static List<Path> sitePages() throws IOException {
    try (Stream<Path> files = Files.list(SITE)) {
      return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
    }
  }

  @Test
  void theReadmeIsReadInFiveMinutes() throws IOException {
    assertThat(Files.size(Path.of("README.md"))).isLessThanOrEqualTo(9_000);
  }

  @Test
  void theReadmesTestCommandIsWhatCiRuns() throws IOException {
    assertThat(readString(Path.of("README.md"))).contains("\nmvn verify ");
    assertThat(readString(Path.of(".ci/run"))).containsPattern("\nmvn .* verify\\b");
  }

  /** Each row names a package, and in it classes, and methods of them. */
  @Test
  void whereContributingSaysThatSomethingIsItIs() throws IOException {
    String text = readString(Path.of("CONTRIBUTING.md"));
    List<String> rows =
        text.substring(text.indexOf("### Where is"), text.indexOf("### Threads and locks"))
            .lines()
            .filter(row -> row.contains("| `"))
            .toList();
    assertThat(rows).hasSizeGreaterThanOrEqualTo(5);
    for (String row : rows) {
      Path folder = null;
      for (MatchResult code : find("`([^`]*)`", row).toList()) {
        String name = code.group(1);
        Path file = Path.of("src/main/java/org/starcast", name.replace('.', '/') + ".java");
        if (name.startsWith("internal.") && Files.exists(file)) {
          continue;
        }
        if (name.startsWith("internal.")) {
          folder = Path.of("src/main/java/org/starcast", name.replace('.', '/'));
          assertThat(folder).isDirectory();
        } else if (Character.isUpperCase(name.charAt(0))) {
          String[] parts = name.split("\\.");
          file = folder.resolve(parts[0] + ".java");
          assertThat(file).as(row).exists();
          assertThat(parts.length == 1 ? parts[0] : " " + parts[1] + "(")
              .as(row)
              .isSubstringOf(readString(file));
        }
      }
    }
  }

  @Test
  void theMenuOfTheSiteHasEveryPage() throws IOException {
    Set<String> menu =
        find("href=\"([^\"]*)\\.html\"", readString(Path.of("src/site/site.xml")))
            .map(found -> found.group(1) + ".md")
            .filter(page -> !page.startsWith("apidocs/"))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> pages = new TreeSet<>(COPIED);
    sitePages().forEach(page -> pages.add(page.getFileName().toString()));
    assertThat(menu).isEqualTo(pages);
  }

  @Test
  void theVersionsOfTheExamplesAreThoseOfTheBuild() throws IOException {
    String build = readString(Path.of("pom.xml"));
    assertThat(find("<version>([0-9].*)</version>", text(Path.of("src/site/examples/pom.xml"))))
        .extracting(found -> found.group(1))
        .hasSizeGreaterThan(2)
        .allMatch(version -> version.equals("1.0-SNAPSHOT") || build.contains(">" + version + "<"));
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadSomewhere(Path page) throws IOException {
    List<String> broken = new ArrayList<>();
    LINK.matcher(prose(page))
        .results()
        .map(found -> found.group(1))
        .filter(link -> !link.startsWith("http"))
        .filter(link -> !leadsSomewhere(page, link))
        .forEach(broken::add);
    assertThat(broken).isEmpty();
  }

  private static boolean leadsSomewhere(Path page, String link) {
    String[] parts = link.split("#", 2);
    boolean site = page.startsWith(SITE);
    Path target = page;
    if (site && parts[0].startsWith("bench/")) {
      target = Path.of("src", parts[0]);
    } else if (site && COPIED.contains(parts[0])) {
      target = Path.of(parts[0]);
    } else if (site && parts[0].startsWith("apidocs/")) {
      return true;
    } else if (site && parts[0].startsWith("images/")) {
      target = Path.of("src/site/resources", parts[0]);
    } else if (!parts[0].isEmpty()) {
      target = page.resolveSibling(parts[0]).normalize();
    }
    return exists(target) && (parts.length == 1 || anchors(target, site).contains(parts[1]));
  }

  /**
   * The site names headings in another way than the repository's pages, so there only ids count.
   */
  private static Set<String> anchors(Path page, boolean site) {
    String text = prose(page);
    Stream<String> ids = find("<a id=\"([^\"]*)\">", text).map(found -> found.group(1));
    Stream<String> headings =
        find("(?m)^#+ (.*)$", text)
            .map(found -> found.group(1).toLowerCase(Locale.ROOT))
            .map(heading -> heading.replaceAll("[^\\w\\- ]", "").replace(' ', '-'));
    return Stream.concat(ids, site ? Stream.empty() : headings).collect(Collectors.toSet());
  }

  /** The page without its blocks of code. */
  private static String prose(Path page) {
    StringBuilder prose = new StringBuilder();
    boolean code = false;
    for (String line : text(page).lines().toList()) {
      if (FENCE.matcher(line).matches()) {
        code = !code;
      } else if (!code) {
        prose.append(line.replaceAll("`[^`]*`", "")).append('\n');
      }
    }
    return prose.toString();
  }

  static Stream<Path> pagesWithCode() throws IOException {
    return Stream.concat(Stream.of(Path.of("README.md")), sitePages().stream());
  }

  @ParameterizedTest
  @MethodSource("pagesWithCode")
  void codeIsCodeThatIsCompiledOrRun(Path page) throws IOException {
    String written = readString(page);
    String copied = withCode(page, written);
    if ("write".equals(System.getProperty("snippets"))) {
      Files.writeString(page, copied);
    } else {
      assertThat(written).as("-Dsnippets=write brings it up to date").isEqualTo(copied);
    }
  }

  @ParameterizedTest
  @MethodSource("pagesWithCode")
  void figuresAreThoseOfTheBenchmark(Path page) throws IOException {
    String written = readString(page);
    String copied =
        FIGURES
            .matcher(written)
            .replaceAll(
                found ->
                    Matcher.quoteReplacement(
                        found.group(1) + figures(found.group(2), found.group(3).strip())));
    if ("write".equals(System.getProperty("snippets"))) {
      Files.writeString(page, copied);
    } else {
      assertThat(written).as("-Dsnippets=write brings it up to date").isEqualTo(copied);
    }
  }

  private static String figures(String columns, String rows) {
    List<String> names = List.of(columns.strip().split(" \\| "));
    StringBuilder table = new StringBuilder("| | " + String.join(" | ", names) + " |\n");
    table.append("|---".repeat(names.size() + 1)).append("|\n");
    for (String row : rows.split("\n")) {
      String[] name = row.split(" = ", 2);
      table.append("| ").append(name[name.length - 1]);
      names.forEach(column -> table.append(" | ").append(figure(name[0], column)));
      table.append(" |\n");
    }
    return table.toString();
  }

  /** A cell of the benchmark's tables, without what it says beside its figure of other columns. */
  private static String figure(String row, String column) {
    List<String> head = List.of();
    String parent = "";
    for (String line : text(SITE.resolve("benchmark.md")).lines().toList()) {
      List<String> cells =
          line.startsWith("|")
              ? Stream.of(line.substring(1).split("\\|")).map(String::strip).toList()
              : List.of();
      if (cells.isEmpty()) {
        head = List.of();
        continue;
      }
      head = head.isEmpty() ? cells : head;
      boolean isPart = cells.get(0).startsWith("…");
      parent = isPart ? parent : cells.get(0);
      String name = isPart ? parent + " " + cells.get(0) : parent;
      if (name.equals(row) && head.contains(column)) {
        return cells.get(head.indexOf(column)).replaceAll(" \\([0-9.]+× [^)]*\\)|;.*", "");
      }
    }
    throw new AssertionError("benchmark.md has no row " + row + " with a column " + column);
  }

  private static String withCode(Path page, String text) {
    StringBuilder out = new StringBuilder();
    String before = ""; // the last line that is not blank
    String end = null; // of the block that we are in
    boolean copied = false;
    for (String line : text.lines().toList()) {
      Matcher fence = FENCE.matcher(line);
      if (end != null) {
        if (line.equals(end)) {
          end = null;
        } else if (copied) {
          continue;
        }
        out.append(line).append('\n');
        continue;
      }
      out.append(line).append('\n');
      if (fence.matches()) {
        end = fence.group(1) + "```";
        Matcher snippet = SNIPPET.matcher(before);
        copied = snippet.find();
        if (copied) {
          snippet(Path.of(snippet.group(1)), snippet.group(2))
              .lines()
              .map(code -> code.isEmpty() ? code : fence.group(1) + code)
              .forEach(code -> out.append(code).append('\n'));
        } else {
          assertThat(NO_CODE)
              .as(page + ": code that is no copy, after: " + before)
              .contains(fence.group(2));
        }
      }
      before = line.isBlank() ? before : line;
    }
    return out.toString();
  }

  /** The region, without what its lines are all indented by; of the starter, as it is generated. */
  private static String snippet(Path file, String region) {
    assertThat(file).isRegularFile();
    List<String> lines = text(file).lines().toList();
    if (region != null) {
      List<String> found = new ArrayList<>();
      boolean within = false;
      for (String line : lines) {
        if (within && line.contains("end snippet")) {
          within = false;
        } else if (within && !line.contains("snippet: ")) {
          found.add(line);
        } else if (line.matches(".*\\bsnippet: " + Pattern.quote(region) + "( .*)?$")) {
          within = true;
        }
      }
      assertThat(found).as(file + " has no region " + region).isNotEmpty();
      assertThat(within).as(file + ": " + region + " has no end").isFalse();
      while (found.get(found.size() - 1).isBlank()) {
        found.remove(found.size() - 1);
      }
      lines = found;
    }
    int indent =
        lines.stream()
            .filter(line -> !line.isBlank())
            .mapToInt(line -> line.length() - line.stripLeading().length())
            .min()
            .orElse(0);
    return lines.stream()
        .map(line -> line.isBlank() ? "" : line.substring(indent))
        .collect(Collectors.joining("\n", "", "\n"))
        .replace("${package}", "org.example")
        .replace("${groupId}", "org.example")
        .replace("${artifactId}", "hello")
        .replace("${version}", "1.0-SNAPSHOT")
        .transform(DocumentationTest::filtered);
  }

  /** With the properties of the pom in place of {@code @name@}. */
  private static String filtered(String text) {
    String pom = text(Path.of("pom.xml"));
    return Pattern.compile("@([a-z.]+)@")
        .matcher(text)
        .replaceAll(
            name -> {
              String element = name.group(1).equals("project.version") ? "version" : name.group(1);
              return find("<" + element + ">([^<]*)</", pom)
                  .findFirst()
                  .map(found -> found.group(1))
                  .orElseThrow(() -> new AssertionError(name.group() + " is not in pom.xml"));
            });
  }

  private static Stream<MatchResult> find(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results();
  }

  private static String text(Path file) {
    try {
      return readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
