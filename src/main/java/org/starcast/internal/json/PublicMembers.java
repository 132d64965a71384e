package org.starcast.internal.json;

import jakarta.json.bind.annotation.JsonbTransient;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import jakarta.json.bind.annotation.JsonbTypeSerializer;
import jakarta.json.bind.config.PropertyVisibilityStrategy;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What JSON shows of a class: its public getters and fields, and a record's components, as JSON-B
 * has it (3.0, section 3.7.1), whatever the visibility of the class itself. Thread-safe.
 */
final class PublicMembers implements PropertyVisibilityStrategy {

  /** The most objects of one value that are looked at. */
  private static final int MAX_LOOKED_AT = 10_000;

  @Override
  public boolean isVisible(Field field) {
    return Modifier.isPublic(field.getModifiers()) && opened(field);
  }

  @Override
  public boolean isVisible(Method method) {
    return Modifier.isPublic(method.getModifiers()) && opened(method);
  }

  /** A public member of a class that is not is out of reach for JSON-B, unless it is opened. */
  private static <T extends AccessibleObject & Member> boolean opened(T member) {
    if (!isPublic(member.getDeclaringClass())) {
      member.trySetAccessible();
    }
    return true;
  }

  /** Whether everybody may use the class: it, and those that it is in, are public. */
  private static boolean isPublic(Class<?> type) {
    for (Class<?> c = type; c != null; c = c.getEnclosingClass()) {
      if (!Modifier.isPublic(c.getModifiers())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Refuses a value that is, or has in it, a lambda, or an object of which nothing is visible
   * though there is something in it: it would be sent as <code>{}</code>.
   *
   * @throws IllegalArgumentException if there is one; the message says what to do
   */
  static void requireSomeOf(String name, Object value) {
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Object> left = new ArrayDeque<>();
    left.add(value);
    while (!left.isEmpty() && seen.size() < MAX_LOOKED_AT) {
      Object one = left.poll();
      if (seen.add(one)) {
        lookAt(name, one, left);
      }
    }
  }

  private static void lookAt(String name, Object one, Deque<Object> left) {
    Class<?> type = one.getClass();
    if (one instanceof Map<?, ?> map) {
      addAll(map.values(), left);
    } else if (one instanceof Iterable<?> several) {
      addAll(several, left);
    } else if (one instanceof Optional<?> optional) {
      optional.ifPresent(left::add);
    } else if (type.isArray()) {
      for (int i = 0; i < Array.getLength(one) && !type.getComponentType().isPrimitive(); i++) {
        add(Array.get(one, i), left);
      }
    } else if (isApplication(type)) {
      List<AccessibleObject> members = members(type);
      if (type.isHidden() || members.isEmpty() && hasState(type)) {
        throw new IllegalArgumentException(
            name
                + ": nothing of "
                + type.getName()
                + " is visible, so it would be sent as {}: make it a record, give it public getters"
                + " or fields, or a PayloadEncoder");
      }
      members.forEach(member -> add(valueOf(member, one), left));
    }
  }

  private static void addAll(Iterable<?> several, Deque<Object> left) {
    several.forEach(one -> add(one, left));
  }

  private static void add(Object one, Deque<Object> left) {
    if (one != null) {
      left.add(one);
    }
  }

  /** A class whose form is its members, as far as can be seen. */
  private static boolean isApplication(Class<?> type) {
    return type.getClassLoader() != null && !type.isEnum() && !hasOwnForm(type);
  }

  private static boolean hasOwnForm(AnnotatedElement element) {
    return element.isAnnotationPresent(JsonbTypeAdapter.class)
        || element.isAnnotationPresent(JsonbTypeSerializer.class);
  }

  static List<AccessibleObject> members(Class<?> type) {
    List<AccessibleObject> members = new ArrayList<>();
    if (type.isRecord()) {
      for (RecordComponent component : type.getRecordComponents()) {
        members.add(component.getAccessor());
      }
      return members;
    }
    for (Field field : type.getFields()) {
      if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0) {
        members.add(field);
      }
    }
    for (Method method : type.getMethods()) {
      if (isGetter(method)) {
        members.add(method);
      }
    }
    return members;
  }

  private static boolean isGetter(Method method) {
    String name = method.getName();
    return (name.length() > 3 && name.startsWith("get")
            || name.length() > 2 && name.startsWith("is"))
        && method.getParameterCount() == 0
        && method.getReturnType() != void.class
        && method.getDeclaringClass() != Object.class
        && !Modifier.isStatic(method.getModifiers());
  }

  private static boolean hasState(Class<?> type) {
    for (Class<?> c = type; c != null; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Null where there is nothing to look at: what is left out, or has a form of its own. */
  private static Object valueOf(AccessibleObject member, Object owner) {
    if (member.isAnnotationPresent(JsonbTransient.class) || hasOwnForm(member)) {
      return null;
    }
    try {
      member.trySetAccessible();
      return member instanceof Field field ? field.get(owner) : ((Method) member).invoke(owner);
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null; // JSON-B, which did see it, has its own way
    }
  }
}
