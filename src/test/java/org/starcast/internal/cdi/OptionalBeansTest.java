package org.starcast.internal.cdi;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.enterprise.inject.spi.AfterTypeDiscovery;
import jakarta.enterprise.inject.spi.AnnotatedType;
import jakarta.enterprise.inject.spi.ProcessAnnotatedType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starcast.internal.engine.Broadcaster;
import org.starcast.internal.observe.ReadinessCheck;

/** The extension in a deployment that lacks what not every server has. */
class OptionalBeansTest {

  /** Loads Starcast itself, and hides some packages from it. */
  private static final class Server extends ClassLoader {
    private final List<String> missing;

    Server(String... missing) {
      super(OptionalBeansTest.class.getClassLoader());
      this.missing = List.of(missing);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (missing.stream().anyMatch(name::startsWith)) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("org.starcast.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      if (loaded != null) {
        return loaded;
      }
      try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  private static List<String> added(String... missing) throws Exception {
    return added(null, missing);
  }

  /** As a container that finds a class by itself, or none. */
  private static List<String> added(Class<?> found, String... missing) throws Exception {
    List<String> added = new ArrayList<>();
    Class<?> extension = new Server(missing).loadClass(StarcastExtension.class.getName());
    Object event =
        Proxy.newProxyInstance(
            AfterTypeDiscovery.class.getClassLoader(),
            new Class<?>[] {AfterTypeDiscovery.class},
            (proxy, method, args) -> {
              Class<?> bean = (Class<?>) args[0];
              // as a container does
              assertThat(bean.getDeclaredMethods()).isNotEmpty();
              assertThat(bean.getDeclaredConstructors()).hasSize(1);
              added.add(bean.getSimpleName());
              return null;
            });
    Method add = extension.getDeclaredMethod("addWhatTheServerHas", AfterTypeDiscovery.class);
    add.setAccessible(true);
    Object instance = extension.getConstructor().newInstance();
    add.invoke(instance, event);
    assertThat(added).as("where there is no broadcaster").isEmpty();
    Method look = extension.getDeclaredMethod("lookForTheBroadcaster", ProcessAnnotatedType.class);
    look.setAccessible(true);
    look.invoke(
        instance,
        answering(ProcessAnnotatedType.class, answering(AnnotatedType.class, Broadcaster.class)));
    if (found != null) {
      Method see = extension.getDeclaredMethod("seeWhatIsFound", ProcessAnnotatedType.class);
      see.setAccessible(true);
      see.invoke(
          instance, answering(ProcessAnnotatedType.class, answering(AnnotatedType.class, found)));
    }
    add.invoke(instance, event);
    return added;
  }

  @Test
  void whatIsThereIsUsed() throws Exception {
    assertThat(added())
        .containsExactlyInAnyOrder(
            "Jmx",
            "ReadinessCheck",
            "LivenessCheck",
            "MicroProfileMetrics",
            "OpenTelemetryMetrics",
            "OpenTelemetryTracing");
  }

  /** Answers whatever it is asked by this. */
  private static Object answering(Class<?> type, Object answer) {
    return Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> answer);
  }

  @Test
  void whatTheContainerFoundIsNotAddedOnceMore() throws Exception {
    assertThat(added(ReadinessCheck.class)).doesNotContain("ReadinessCheck").hasSize(5);
  }

  @Test
  void whatIsMissingIsLeftOut() throws Exception {
    assertThat(added("org.eclipse.microprofile.health."))
        .doesNotContain("ReadinessCheck", "LivenessCheck")
        .hasSize(4);
    assertThat(added("org.eclipse.microprofile.metrics."))
        .doesNotContain("MicroProfileMetrics")
        .hasSize(5);
    assertThat(added("io.opentelemetry.")).noneMatch(bean -> bean.startsWith("Open")).hasSize(4);
    assertThat(
            added("org.eclipse.microprofile.health.", "org.eclipse.microprofile.metrics.", "io."))
        .containsExactly("Jmx");
  }
}
