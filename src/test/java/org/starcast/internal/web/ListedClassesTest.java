package org.starcast.internal.web;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.ws.rs.core.Application;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.starcast.Starcast;
import org.starcast.internal.cdi.LogCapture;

/** Applications that list their classes. */
class ListedClassesTest {

  /** Has all classes found. */
  public static class Scanning extends Application {}

  /** Forgets those of Starcast. */
  public static class Forgetful extends Application {
    @Override
    public Set<Class<?>> getClasses() {
      return Set.of(ListedClassesTest.class);
    }
  }

  /** Has them, too. */
  public static class Complete extends Application {
    @Override
    public Set<Class<?>> getClasses() {
      Set<Class<?>> classes = new HashSet<>(Starcast.classes());
      classes.add(ListedClassesTest.class);
      return classes;
    }
  }

  /** Has singletons alone. */
  public static class Singletons extends Application {
    @Override
    @SuppressWarnings("deprecation")
    public Set<Object> getSingletons() {
      return Set.of("a resource");
    }
  }

  /** Has no singletons after all, so that all classes are found. */
  public static class NoSingletons extends Application {
    @Override
    @SuppressWarnings("deprecation")
    public Set<Object> getSingletons() {
      return Set.of();
    }
  }

  /** Cannot be made here. */
  public static class Injected extends Application {
    /** Needs something. */
    public Injected(String needed) {}

    @Override
    public Set<Class<?>> getClasses() {
      return Set.of(ListedClassesTest.class);
    }
  }

  private static List<String> said(Class<?>... applications) {
    try (LogCapture log = new LogCapture(ListedClasses.class)) {
      new ListedClasses().onStartup(Set.of(applications), new WebContext().get());
      return log.records().stream().map(LogRecord::getMessage).toList();
    }
  }

  @Test
  void anApplicationThatForgetsThoseOfStarcastIsNamed() {
    assertThat(said(Scanning.class, Forgetful.class, Complete.class, Injected.class))
        .singleElement()
        .asString()
        .startsWith("STARCAST-1067: " + Forgetful.class.getName() + " lists its classes without")
        .contains("@SameOrigin");
    new ListedClasses().onStartup(null, new WebContext().get());
  }

  @Test
  void singletonsAreAListToo() {
    assertThat(said(Singletons.class, NoSingletons.class))
        .singleElement()
        .asString()
        .startsWith("STARCAST-1067: " + Singletons.class.getName());
  }
}
