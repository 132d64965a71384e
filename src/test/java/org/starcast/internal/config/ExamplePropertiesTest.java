package org.starcast.internal.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The configuration that the documentation shows is one that an application deploys with. */
class ExamplePropertiesTest {

  static Stream<Path> examples() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/site/examples"))) {
      List<Path> found = files.filter(file -> file.toString().endsWith(".properties")).toList();
      return found.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void everyKeyIsKnownAndItsValueWithinBounds(Path file) throws IOException {
    Properties values = new Properties();
    try (Reader in = Files.newBufferedReader(file)) {
      values.load(in);
    }
    List<String> names = List.copyOf(values.stringPropertyNames());
    StarcastConfig.read(key -> Optional.ofNullable(values.getProperty(key)), names);
    assertThat(new ConfigNames(names, key -> Optional.empty()).unknown()).isEmpty();
  }
}
