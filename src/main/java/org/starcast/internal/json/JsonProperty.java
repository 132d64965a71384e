package org.starcast.internal.json;

import jakarta.json.bind.annotation.JsonbNillable;
import jakarta.json.bind.annotation.JsonbProperty;
import jakarta.json.bind.annotation.JsonbTransient;
import java.lang.annotation.Annotation;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A property as JSON-B sees it. Immutable.
 *
 * @param name its name in JSON
 * @param member the getter, or a field that has none
 * @param field the field of the getter, or null
 */
record JsonProperty(String name, AccessibleObject member, Field field) {

  private static final Set<String> NOT_NULL =
      Set.of("NotNull", "NonNull", "Nonnull", "NotEmpty", "NotBlank");

  /** Those of a record in its order, those of other classes by name. */
  static List<JsonProperty> of(Class<?> raw) {
    Map<String, JsonProperty> found = new LinkedHashMap<>();
    PublicMembers.members(raw).stream()
        .filter(member -> !((Member) member).isSynthetic())
        .map(member -> of(raw, member))
        .filter(JsonProperty::isShown)
        // a getter comes before the field
        .sorted(Comparator.comparing(property -> property.member instanceof Field))
        .forEach(property -> found.putIfAbsent(property.name, property));
    Stream<JsonProperty> properties = found.values().stream();
    return raw.isRecord()
        ? properties.toList()
        : properties.sorted(Comparator.comparing(JsonProperty::name)).toList();
  }

  private static JsonProperty of(Class<?> raw, AccessibleObject member) {
    String java = ((Member) member).getName();
    if (member instanceof Method && !raw.isRecord()) {
      java = decapitalized(java.substring(java.startsWith("is") ? 2 : 3));
    }
    Field field = member instanceof Method ? field(raw, java) : null;
    JsonProperty property = new JsonProperty(java, member, field);
    JsonbProperty named = property.annotation(JsonbProperty.class);
    return named == null || named.value().isEmpty()
        ? property
        : new JsonProperty(named.value(), member, field);
  }

  private boolean isShown() {
    return !name.isEmpty()
        && annotation(JsonbTransient.class) == null
        && (field == null || !Modifier.isTransient(field.getModifiers()));
  }

  /** As {@code java.beans.Introspector} does it, which not every Java has. */
  private static String decapitalized(String name) {
    boolean acronym =
        name.length() > 1
            && Character.isUpperCase(name.charAt(0))
            && Character.isUpperCase(name.charAt(1));
    return name.isEmpty() || acronym
        ? name
        : Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  private static Field field(Class<?> raw, String name) {
    for (Class<?> type = raw; type != null; type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        if (field.getName().equals(name)) {
          return field;
        }
      }
    }
    return null;
  }

  Stream<AnnotatedElement> annotated() {
    return field == null ? Stream.of(member) : Stream.of(member, field);
  }

  private <A extends Annotation> A annotation(Class<A> type) {
    A own = member.getAnnotation(type);
    return own != null || field == null ? own : field.getAnnotation(type);
  }

  /** The annotation of the property, its class or its package. */
  <A extends Annotation> A formatOf(Class<A> type) {
    A own = annotation(type);
    return own != null ? own : inherited(((Member) member).getDeclaringClass(), type);
  }

  /** The annotation of a class or its package. */
  static <A extends Annotation> A inherited(Class<?> owner, Class<A> type) {
    A own = owner.getAnnotation(type);
    Package home = owner.getPackage();
    return own != null || home == null ? own : home.getAnnotation(type);
  }

  /** The type as it is declared. */
  Type type() {
    return member instanceof Field one
        ? one.getGenericType()
        : ((Method) member).getGenericReturnType();
  }

  /**
   * Whether a null is written: as configured in {@link JsonText}, unless an annotation says no.
   *
   * @param owner the class that it is a property of
   */
  @SuppressWarnings("deprecation") // JSON-B itself still goes by it
  boolean isNillable(Class<?> owner) {
    JsonbNillable nillable = annotation(JsonbNillable.class);
    if (nillable != null) {
      return nillable.value();
    }
    JsonbProperty named = annotation(JsonbProperty.class);
    if (named != null) {
      return named.nillable();
    }
    JsonbNillable ofClass = inherited(owner, JsonbNillable.class);
    return ofClass == null || ofClass.value();
  }

  /** Whether it is never null: it is primitive, or the application says so. */
  boolean isNotNull() {
    return type() instanceof Class<?> raw && raw.isPrimitive()
        || annotated().anyMatch(JsonProperty::isNotNull);
  }

  private static boolean isNotNull(AnnotatedElement element) {
    AnnotatedType type =
        element instanceof Field field
            ? field.getAnnotatedType()
            : ((Method) element).getAnnotatedReturnType();
    return Stream.of(element.getAnnotations(), type.getAnnotations())
        .flatMap(Arrays::stream)
        .anyMatch(annotation -> NOT_NULL.contains(annotation.annotationType().getSimpleName()));
  }
}
