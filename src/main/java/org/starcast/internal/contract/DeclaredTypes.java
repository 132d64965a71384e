package org.starcast.internal.contract;

import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.annotation.HandlesTypes;
import java.util.Set;
import org.starcast.Topic;
import org.starcast.internal.topic.CompiledPattern;

/**
 * Finds the types with {@link Topic.Contract}, which need not be beans, nor in an archive with
 * beans. Found by {@code META-INF/services}.
 */
@HandlesTypes({Topic.Contract.class, Topic.Contract.List.class})
public final class DeclaredTypes implements ServletContainerInitializer {

  private static final String ATTRIBUTE = DeclaredTypes.class.getName();

  /** For the container. */
  public DeclaredTypes() {}

  /**
   * Keeps the types.
   *
   * @throws IllegalArgumentException if a topic is malformed; the message names the class
   */
  @Override
  public void onStartup(Set<Class<?>> types, ServletContext context) {
    Set<Class<?>> found = types == null ? Set.of() : types;
    found.forEach(DeclaredTypes::check);
    context.setAttribute(ATTRIBUTE, Set.copyOf(found));
  }

  private static void check(Class<?> type) {
    for (Topic.Contract contract : type.getAnnotationsByType(Topic.Contract.class)) {
      try {
        CompiledPattern.of(contract.value());
      } catch (IllegalArgumentException malformed) {
        throw new IllegalArgumentException(
            type.getName() + ": @Topic.Contract: " + malformed.getMessage(), malformed);
      }
    }
  }

  /** Those of an application; none where its server does not look for them. */
  @SuppressWarnings("unchecked") // by onStartup
  public static Set<Class<?>> of(ServletContext context) {
    Object found = context.getAttribute(ATTRIBUTE);
    return found == null ? Set.of() : (Set<Class<?>>) found;
  }
}
