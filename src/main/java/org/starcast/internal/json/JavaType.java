package org.starcast.internal.json;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A type without variables: what is not known, or is nested too deep, is {@link Object}. Immutable.
 *
 * @param raw its class; {@code Object[]} stands for all arrays
 * @param arguments its type arguments; of an array, its component
 */
record JavaType(Class<?> raw, List<JavaType> arguments) {

  private static final Class<?> ARRAY = Object[].class;
  private static final JavaType UNKNOWN = new JavaType(Object.class, List.of());
  private static final int MAX_DEPTH = 8;

  static JavaType of(Type type) {
    return of(type, Map.of());
  }

  /** The type as a class with these values of its variables sees it. */
  static JavaType of(Type type, Map<TypeVariable<?>, JavaType> variables) {
    return of(type, variables, 0);
  }

  private static JavaType of(Type type, Map<TypeVariable<?>, JavaType> variables, int depth) {
    if (depth > MAX_DEPTH) {
      return UNKNOWN;
    }
    if (type instanceof Class<?> raw) {
      return raw.isArray()
          ? new JavaType(ARRAY, List.of(of(raw.getComponentType(), variables, depth + 1)))
          : new JavaType(raw, List.of());
    }
    if (type instanceof GenericArrayType array) {
      return new JavaType(
          ARRAY, List.of(of(array.getGenericComponentType(), variables, depth + 1)));
    }
    if (type instanceof ParameterizedType generic) {
      List<JavaType> arguments =
          Arrays.stream(generic.getActualTypeArguments())
              .map(argument -> of(argument, variables, depth + 1))
              .toList();
      return cut(new JavaType((Class<?>) generic.getRawType(), arguments));
    }
    if (type instanceof WildcardType wildcard) {
      return of(wildcard.getUpperBounds()[0], variables, depth + 1);
    }
    if (type instanceof TypeVariable<?> variable) {
      JavaType value = variables.get(variable);
      return value != null ? value : of(variable.getBounds()[0], variables, depth + 1);
    }
    return UNKNOWN;
  }

  /** A class whose member is of the class itself with more around its argument never ends. */
  private static JavaType cut(JavaType type) {
    return type.depth() > MAX_DEPTH ? new JavaType(type.raw, List.of()) : type;
  }

  private int depth() {
    return 1 + arguments.stream().mapToInt(JavaType::depth).max().orElse(0);
  }

  boolean isArray() {
    return raw == ARRAY;
  }

  /** The argument that one of its supertypes has: of {@code Collection}, what is in it. */
  JavaType argumentOf(Class<?> supertype, int index) {
    return isArray() && index == 0
        ? arguments.get(0)
        : variables().getOrDefault(supertype.getTypeParameters()[index], UNKNOWN);
  }

  /** The values of the variables of its class and of all its supertypes. */
  Map<TypeVariable<?>, JavaType> variables() {
    Map<TypeVariable<?>, JavaType> values = new HashMap<>();
    collect(this, values);
    return values;
  }

  private static void collect(JavaType type, Map<TypeVariable<?>, JavaType> values) {
    TypeVariable<?>[] variables = type.raw.getTypeParameters();
    for (int i = 0; i < variables.length && i < type.arguments.size(); i++) {
      values.putIfAbsent(variables[i], type.arguments.get(i));
    }
    if (type.raw.getGenericSuperclass() != null) {
      collect(of(type.raw.getGenericSuperclass(), values), values);
    }
    for (Type implemented : type.raw.getGenericInterfaces()) {
      collect(of(implemented, values), values);
    }
  }
}
