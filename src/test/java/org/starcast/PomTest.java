package org.starcast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;

/** The POM is one that can be released, and the documentation names its version. */
class PomTest {

  private static final Pattern VERSION =
      Pattern.compile(
          "<artifactId>starcast(?:-archetype)?</artifactId>\\s*<version>([^<]*)"
              + "|-DarchetypeVersion=(\\S*)");

  private static final XPath XPATH = XPathFactory.newInstance().newXPath();

  private static Document pom;

  @BeforeAll
  static void read() throws Exception {
    pom = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse("pom.xml");
  }

  /** See https://central.sonatype.org/publish/requirements/. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "name",
        "description",
        "url",
        "licenses/license/name",
        "licenses/license/url",
        "developers/developer/name",
        "scm/connection",
        "scm/developerConnection",
        "scm/url"
      })
  void mavenCentralDemands(String element) throws XPathExpressionException {
    assertThat(text(element)).isNotBlank();
  }

  @Test
  void whoUsesTheJarNeedsNoRepositoryButMavenCentral() throws XPathExpressionException {
    assertThat(text("repositories")).isEmpty();
    assertThat(text("pluginRepositories")).isEmpty();
  }

  @Test
  void theDocumentationNamesItsVersion() throws Exception {
    List<String> versions;
    try (Stream<Path> site = Files.walk(Path.of("src/site"))) {
      versions =
          Stream.concat(Stream.of(Path.of("README.md")), site)
              .filter(file -> file.toString().matches(".*\\.(md|xml)"))
              .flatMap(PomTest::versions)
              .distinct()
              .toList();
    }
    assertThat(versions).containsExactly(text("version"));
  }

  /** What the page on Tomcat and Jetty names is what the contract of a server runs with. */
  @Test
  void theContractRunsWithWhatAWarIsSaidToBringToAServletContainer() throws Exception {
    String example = Files.readString(Path.of("src/site/examples/pom.xml"));
    String brought =
        example.substring(
            example.indexOf("snippet: servlet-container"), example.indexOf("snippet: testing"));
    List<String> artifacts =
        Pattern.compile("<artifactId>([^<]*)")
            .matcher(brought)
            .results()
            .map(found -> found.group(1))
            .toList();
    assertThat(artifacts)
        .hasSizeGreaterThan(6)
        .allSatisfy(
            artifact ->
                assertThat(
                        text(
                            "profiles/profile[id='servers']/dependencies/dependency[artifactId='"
                                + artifact
                                + "']/scope"))
                    .isEqualTo("runtime"));
  }

  private static Stream<String> versions(Path file) {
    try {
      return VERSION.matcher(Files.readString(file)).results().map(PomTest::version);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String version(MatchResult match) {
    return match.group(1) != null ? match.group(1) : match.group(2);
  }

  private static String text(String element) throws XPathExpressionException {
    return XPATH.evaluate("/project/" + element, pom);
  }
}
