package org.starcast.datastar;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.JsonValue.ValueType;
import jakarta.json.bind.annotation.JsonbProperty;
import jakarta.json.bind.annotation.JsonbTransient;
import java.beans.IntrospectionException;
import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.starcast.datastar.Signals.BadSignalsException;
import org.starcast.internal.json.BoundedNumbers;

/**
 * Compares JSON with the type that it shall become, before JSON-B does it: JSON-B cuts numbers that
 * are too large or have a fraction, and its messages name no path. Types that are not known here
 * (dates, types with adapters, type variables) are left to JSON-B, but for their numbers.
 * Recursive: the text's depth is bounded, see {@link Json#parseObject}.
 */
final class SignalsTypes {

  private static final Map<Class<?>, Range> WHOLE =
      Map.of(
          byte.class, new Range(Byte.MIN_VALUE, Byte.MAX_VALUE),
          Byte.class, new Range(Byte.MIN_VALUE, Byte.MAX_VALUE),
          short.class, new Range(Short.MIN_VALUE, Short.MAX_VALUE),
          Short.class, new Range(Short.MIN_VALUE, Short.MAX_VALUE),
          int.class, new Range(Integer.MIN_VALUE, Integer.MAX_VALUE),
          Integer.class, new Range(Integer.MIN_VALUE, Integer.MAX_VALUE),
          long.class, new Range(Long.MIN_VALUE, Long.MAX_VALUE),
          Long.class, new Range(Long.MIN_VALUE, Long.MAX_VALUE));

  /** Per class, as reflection over a bean takes longer than binding it. */
  private static final ClassValue<Map<String, Type>> MEMBERS =
      new ClassValue<>() {
        @Override
        protected Map<String, Type> computeValue(Class<?> type) {
          return type.isRecord() ? components(type) : properties(type);
        }
      };

  private final List<BadSignalsException.Error> errors = new ArrayList<>();

  private record Range(long min, long max) {

    /** Compared before converted: 1e999999999 has no room as an integer. */
    boolean contains(BigDecimal n) {
      return n.compareTo(BigDecimal.valueOf(min)) >= 0
          && n.compareTo(BigDecimal.valueOf(max)) <= 0
          && isWhole(n);
    }
  }

  private SignalsTypes() {}

  static List<BadSignalsException.Error> check(JsonObject object, Type type) {
    SignalsTypes types = new SignalsTypes();
    types.check(object, type, JsonPath.ROOT);
    if (types.errors.isEmpty()) {
      types.checkNumbers(object, JsonPath.ROOT);
    }
    return types.errors;
  }

  private void check(JsonValue value, Type type, JsonPath path) {
    if (errors.size() >= BadSignalsException.MAX_ERRORS) {
      return;
    }
    if (value.getValueType() == ValueType.NULL) {
      if (type instanceof Class<?> primitive && primitive.isPrimitive()) {
        wrong(path, "must not be null");
      }
    } else if (type instanceof Class<?> known) {
      checkClass(value, known, path);
    } else if (type instanceof GenericArrayType array) {
      checkElements(value, array.getGenericComponentType(), path);
    } else if (type instanceof ParameterizedType generic
        && generic.getRawType() instanceof Class<?> raw) {
      Type[] arguments = generic.getActualTypeArguments();
      if (raw == Optional.class) {
        check(value, arguments[0], path);
      } else if (Map.class.isAssignableFrom(raw) && arguments.length == 2) {
        if (isObject(value, path)) {
          value.asJsonObject().forEach((key, v) -> check(v, arguments[1], path.member(key)));
        }
      } else if (Collection.class.isAssignableFrom(raw) && arguments.length == 1) {
        checkElements(value, arguments[0], path);
      } else {
        checkClass(value, raw, path);
      }
    }
  }

  private void checkClass(JsonValue value, Class<?> type, JsonPath path) {
    if (WHOLE.containsKey(type)) {
      checkWhole(value, WHOLE.get(type), path);
    } else if (type == double.class || type == Double.class) {
      checkNumber(value, path, n -> Double.isFinite(n.doubleValue()), "must fit a double");
    } else if (type == float.class || type == Float.class) {
      checkNumber(value, path, n -> Float.isFinite(n.floatValue()), "must fit a float");
    } else if (type == BigInteger.class) {
      checkNumber(
          value,
          path,
          n -> BoundedNumbers.isBounded(n) && isWhole(n),
          "must be a whole number with an exponent of at most " + BoundedNumbers.MAX_EXPONENT);
    } else if (type == BigDecimal.class || type == Number.class) {
      checkNumber(value, path, BoundedNumbers::isBounded, BoundedNumbers.UNBOUNDED);
    } else if (type == boolean.class || type == Boolean.class) {
      if (value.getValueType() != ValueType.TRUE && value.getValueType() != ValueType.FALSE) {
        wrong(path, "must be true or false");
      }
    } else if (type == String.class || type == CharSequence.class) {
      if (value instanceof JsonObject || value.getValueType() == ValueType.ARRAY) {
        wrong(path, "must be text");
      }
    } else if (type.isEnum()) {
      checkEnum(value, type, path);
    } else if (type.isArray()) {
      checkElements(value, type.getComponentType(), path);
    } else if (Map.class.isAssignableFrom(type)) {
      isObject(value, path);
    } else if (Collection.class.isAssignableFrom(type)) {
      checkElements(value, Object.class, path);
    } else if (isApplication(type) && isObject(value, path)) {
      JsonObject object = value.asJsonObject();
      MEMBERS
          .get(type)
          .forEach(
              (name, member) -> {
                if (object.containsKey(name)) {
                  check(object.get(name), member, path.member(name));
                }
              });
    }
  }

  /** A bean or record of the application, whose form is its members. */
  private static boolean isApplication(Class<?> type) {
    return type.isRecord()
        || !type.isInterface()
            && !Modifier.isAbstract(type.getModifiers())
            && type.getClassLoader() != null
            && type.getAnnotations().length == 0
            && !JsonValue.class.isAssignableFrom(type);
  }

  private void checkElements(JsonValue value, Type element, JsonPath path) {
    if (value.getValueType() != ValueType.ARRAY) {
      if (element != byte.class) {
        wrong(path, "must be a list");
      }
      return;
    }
    int i = 0;
    for (JsonValue one : value.asJsonArray()) {
      check(one, element, path.element(i++));
    }
  }

  private void checkWhole(JsonValue value, Range range, JsonPath path) {
    checkNumber(
        value,
        path,
        range::contains,
        "must be a whole number from " + range.min + " to " + range.max);
  }

  private static boolean isWhole(BigDecimal n) {
    return n.signum() == 0 || n.stripTrailingZeros().scale() <= 0;
  }

  private void checkNumber(
      JsonValue value, JsonPath path, Predicate<BigDecimal> fits, String otherwise) {
    // or text that is one: inputs in pages give text
    Optional<BigDecimal> number = BoundedNumbers.of(value);
    if (number.isEmpty()) {
      wrong(path, "must be a number");
    } else if (!fits.test(number.get())) {
      wrong(path, otherwise);
    }
  }

  /** All numbers, wherever they are and whatever becomes of them. */
  private void checkNumbers(JsonValue value, JsonPath path) {
    if (errors.size() >= BadSignalsException.MAX_ERRORS) {
      return;
    }
    if (value instanceof JsonNumber number) {
      if (!BoundedNumbers.isBounded(number.bigDecimalValue())) {
        wrong(path, BoundedNumbers.UNBOUNDED);
      }
    } else if (value instanceof JsonObject object) {
      object.forEach((name, member) -> checkNumbers(member, path.member(name)));
    } else if (value instanceof JsonArray array) {
      int i = 0;
      for (JsonValue element : array) {
        checkNumbers(element, path.element(i++));
      }
    }
  }

  private void checkEnum(JsonValue value, Class<?> type, JsonPath path) {
    Supplier<Stream<String>> names =
        () -> Arrays.stream(type.getEnumConstants()).map(constant -> ((Enum<?>) constant).name());
    if (!(value instanceof JsonString text && names.get().anyMatch(text.getString()::equals))) {
      wrong(path, "must be one of " + names.get().collect(Collectors.joining(", ")));
    }
  }

  private boolean isObject(JsonValue value, JsonPath path) {
    boolean object = value instanceof JsonObject;
    if (!object) {
      wrong(path, "must be an object");
    }
    return object;
  }

  private void wrong(JsonPath path, String detail) {
    errors.add(new BadSignalsException.Error(path.toString(), detail));
  }

  private static Map<String, Type> components(Class<?> type) {
    Map<String, Type> members = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      JsonbProperty property = component.getAccessor().getAnnotation(JsonbProperty.class);
      members.put(name(property, component.getName()), component.getGenericType());
    }
    return members;
  }

  private static Map<String, Type> properties(Class<?> type) {
    Map<String, Type> members = new LinkedHashMap<>();
    for (Field field : type.getFields()) {
      if (!Modifier.isStatic(field.getModifiers()) && plain(field.getAnnotations())) {
        members.put(field.getName(), field.getGenericType());
      }
    }
    try {
      for (PropertyDescriptor property : Introspector.getBeanInfo(type).getPropertyDescriptors()) {
        // names and adapters may be on the field: such a property is left to JSON-B
        if (property.getWriteMethod() != null
            && plain(property.getWriteMethod().getAnnotations())
            && plain(fieldAnnotations(type, property.getName()))) {
          members.put(property.getName(), property.getWriteMethod().getGenericParameterTypes()[0]);
        }
      }
    } catch (IntrospectionException e) {
      return Map.of();
    }
    return members;
  }

  private static java.lang.annotation.Annotation[] fieldAnnotations(Class<?> type, String name) {
    for (Class<?> owner = type; owner != null; owner = owner.getSuperclass()) {
      for (Field field : owner.getDeclaredFields()) {
        if (field.getName().equals(name)) {
          return field.getAnnotations();
        }
      }
    }
    return new java.lang.annotation.Annotation[0];
  }

  private static boolean plain(java.lang.annotation.Annotation[] annotations) {
    return Arrays.stream(annotations)
        .noneMatch(
            a ->
                a.annotationType() == JsonbTransient.class
                    || a.annotationType().getPackage() == JsonbProperty.class.getPackage());
  }

  private static String name(JsonbProperty property, String otherwise) {
    return property == null || property.value().isEmpty() ? otherwise : property.value();
  }
}
