package org.starcast.internal.writer;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Optional;

/** Access to objects of a container that need not be there. */
final class Reflection {

  private Reflection() {}

  /** Whether the object has this public method, without parameters. */
  static boolean has(Object target, String method) {
    try {
      target.getClass().getMethod(method);
      return true;
    } catch (NoSuchMethodException e) {
      return false;
    }
  }

  /** Calls a public method without parameters, of a public class. */
  static Object call(Object target, String method) throws ReflectiveOperationException {
    Class<?> type = target.getClass();
    while (!Modifier.isPublic(type.getModifiers())) {
      type = type.getSuperclass();
    }
    return type.getMethod(method).invoke(target);
  }

  /** Calls a method without parameters that the object's class, or one above, has for itself. */
  static Object callHidden(Object target, String method) throws ReflectiveOperationException {
    for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
      for (Method hidden : type.getDeclaredMethods()) {
        if (hidden.getName().equals(method) && hidden.getParameterCount() == 0) {
          hidden.setAccessible(true);
          return hidden.invoke(target);
        }
      }
    }
    throw new NoSuchMethodException(target.getClass().getName() + "." + method);
  }

  /** Reads a field of the object's class, or of one above. */
  static Object get(Object target, String field) throws ReflectiveOperationException {
    return find(target, field)
        .orElseThrow(() -> new NoSuchFieldException(target.getClass().getName() + "." + field));
  }

  /** The same; empty where there is none, or it is null. */
  static Optional<Object> find(Object target, String field) throws ReflectiveOperationException {
    Field found = field(target, field);
    return found == null ? Optional.empty() : Optional.ofNullable(found.get(target));
  }

  /** Sets a field of the object's class, or of one above. */
  static void set(Object target, String field, Object value) throws ReflectiveOperationException {
    Field found = field(target, field);
    if (found == null) {
      throw new NoSuchFieldException(target.getClass().getName() + "." + field);
    }
    found.set(target, value);
  }

  /** Null where there is none. */
  private static Field field(Object target, String name) {
    for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
      for (Field hidden : type.getDeclaredFields()) {
        if (hidden.getName().equals(name)) {
          hidden.setAccessible(true);
          return hidden;
        }
      }
    }
    return null;
  }
}
