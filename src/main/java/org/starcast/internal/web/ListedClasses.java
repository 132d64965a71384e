package org.starcast.internal.web;

import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.annotation.HandlesTypes;
import jakarta.ws.rs.core.Application;
import java.util.Set;
import org.starcast.Starcast;
import org.starcast.internal.logging.LogMessage;

/**
 * Warns of an {@link Application} that lists its classes, but not those of {@link
 * Starcast#classes()}: the endpoints would answer 404 and {@code @SameOrigin} would let everybody
 * in, without a word. Found by {@code META-INF/services}.
 */
@HandlesTypes(Application.class)
public final class ListedClasses implements ServletContainerInitializer {

  private static final System.Logger LOG = System.getLogger(ListedClasses.class.getName());

  /** For the container. */
  public ListedClasses() {}

  @Override
  public void onStartup(Set<Class<?>> types, ServletContext context) {
    if (types != null) {
      types.forEach(ListedClasses::check);
    }
  }

  private static void check(Class<?> type) {
    Set<Class<?>> listed;
    try {
      if (type.getMethod("getClasses").getDeclaringClass() == Application.class) {
        return; // lists none, and need not be made for that
      }
      listed = type.asSubclass(Application.class).getConstructor().newInstance().getClasses();
    } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
      return; // it is abstract, or one that only the server can make
    }
    if (listed != null && !listed.isEmpty() && !listed.containsAll(Starcast.classes())) {
      LogMessage.CLASSES_UNLISTED.log(LOG, type.getName());
    }
  }
}
