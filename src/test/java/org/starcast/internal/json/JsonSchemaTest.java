package org.starcast.internal.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import jakarta.enterprise.util.TypeLiteral;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import jakarta.json.bind.adapter.JsonbAdapter;
import jakarta.json.bind.annotation.JsonbDateFormat;
import jakarta.json.bind.annotation.JsonbNillable;
import jakarta.json.bind.annotation.JsonbNumberFormat;
import jakarta.json.bind.annotation.JsonbProperty;
import jakarta.json.bind.annotation.JsonbSubtype;
import jakarta.json.bind.annotation.JsonbTransient;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import jakarta.json.bind.annotation.JsonbTypeInfo;
import jakarta.validation.constraints.NotNull;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TimeZone;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The schema of a type is that of the JSON that is made of its objects: random ones, by {@code
 * -Dstarcast.test.seed}, {@code starcast.test.runs} times as many.
 */
class JsonSchemaTest {

  private static final int RUNS = 30;
  private static final int MAX_DEPTH = 4;

  enum Status {
    OPEN,
    SENT {
      @Override
      public String toString() {
        return "on its way";
      }
    }
  }

  record Simple(
      boolean flag,
      char letter,
      byte tiny,
      long number,
      double amount,
      Integer boxed,
      BigInteger big,
      BigDecimal exact,
      String text,
      UUID id,
      URI uri,
      Status status) {}

  record Times(
      Instant instant,
      OffsetDateTime offset,
      ZonedDateTime zoned,
      LocalDateTime local,
      LocalDate day,
      LocalTime time,
      Date date,
      GregorianCalendar calendar,
      Duration duration,
      Period period,
      YearMonth month,
      ZoneId zone,
      TimeZone timeZone) {}

  record Nested(
      List<Simple> list,
      Set<Status> set,
      Map<Status, List<Integer>> byStatus,
      Map<String, Simple> byText,
      Map<Simple, String> bySimple,
      int[][] grid,
      String[] texts,
      Optional<Simple> optional,
      OptionalInt whole,
      OptionalLong large,
      OptionalDouble part,
      Iterable<String> texts2,
      Object anything,
      JsonObject json) {}

  record Tree(String name, Tree left, List<Tree> children) {}

  record Renamed(
      @JsonbProperty("some-name") String name,
      @JsonbTransient String hidden,
      @JsonbNillable(false) String absent,
      @JsonbNillable String there,
      @NotNull String sure) {}

  static class Bean {
    private String text;

    @JsonbProperty("other")
    private int number;

    private transient String passing = "not shown";
    @JsonbTransient private String secret;
    public List<String> open;

    public String getText() {
      return text;
    }

    public int getNumber() {
      return number;
    }

    public String getPassing() {
      return passing;
    }

    public String getSecret() {
      return secret;
    }

    public boolean isEmpty() {
      return text == null;
    }

    public String getURL() {
      return "/" + number;
    }
  }

  static class SubBean extends Bean {
    private Status status;

    public Status getStatus() {
      return status;
    }
  }

  @JsonbNillable(false)
  static class Sparse {
    public String one;
    @JsonbNillable public String two;
    public int three;
  }

  static class Holder<T> {
    private T value;
    private Map<String, List<T>> more;

    public T getValue() {
      return value;
    }

    public Map<String, List<T>> getMore() {
      return more;
    }
  }

  static class TextHolder extends Holder<String> {}

  record Pair<A, B>(A first, B second, Pair<B, A> turned) {}

  sealed interface Shape permits Circle, Square {}

  record Circle(double radius) implements Shape {}

  record Square(double side, Shape within) implements Shape {}

  @JsonbTypeInfo(
      key = "kind",
      value = {
        @JsonbSubtype(alias = "dog", type = Dog.class),
        @JsonbSubtype(alias = "cat", type = Cat.class)
      })
  interface Animal {}

  public record Dog(String name) implements Animal {}

  public record Cat(int lives, Animal prey) implements Animal {}

  record Zoo(Animal star, List<Animal> all, Dog dog) {}

  interface Named {
    String name();

    default String getTitle() {
      return "Dr " + name();
    }
  }

  record Person(String name) implements Named {}

  record Club(Named head, List<Named> members) {}

  static class Formatted {
    @JsonbDateFormat("dd.MM.yyyy")
    public LocalDate day;

    @JsonbDateFormat(JsonbDateFormat.TIME_IN_MILLIS)
    public Instant millis;

    @JsonbDateFormat public Instant plain;

    @JsonbNumberFormat("0.00")
    public double price;

    @JsonbNumberFormat("0")
    public Integer count;
  }

  public static class Celsius implements JsonbAdapter<Temperature, Double> {
    @Override
    public Double adaptToJson(Temperature temperature) {
      return temperature.kelvin - 273.15;
    }

    @Override
    public Temperature adaptFromJson(Double celsius) {
      return new Temperature(celsius + 273.15);
    }
  }

  @JsonbTypeAdapter(Celsius.class)
  record Temperature(double kelvin) {}

  record Weather(Temperature now, List<Temperature> before) {}

  static List<Type> types() {
    return List.of(
        Simple.class,
        Times.class,
        Nested.class,
        Tree.class,
        Renamed.class,
        Bean.class,
        SubBean.class,
        Sparse.class,
        TextHolder.class,
        Shape.class,
        Zoo.class,
        Club.class,
        Formatted.class,
        Weather.class,
        Status.class,
        Instant.class,
        new TypeLiteral<Holder<Simple>>() {}.getType(),
        new TypeLiteral<Pair<String, List<Simple>>>() {}.getType(),
        new TypeLiteral<Map<String, Optional<Tree>>>() {}.getType(),
        new TypeLiteral<List<Holder<Status>>>() {}.getType());
  }

  /** A schema that stands alone. */
  static String schema(Type type) {
    JsonSchema schemas = new JsonSchema("#/definitions/", Set.of());
    JsonObject schema = schemas.of(type);
    JsonObjectBuilder definitions = Json.createObjectBuilder();
    schemas.definitions().forEach(definitions::add);
    return Json.createObjectBuilder()
        .add("$schema", "http://json-schema.org/draft-07/schema#")
        .add("allOf", Json.createArrayBuilder().add(schema))
        .add("definitions", definitions)
        .build()
        .toString();
  }

  private static com.networknt.schema.JsonSchema validator(Type type) {
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(schema(type));
  }

  private static List<String> problems(com.networknt.schema.JsonSchema schema, String json) {
    return schema
        .validate(
            json,
            InputFormat.JSON,
            context -> context.getExecutionConfig().setFormatAssertionsEnabled(true))
        .stream()
        .map(Object::toString)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("types")
  void whatIsSentIsAsTheSchemaSays(Type type) {
    com.networknt.schema.JsonSchema schema = validator(type);
    Long one = Long.getLong("starcast.test.seed");
    int runs = one == null ? RUNS * Integer.getInteger("starcast.test.runs", 1) : 1;
    for (int run = 0; run < runs; run++) {
      long seed = one == null ? new Random().nextLong() : one;
      Object object = new Maker(new Random(seed)).make(JavaType.of(type), 0);
      String json = JsonText.of("payload", object);
      assertThat(problems(schema, json)).as("seed %s: %s", seed, json).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void whatIsNotSentIsNot(Type type) {
    com.networknt.schema.JsonSchema schema = validator(type);
    Object object = new Maker(new Random(1)).make(JavaType.of(type), 0);
    JsonValue json = JsonText.jsonb().fromJson(JsonText.of("payload", object), JsonValue.class);
    assertThat(problems(schema, "true")).isNotEmpty();
    if (json instanceof JsonObject made && type instanceof Class<?>) {
      made.forEach(
          (name, value) -> {
            // something that no property here is
            String other =
                Json.createObjectBuilder(made)
                    .add(
                        name,
                        Json.createArrayBuilder()
                            .add(
                                Json.createArrayBuilder().add(Json.createArrayBuilder().add(true))))
                    .build()
                    .toString();
            assertThat(problems(schema, other).isEmpty())
                .as(name)
                .isEqualTo(name.equals("anything"));
          });
    }
  }

  @Test
  void everyPropertyThatIsSentIsDescribed() {
    for (Type type :
        List.of(
            Simple.class,
            Times.class,
            Renamed.class,
            Bean.class,
            SubBean.class,
            Sparse.class,
            TextHolder.class,
            Formatted.class)) {
      Object object = new Maker(new Random(2), 0).make(JavaType.of(type), 0);
      JsonObject sent = JsonText.jsonb().fromJson(JsonText.of("payload", object), JsonObject.class);
      JsonSchema schemas = new JsonSchema("", Set.of());
      schemas.of(type);
      JsonObject described =
          schemas.definitions().get(((Class<?>) type).getSimpleName()).getJsonObject("properties");
      assertThat(described.keySet()).as("%s", type).isEqualTo(sent.keySet());
    }
  }

  /** Makes objects of types by their fields. */
  private static final class Maker {
    private final Random random;
    private final double nulls;

    Maker(Random random) {
      this(random, 0.2);
    }

    Maker(Random random, double nulls) {
      this.random = random;
      this.nulls = nulls;
    }

    private final Map<Class<?>, Function<Random, Object>> simple = new LinkedHashMap<>();

    {
      simple.put(boolean.class, Random::nextBoolean);
      simple.put(char.class, r -> "aZ\u00fc\"\\\u20ac".charAt(r.nextInt(6)));
      simple.put(byte.class, r -> (byte) r.nextInt());
      simple.put(int.class, Random::nextInt);
      simple.put(Integer.class, Random::nextInt);
      simple.put(long.class, Random::nextLong);
      simple.put(double.class, r -> r.nextGaussian() * Math.pow(10, r.nextInt(40) - 20));
      simple.put(BigInteger.class, r -> new BigInteger(100, r));
      simple.put(BigDecimal.class, r -> new BigDecimal(new BigInteger(60, r), r.nextInt(40) - 20));
      simple.put(
          String.class,
          r ->
              r.ints(r.nextInt(5), 32, 0xd000)
                  .collect(
                      StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                  .toString());
      simple.put(UUID.class, r -> new UUID(r.nextLong(), r.nextLong()));
      simple.put(
          URI.class,
          r ->
              URI.create(
                  r.nextBoolean() ? "a/b?c=" + r.nextInt() : "https://example.org/" + r.nextInt()));
      simple.put(Instant.class, r -> Instant.ofEpochSecond(r.nextInt(), r.nextInt(1_000_000_000)));
      simple.put(
          OffsetDateTime.class, r -> instant(r).atOffset(ZoneOffset.ofHours(r.nextInt(24) - 12)));
      simple.put(
          ZonedDateTime.class,
          r -> instant(r).atZone(ZoneId.of(r.nextBoolean() ? "Europe/Berlin" : "Africa/Monrovia")));
      simple.put(LocalDateTime.class, r -> instant(r).atOffset(ZoneOffset.UTC).toLocalDateTime());
      simple.put(LocalDate.class, r -> instant(r).atOffset(ZoneOffset.UTC).toLocalDate());
      simple.put(LocalTime.class, r -> instant(r).atOffset(ZoneOffset.UTC).toLocalTime());
      simple.put(
          Date.class,
          r -> r.nextBoolean() ? Date.from(instant(r)) : new java.sql.Timestamp(r.nextInt()));
      simple.put(
          GregorianCalendar.class,
          r -> GregorianCalendar.from(instant(r).atZone(ZoneId.of("Asia/Tokyo"))));
      simple.put(Duration.class, r -> Duration.ofMillis(r.nextInt(1_000_000_000)));
      simple.put(Period.class, r -> Period.of(r.nextInt(9), r.nextInt(9), r.nextInt(9)));
      simple.put(YearMonth.class, r -> YearMonth.of(1900 + r.nextInt(300), 1 + r.nextInt(12)));
      simple.put(ZoneId.class, r -> ZoneId.of("Europe/Berlin"));
      simple.put(TimeZone.class, r -> TimeZone.getTimeZone("Europe/Berlin"));
      simple.put(
          OptionalInt.class,
          r -> r.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(r.nextInt()));
      simple.put(
          OptionalLong.class,
          r -> r.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(r.nextLong()));
      simple.put(
          OptionalDouble.class,
          r -> r.nextBoolean() ? OptionalDouble.empty() : OptionalDouble.of(r.nextDouble()));
      simple.put(JsonObject.class, r -> Json.createObjectBuilder().add("a", r.nextInt()).build());
      simple.put(Object.class, r -> r.nextBoolean() ? "text" : List.of(1, "two"));
    }

    private static Instant instant(Random random) {
      return Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000) * 1_000_000L);
    }

    Object make(JavaType type, int depth) {
      Class<?> raw = type.raw();
      if (simple.containsKey(raw)) {
        return simple.get(raw).apply(random);
      }
      if (type.isArray()) {
        return array(type.arguments().get(0), depth);
      }
      if (raw == Optional.class) {
        return depth > MAX_DEPTH || random.nextBoolean()
            ? Optional.empty()
            : Optional.of(make(type.arguments().get(0), depth + 1));
      }
      if (Iterable.class.isAssignableFrom(raw)) {
        List<Object> list = several(type.arguments().get(0), depth);
        return raw == Set.class ? Set.copyOf(list) : list;
      }
      if (raw == Map.class) {
        Map<Object, Object> map = new LinkedHashMap<>();
        several(type.arguments().get(0), depth)
            .forEach(key -> map.put(key, make(type.arguments().get(1), depth + 1)));
        return map;
      }
      if (raw.isEnum()) {
        return raw.getEnumConstants()[random.nextInt(raw.getEnumConstants().length)];
      }
      if (raw.isSealed()) {
        return make(
            JavaType.of(
                depth > MAX_DEPTH ? Circle.class : raw.getPermittedSubclasses()[random.nextInt(2)]),
            depth);
      }
      if (raw == Animal.class) {
        return make(
            JavaType.of(depth > MAX_DEPTH || random.nextBoolean() ? Dog.class : Cat.class), depth);
      }
      return object(raw == Named.class ? JavaType.of(Person.class) : type, depth);
    }

    private List<Object> several(JavaType item, int depth) {
      List<Object> items = new ArrayList<>();
      for (int i = depth > MAX_DEPTH ? 0 : random.nextInt(3); i > 0; i--) {
        items.add(make(item, depth + 1));
      }
      return items;
    }

    private Object array(JavaType component, int depth) {
      List<Object> items = several(component, depth);
      Class<?> type = component.isArray() ? int[].class : component.raw();
      Object array = java.lang.reflect.Array.newInstance(type, items.size());
      for (int i = 0; i < items.size(); i++) {
        java.lang.reflect.Array.set(array, i, items.get(i));
      }
      return array;
    }

    private Object object(JavaType type, int depth) {
      Map<TypeVariable<?>, JavaType> variables = type.variables();
      try {
        if (type.raw().isRecord()) {
          RecordComponent[] components = type.raw().getRecordComponents();
          Class<?>[] types = new Class<?>[components.length];
          Object[] values = new Object[components.length];
          for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            boolean sure = components[i].getAccessor().isAnnotationPresent(NotNull.class);
            values[i] = member(components[i].getGenericType(), variables, depth, sure);
          }
          var constructor = type.raw().getDeclaredConstructor(types);
          constructor.setAccessible(true);
          return constructor.newInstance(values);
        }
        var constructor = type.raw().getDeclaredConstructor();
        constructor.setAccessible(true);
        Object made = constructor.newInstance();
        for (Class<?> c = type.raw(); c != Object.class; c = c.getSuperclass()) {
          for (Field field : c.getDeclaredFields()) {
            if (!Modifier.isTransient(field.getModifiers()) && !field.isSynthetic()) {
              field.setAccessible(true);
              field.set(made, member(field.getGenericType(), variables, depth, false));
            }
          }
        }
        return made;
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }

    private Object member(
        Type type, Map<TypeVariable<?>, JavaType> variables, int depth, boolean sure) {
      JavaType known = JavaType.of(type, variables);
      boolean mayBeNull = !known.raw().isPrimitive() && !sure;
      return mayBeNull
              && (random.nextDouble() < nulls
                  || depth > MAX_DEPTH
                      && !simple.containsKey(known.raw())
                      && !Iterable.class.isAssignableFrom(known.raw())
                      && known.raw() != Map.class
                      && known.raw() != Optional.class
                      && !known.isArray())
          ? null
          : make(known, depth + 1);
    }
  }
}
