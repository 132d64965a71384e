package org.starcast;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What an application that leaves nothing to discovery has to list. */
public final class Starcast {

  /** By name: these classes depend on this package, and it on none of them. */
  private static final List<String> CLASSES =
      List.of(
          "org.starcast.datastar.Signals$Feature",
          "org.starcast.datastar.Signals$BodyReader",
          "org.starcast.internal.http.NoErrorException$Mapper",
          "org.starcast.internal.web.OriginFilter",
          "org.starcast.internal.web.EndpointResource",
          "org.starcast.internal.web.SessionStreamResource",
          "org.starcast.internal.web.RegistryResource",
          "org.starcast.internal.web.MonitorResource",
          "org.starcast.internal.web.ContractResource",
          "org.starcast.internal.web.DurableStreamResource");

  private Starcast() {}

  /**
   * The resources and providers of Starcast, for a {@code jakarta.ws.rs.core.Application} that
   * lists its classes (Jakarta RESTful Web Services 3.1, section 2.3.2):
   *
   * <pre>{@code
   * @Override
   * public Set<Class<?>> getClasses() {
   *   Set<Class<?>> classes = new HashSet<>(Starcast.classes());
   *   classes.add(OrderResource.class);
   *   return classes;
   * }
   * }</pre>
   *
   * <p>An application that lists none has all of them found. What is not switched on by the
   * configuration answers 404.
   *
   * @return them, not to be changed
   */
  public static Set<Class<?>> classes() {
    Set<Class<?>> classes = new LinkedHashSet<>();
    for (String name : CLASSES) {
      try {
        classes.add(Class.forName(name, false, Starcast.class.getClassLoader()));
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException("the jar of Starcast is not whole", e);
      }
    }
    return Set.copyOf(classes);
  }
}
