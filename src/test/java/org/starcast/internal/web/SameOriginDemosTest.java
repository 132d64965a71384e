package org.starcast.internal.web;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.ws.rs.HttpMethod;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.starcast.security.SameOrigin;

/**
 * The demos are copied, so what changes something there is out of reach of other origins' pages.
 */
class SameOriginDemosTest {

  private static final Path SOURCES = Path.of("src/demo/java");
  private static final Set<String> SAFE = Set.of(HttpMethod.GET, HttpMethod.HEAD);

  @Test
  void whatChangesSomethingIsOfTheSameOrigin() throws IOException {
    List<Method> changing;
    try (Stream<Path> files = Files.walk(SOURCES)) {
      changing =
          files
              .map(file -> SOURCES.relativize(file).toString())
              .filter(name -> name.endsWith("Resource.java"))
              .map(name -> name.replace(".java", "").replace('/', '.'))
              .flatMap(name -> Arrays.stream(load(name).getDeclaredMethods()))
              .filter(SameOriginDemosTest::isChanging)
              .toList();
    }
    assertThat(changing).hasSizeGreaterThan(10);
    assertThat(changing)
        .allMatch(
            method ->
                method.isAnnotationPresent(SameOrigin.class)
                    || method.getDeclaringClass().isAnnotationPresent(SameOrigin.class));
  }

  private static boolean isChanging(Method method) {
    return Arrays.stream(method.getAnnotations())
        .map(annotation -> annotation.annotationType().getAnnotation(HttpMethod.class))
        .anyMatch(http -> http != null && !SAFE.contains(http.value()));
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, SameOriginDemosTest.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
