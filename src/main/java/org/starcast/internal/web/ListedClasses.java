package org.starcast.internal.web;

import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.annotation.HandlesTypes;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.starcast.Starcast;
import org.starcast.internal.logging.LogMessage;

/**
 * Warns of an {@link Application} that lists its classes, but not those of {@link
 * Starcast#classes()}: the endpoints would answer 404 and {@code @SameOrigin} would let everybody
 * in, without a word. Notes those that have them for {@link RestPath}. Found by {@code
 * META-INF/services}.
 */
@HandlesTypes(Application.class)
public final class ListedClasses implements ServletContainerInitializer {

  private static final System.Logger LOG = System.getLogger(ListedClasses.class.getName());

  /** For the container. */
  public ListedClasses() {}

  @Override
  public void onStartup(Set<Class<?>> types, ServletContext context) {
    Map<String, String> paths = new TreeMap<>();
    if (types != null) {
      for (Class<?> type : types) {
        if (check(type)) {
          ApplicationPath path = type.getAnnotation(ApplicationPath.class);
          paths.put(type.getName(), path == null ? null : path.value());
        }
      }
    }
    RestPath.note(context, paths);
  }

  /** Whether it has the classes, as far as one can say. */
  private static boolean check(Class<?> type) {
    Set<Class<?>> listed;
    try {
      listed = listed(type);
    } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
      return true; // it is abstract, or one that only the server can make
    }
    if (listed.isEmpty() || listed.containsAll(Starcast.classes())) {
      return true;
    }
    LogMessage.CLASSES_UNLISTED.log(LOG, type.getName());
    return false;
  }

  /** Its classes and those of its singletons: none of both, and the runtime finds all. */
  private static Set<Class<?>> listed(Class<?> type) throws ReflectiveOperationException {
    Set<Class<?>> listed = new HashSet<>();
    if (lists(type, "getClasses") || lists(type, "getSingletons")) {
      Application application = type.asSubclass(Application.class).getConstructor().newInstance();
      addAll(application.getClasses(), listed);
      if (lists(type, "getSingletons")) {
        // by reflection, as it is deprecated
        Set<?> singletons = (Set<?>) type.getMethod("getSingletons").invoke(application);
        addAll(singletons, listed);
      }
    }
    return listed;
  }

  /** Whether it has such a method of its own; if not, it need not be made. */
  private static boolean lists(Class<?> type, String method) {
    try {
      return type.getMethod(method).getDeclaringClass() != Application.class;
    } catch (NoSuchMethodException e) {
      return false; // of a Jakarta REST without it
    }
  }

  private static void addAll(Set<?> components, Set<Class<?>> listed) {
    if (components != null) {
      components.forEach(
          component ->
              listed.add(component instanceof Class<?> known ? known : component.getClass()));
    }
  }
}
