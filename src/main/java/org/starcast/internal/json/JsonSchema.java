package org.starcast.internal.json;

import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import jakarta.json.bind.adapter.JsonbAdapter;
import jakarta.json.bind.annotation.JsonbDateFormat;
import jakarta.json.bind.annotation.JsonbNumberFormat;
import jakarta.json.bind.annotation.JsonbSubtype;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import jakarta.json.bind.annotation.JsonbTypeInfo;
import jakarta.json.bind.annotation.JsonbTypeSerializer;
import jakarta.json.bind.annotation.JsonbVisibility;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The JSON Schema (draft 7) of what {@link JsonText} makes of Java types, by their classes alone:
 * no code of theirs is called. A schema is open, as an object may be of a subclass. What cannot be
 * known is the schema of anything, <code>{}</code>. At most 1,000 types are described, further ones
 * are anything. Not thread-safe.
 *
 * <p>A property that may be null says so, unless an annotation named {@code NotNull}, {@code
 * NonNull}, {@code Nonnull}, {@code NotEmpty} or {@code NotBlank} says that it is not. What is in
 * collections and maps is taken for not null.
 */
public final class JsonSchema {

  private static final int MAX_DEFINITIONS = 1_000;
  private static final int MAX_NAME = 100;

  private static final String TYPE = "type";
  private static final String FORMAT = "format";
  private static final String ANY_OF = "anyOf";
  private static final String REF = "$ref";
  private static final String STRING = "string";
  private static final String DATE_TIME = "date-time";

  private static final JsonObject ANYTHING = JsonValue.EMPTY_JSON_OBJECT;
  private static final JsonObject NULL = type("null");
  private static final JsonObject TEXT = type(STRING);
  private static final JsonObject INTEGER = type("integer");
  private static final JsonObject NUMBER = type("number");
  private static final JsonObject OBJECT = type("object");

  /** Types that have a form of their own, in the order in which they are asked. */
  private static final Map<Class<?>, JsonObject> SIMPLE = new LinkedHashMap<>();

  /** Among them, those that {@code @JsonbDateFormat} is for. */
  private static final Set<Class<?>> TIMES = new HashSet<>();

  static {
    JsonObject character =
        Json.createObjectBuilder(TEXT).add("minLength", 1).add("maxLength", 1).build();
    put(type("boolean"), boolean.class, Boolean.class);
    put(character, char.class, Character.class);
    put(INTEGER, byte.class, short.class, int.class, long.class);
    put(INTEGER, Byte.class, Short.class, Integer.class, Long.class, java.math.BigInteger.class);
    put(NUMBER, float.class, double.class, Number.class);
    put(TEXT, CharSequence.class, java.time.ZoneId.class, TimeZone.class);
    // not of the format "duration", which has no fractions
    put(
        TEXT,
        java.time.Duration.class,
        java.time.Period.class,
        java.time.YearMonth.class,
        java.time.MonthDay.class);
    put(text("uuid"), UUID.class);
    put(text("uri-reference"), java.net.URI.class);
    put(text("uri"), java.net.URL.class);
    put(OBJECT, JsonObject.class);
    put(type("array"), JsonArray.class);
    put(TEXT, JsonString.class);
    put(NUMBER, JsonNumber.class);
    put(ANYTHING, JsonStructure.class, JsonValue.class);
    times(text(DATE_TIME), Date.class, Calendar.class, java.time.Instant.class);
    times(text(DATE_TIME), java.time.OffsetDateTime.class, java.time.ZonedDateTime.class);
    times(text("date"), java.time.LocalDate.class);
    times(text("time"), java.time.OffsetTime.class);
    // without an offset: there is no format for them
    times(TEXT, java.time.LocalDateTime.class, java.time.LocalTime.class);
  }

  private final String prefix;
  private final Set<String> taken;
  private final Map<JavaType, String> names = new HashMap<>();
  private final Map<String, JsonObject> definitions = new TreeMap<>();

  /**
   * Begins without definitions.
   *
   * @param prefix what comes before a definition's name in references to it
   * @param reserved names that no definition may have
   */
  public JsonSchema(String prefix, Set<String> reserved) {
    this.prefix = prefix;
    this.taken = new HashSet<>(reserved);
  }

  /** The schema of a type; refers to the definitions. */
  public JsonObject of(Type type) {
    return schema(JavaType.of(type));
  }

  /** All that schemas refer to, by name. */
  public Map<String, JsonObject> definitions() {
    return definitions;
  }

  private JsonObject schema(JavaType type) {
    Class<?> raw = type.raw();
    if (type.isArray()) {
      return array(type.arguments().get(0));
    }
    if (raw == Optional.class) {
      return nullable(schema(type.argumentOf(Optional.class, 0)));
    }
    if (raw == OptionalInt.class || raw == OptionalLong.class) {
      return nullable(INTEGER);
    }
    if (raw == OptionalDouble.class) {
      return nullable(NUMBER);
    }
    Optional<Class<?>> simple = simple(raw);
    if (simple.isPresent()) {
      return SIMPLE.get(simple.get());
    }
    if (Map.class.isAssignableFrom(raw)) {
      return map(type.argumentOf(Map.class, 0), type.argumentOf(Map.class, 1));
    }
    if (Collection.class.isAssignableFrom(raw)) {
      return array(type.argumentOf(Collection.class, 0));
    }
    if (raw == Iterable.class) {
      return array(type.argumentOf(Iterable.class, 0));
    }
    return raw.isEnum() || !isOfJava(raw) ? reference(type) : ANYTHING;
  }

  /** A class of Java, whose members are not meant for JSON. */
  private static boolean isOfJava(Class<?> raw) {
    return raw.getClassLoader() == null
        || raw.getClassLoader() == ClassLoader.getPlatformClassLoader();
  }

  private static Optional<Class<?>> simple(Class<?> raw) {
    return SIMPLE.containsKey(raw)
        ? Optional.of(raw)
        : SIMPLE.keySet().stream()
            .filter(known -> !known.isPrimitive() && known.isAssignableFrom(raw))
            .findFirst();
  }

  private JsonObject array(JavaType item) {
    return Json.createObjectBuilder().add(TYPE, "array").add("items", schema(item)).build();
  }

  private JsonObject map(JavaType key, JavaType value) {
    JsonObject values = schema(value);
    if (key.raw().isEnum() || simple(key.raw()).isPresent()) {
      return Json.createObjectBuilder(OBJECT).add("additionalProperties", values).build();
    }
    if (key.raw() == Object.class || key.raw().isInterface()) {
      return ANYTHING; // an object or an array, by what the keys are
    }
    return Json.createObjectBuilder()
        .add(TYPE, "array")
        .add(
            "items",
            Json.createObjectBuilder(OBJECT)
                .add(
                    "properties",
                    Json.createObjectBuilder().add("key", schema(key)).add("value", values))
                .add("required", Json.createArrayBuilder().add("key").add("value")))
        .build();
  }

  private JsonObject reference(JavaType type) {
    String name = names.get(type);
    if (name == null) {
      if (names.size() == MAX_DEFINITIONS) {
        return ANYTHING;
      }
      name = newName(type);
      names.put(type, name); // before its members, which may be of this type
      definitions.put(name, definition(type));
    }
    return Json.createObjectBuilder().add(REF, prefix + name).build();
  }

  private String newName(JavaType type) {
    String wanted = name(type);
    String cut = wanted.substring(0, Math.min(MAX_NAME, wanted.length()));
    String name = cut;
    for (int i = 2; !taken.add(name); i++) {
      name = cut + i;
    }
    return name;
  }

  private static String name(JavaType type) {
    if (type.isArray()) {
      return name(type.arguments().get(0)) + "Array";
    }
    String simple = type.raw().getSimpleName().replaceAll("[^A-Za-z0-9_]", "_");
    String own =
        simple.isEmpty()
            ? "Anonymous"
            : Character.toUpperCase(simple.charAt(0)) + simple.substring(1);
    return type.arguments().isEmpty()
        ? own
        : type.arguments().stream()
            .map(JsonSchema::name)
            .collect(Collectors.joining("And", own + "Of", ""));
  }

  private JsonObject definition(JavaType type) {
    try {
      return described(type);
    } catch (LinkageError | TypeNotPresentException e) {
      return ANYTHING; // it names a type that is not there
    }
  }

  private JsonObject described(JavaType type) {
    Class<?> raw = type.raw();
    JsonObject own = ownForm(type, raw);
    if (own != null) {
      return own;
    }
    if (raw.isEnum()) {
      JsonArrayBuilder constants = Json.createArrayBuilder();
      // not by values(), which would run the class
      Arrays.stream(raw.getDeclaredFields())
          .filter(Field::isEnumConstant)
          .forEach(constant -> constants.add(constant.getName()));
      return Json.createObjectBuilder(TEXT).add("enum", constants).build();
    }
    Set<Class<?>> kinds = kinds(raw);
    if (kinds.isEmpty()) {
      return object(type);
    }
    JsonArrayBuilder any = Json.createArrayBuilder();
    for (Class<?> kind : kinds) {
      any.add(kind == raw ? object(type) : reference(JavaType.of(kind)));
    }
    return Json.createObjectBuilder().add(ANY_OF, any).build();
  }

  /** What a closed hierarchy says that an object of this type is; empty if it says nothing. */
  private static Set<Class<?>> kinds(Class<?> raw) {
    Set<Class<?>> kinds = new LinkedHashSet<>();
    JsonbTypeInfo info = raw.getAnnotation(JsonbTypeInfo.class);
    if (info != null) {
      Arrays.stream(info.value()).map(JsonbSubtype::type).forEach(kinds::add);
    } else if (raw.isSealed()) {
      kinds.addAll(List.of(raw.getPermittedSubclasses()));
      if (!Modifier.isAbstract(raw.getModifiers())) {
        kinds.add(raw);
      }
    }
    return kinds;
  }

  private JsonObject object(JavaType type) {
    Class<?> raw = type.raw();
    if (JsonProperty.inherited(raw, JsonbVisibility.class) != null) {
      return OBJECT; // by code of the application, which is not called
    }
    JsonObjectBuilder properties = Json.createObjectBuilder();
    Set<String> required = new LinkedHashSet<>();
    kindsOf(raw)
        .forEach(
            (key, alias) -> {
              properties.add(key, Json.createObjectBuilder().add("const", alias));
              required.add(key);
            });
    Map<TypeVariable<?>, JavaType> variables = type.variables();
    for (JsonProperty property : JsonProperty.of(raw)) {
      JsonObject form = form(property, variables);
      boolean nillable = property.isNillable(raw);
      boolean notNull = property.isNotNull();
      properties.add(property.name(), nillable && !notNull ? nullable(form) : form);
      // a record that implements an interface shows its own names
      if ((nillable || notNull) && !raw.isInterface()) {
        required.add(property.name());
      }
    }
    JsonObjectBuilder object = Json.createObjectBuilder(OBJECT).add("properties", properties);
    if (!required.isEmpty()) {
      object.add("required", Json.createArrayBuilder(required));
    }
    return object.build();
  }

  /** The properties that tell subtypes apart, and what they are for this one. */
  private static Map<String, String> kindsOf(Class<?> raw) {
    Map<String, String> kinds = new LinkedHashMap<>();
    for (Class<?> type : supertypes(raw)) {
      JsonbTypeInfo info = type.getAnnotation(JsonbTypeInfo.class);
      if (info != null) {
        Arrays.stream(info.value())
            .filter(kind -> kind.type() == raw)
            .forEach(kind -> kinds.put(info.key(), kind.alias()));
      }
    }
    return kinds;
  }

  private static Set<Class<?>> supertypes(Class<?> raw) {
    Set<Class<?>> types = new LinkedHashSet<>();
    for (Class<?> type = raw; type != null; type = type.getSuperclass()) {
      types.add(type);
    }
    List.copyOf(types).forEach(type -> addInterfaces(type, types));
    return types;
  }

  private static void addInterfaces(Class<?> type, Set<Class<?>> types) {
    for (Class<?> implemented : type.getInterfaces()) {
      if (types.add(implemented)) {
        addInterfaces(implemented, types);
      }
    }
  }

  private JsonObject form(JsonProperty property, Map<TypeVariable<?>, JavaType> variables) {
    JavaType type = JavaType.of(property.type(), variables);
    JsonObject own =
        property
            .annotated()
            .map(element -> ownForm(type, element))
            .filter(form -> form != null)
            .findFirst()
            .orElse(null);
    if (own != null) {
      return own;
    }
    JsonbDateFormat date = property.formatOf(JsonbDateFormat.class);
    if (date != null && simple(type.raw()).filter(TIMES::contains).isPresent()) {
      return dateForm(date, schema(type));
    }
    boolean isNumber = Set.of(INTEGER, NUMBER).contains(schemaOfSimple(type));
    return isNumber && property.formatOf(JsonbNumberFormat.class) != null ? TEXT : schema(type);
  }

  private static JsonObject schemaOfSimple(JavaType type) {
    return simple(type.raw()).map(SIMPLE::get).orElse(ANYTHING);
  }

  private static JsonObject dateForm(JsonbDateFormat date, JsonObject standard) {
    return switch (date.value()) {
      case JsonbDateFormat.DEFAULT_FORMAT -> standard;
      case JsonbDateFormat.TIME_IN_MILLIS ->
          Json.createObjectBuilder()
              .add(TYPE, Json.createArrayBuilder().add("integer").add(STRING))
              .build();
      default -> TEXT;
    };
  }

  /** What an adapter or a serializer makes of it, or null if it has none. */
  private JsonObject ownForm(JavaType type, AnnotatedElement element) {
    if (element.isAnnotationPresent(JsonbTypeSerializer.class)) {
      return ANYTHING;
    }
    JsonbTypeAdapter adapter = element.getAnnotation(JsonbTypeAdapter.class);
    if (adapter == null) {
      return null;
    }
    JavaType adapted = JavaType.of(adapter.value()).argumentOf(JsonbAdapter.class, 1);
    return adapted.equals(type) ? ANYTHING : schema(adapted);
  }

  // ---- small schemas

  private static JsonObject nullable(JsonObject schema) {
    if (schema.isEmpty()) {
      return schema;
    }
    JsonValue type = schema.get(TYPE);
    if (type instanceof JsonString one) {
      return Json.createObjectBuilder(schema)
          .add(TYPE, Json.createArrayBuilder().add(one).add("null"))
          .build();
    }
    if (type instanceof JsonArray several) {
      return several.contains(Json.createValue("null"))
          ? schema
          : Json.createObjectBuilder(schema)
              .add(TYPE, Json.createArrayBuilder(several).add("null"))
              .build();
    }
    return Json.createObjectBuilder()
        .add(ANY_OF, Json.createArrayBuilder().add(schema).add(NULL))
        .build();
  }

  private static JsonObject type(String name) {
    return Json.createObjectBuilder().add(TYPE, name).build();
  }

  private static JsonObject text(String format) {
    return Json.createObjectBuilder(type(STRING)).add(FORMAT, format).build();
  }

  private static void put(JsonObject schema, Class<?>... types) {
    for (Class<?> type : types) {
      SIMPLE.put(type, schema);
    }
  }

  private static void times(JsonObject schema, Class<?>... types) {
    put(schema, types);
    TIMES.addAll(List.of(types));
  }
}
