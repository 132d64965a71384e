package org.starcast.internal.writer;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;

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

  /** Calls a method without parameters that the object's own class declares for itself. */
  static Object callHidden(Object target, String method) throws ReflectiveOperationException {
    Method hidden = target.getClass().getDeclaredMethod(method);
    hidden.setAccessible(true);
    return hidden.invoke(target);
  }

  /** Reads a field that the object's class declares, or one of its superclasses. */
  static Object get(Object target, String field) throws ReflectiveOperationException {
    for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
      for (Field hidden : type.getDeclaredFields()) {
        if (hidden.getName().equals(field)) {
          hidden.setAccessible(true);
          return hidden.get(target);
        }
      }
    }
    throw new NoSuchFieldException(field);
  }
}
