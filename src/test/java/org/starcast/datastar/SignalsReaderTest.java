package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import jakarta.json.JsonObject;
import jakarta.json.bind.annotation.JsonbProperty;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.validation.Validator;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.UriInfo;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.ResponseRuntime;
import org.starcast.datastar.Signals.BadSignalsException;

@ExtendWith(ResponseRuntime.class)
class SignalsReaderTest {

  private final DatastarSse datastar = Recorder.datastar();

  /** What a page sends, as a record. */
  public record Form(
      String name,
      int count,
      boolean ok,
      Kind kind,
      List<Item> items,
      Map<String, Long> totals,
      @JsonbProperty("user-id") Integer userId,
      double[] points,
      Optional<String> note,
      BigDecimal price,
      Instant at) {}

  /** An item. */
  public record Item(int id, List<String> tags) {}

  /** A kind. */
  public enum Kind {
    SMALL,
    LARGE
  }

  /** What a page sends, as a bean. */
  public static class Bean {
    private String name;
    private byte level;
    public int open;

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
    }

    public byte getLevel() {
      return level;
    }

    public void setLevel(byte level) {
      this.level = level;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "DELETE", "HEAD", "get"})
  void queryCarriesSignalsOfGetAndDelete(String method) {
    String query = "a=1&datastar=" + encode("{\"name\":\"ä & = + %\",\"count\":3}") + "&b";
    for (Form form : both(method, query, null, "ignored", Form.class)) {
      assertThat(form.name()).isEqualTo("ä & = + %");
      assertThat(form.count()).isEqualTo(3);
      assertThat(form.items()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "PATCH", "QUERY"})
  void bodyCarriesSignalsOfAllOthers(String method) {
    String body =
        """
        {"name":"ü","count":2147483647,"ok":true,"kind":"LARGE","items":[{"id":1,"tags":["x"]}],
         "totals":{"a":1},"user-id":7,"points":[1,2.5],"note":"n","price":1.10,
         "at":"2026-01-02T03:04:05Z","unknown":[{}]}
        """;
    for (Form form : both(method, "datastar=%7B%7D", "application/json", body, Form.class)) {
      assertThat(form.name()).isEqualTo("ü");
      assertThat(form.count()).isEqualTo(Integer.MAX_VALUE);
      assertThat(form.kind()).isEqualTo(Kind.LARGE);
      assertThat(form.items()).containsExactly(new Item(1, List.of("x")));
      assertThat(form.totals()).containsEntry("a", 1L);
      assertThat(form.userId()).isEqualTo(7);
      assertThat(form.points()).containsExactly(1, 2.5);
      assertThat(form.note()).contains("n");
      assertThat(form.price()).isEqualByComparingTo("1.1");
      assertThat(form.at()).isEqualTo("2026-01-02T03:04:05Z");
    }
  }

  @Test
  void beansMapsAndJsonObjectsAreFilled() {
    String body = "{\"name\":\"x\",\"level\":5,\"open\":1,\"gone\":null}";
    Bean bean = datastar.readSignals(post("application/json", body), Bean.class);
    assertThat(bean.getName()).isEqualTo("x");
    assertThat(bean.getLevel()).isEqualTo((byte) 5);
    assertThat(bean.open).isEqualTo(1);
    Map<?, ?> map = datastar.readSignals(post("application/json", body), Map.class);
    assertThat(map.get("level")).isEqualTo(new BigDecimal(5));
    assertThat(map.containsKey("gone")).isTrue();
    JsonObject json = datastar.readSignals(post("application/json", body), JsonObject.class);
    assertThat(json.getInt("level")).isEqualTo(5);
    assertThat(json.isNull("gone")).isTrue();
    Type numbers = new java.util.HashMap<String, Long>() {}.getClass().getGenericSuperclass();
    assertThat(datastar.readSignals(post("application/json", "{\"a\":1}"), numbers))
        .isEqualTo(Map.of("a", 1L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "Application/JSON ; charset=\"UTF-8\"; x=y",
        "application/json;charset=us-ascii",
        "text/json",
        "application/vnd.acme+json;v=1"
      })
  void anyJsonTypeIsTaken(String type) {
    for (Bean bean : both("POST", null, type, "{\"open\":1}", Bean.class)) {
      assertThat(bean.open).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        " ",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/jsonp",
        "application/json; charset=utf-16"
      })
  void otherTypesAreRefused(String type) {
    BadSignalsException bad = refusal(post(type, "{}"), Bean.class);
    assertThat(bad.errors()).hasSize(1);
    assertThat(bad.errors().get(0).path()).isEqualTo("$");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"name\":{}}                       | $.name             | must be text",
        "{\"name\":[1]}                      | $.name             | must be text",
        "{\"count\":\"abc\"}                 | $.count            | must be a number",
        "{\"count\":\"\"}                    | $.count            | must be a number",
        "{\"count\":true}                    | $.count            | must be a number",
        "{\"count\":null}                    | $.count            | must not be null",
        "{\"count\":2147483648}              | $.count            | must be a whole number from",
        "{\"count\":1.5}                     | $.count            | must be a whole number from",
        "{\"count\":1e999999999}             | $.count            | must be a whole number from",
        "{\"count\":1e-999999999}            | $.count            | must be a whole number from",
        "{\"ok\":\"yes\"}                    | $.ok               | must be true or false",
        "{\"ok\":1}                          | $.ok               | must be true or false",
        "{\"kind\":\"MEDIUM\"}               | $.kind             | must be one of SMALL, LARGE",
        "{\"items\":{}}                      | $.items            | must be a list",
        "{\"items\":[{},{\"id\":\"x\"}]}     | $.items[1].id      | must be a number",
        "{\"items\":[{\"tags\":[\"a\",{}]}]} | $.items[0].tags[1] | must be text",
        "{\"items\":[3]}                     | $.items[0]         | must be an object",
        "{\"totals\":{\"a b\":\"x\"}}        | $.totals[\"a b\"]  | must be a number",
        "{\"user-id\":[]}                    | $[\"user-id\"]     | must be a number",
        "{\"points\":[1,\"x\"]}              | $.points[1]        | must be a number",
        "{\"note\":{}}                       | $.note             | must be text",
        "{\"price\":\"x\"}                   | $.price            | must be a number",
        "{\"at\":\"yesterday\"}              | $                  | does not fit",
        "[]                                  | $                  | must be a JSON object",
        "{                                   | $                  | must be a JSON object",
        "{}x                                 | $                  | must be a JSON object",
        "\"a\"                               | $                  | must be a JSON object",
        "null                                | $                  | must be a JSON object"
      })
  void whatDoesNotFitIsNamedByItsPath(String body, String path, String detail) {
    BadSignalsException bad = refusal(post("application/json", body), Form.class);
    assertThat(bad.errors()).hasSize(1);
    assertThat(bad.errors().get(0).path()).isEqualTo(path);
    assertThat(bad.errors().get(0).detail()).startsWith(detail);
  }

  /** Numbers of all kinds, of a type that is checked here. */
  public record Numbers(
      BigDecimal decimal, BigInteger integer, Number number, double d, float f, Object any) {}

  /** As {@link Numbers}, of a type that is left to JSON-B, as its annotation may mean anything. */
  @Deprecated
  public static class LeftToJsonb {
    public BigDecimal decimal;
    public BigInteger integer;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"decimal\":1e999999999}       | $.decimal   | must be a number with an exponent from",
        "{\"decimal\":\"1e999999999\"} | $.decimal   | must be a number with an exponent from",
        "{\"decimal\":0e-999999999}      | $.decimal   | must be a number with an exponent from",
        "{\"decimal\":1e1001}            | $.decimal   | must be a number with an exponent from",
        "{\"integer\":1e999999999}       | $.integer   | must be a whole number with an exponent",
        "{\"integer\":\"1e999999999\"} | $.integer   | must be a whole number with an exponent",
        "{\"integer\":1.5}               | $.integer   | must be a whole number",
        "{\"number\":1e999999999}        | $.number    | must be a number with an exponent from",
        "{\"number\":\"1e999999999\"}  | $.number    | must be a number with an exponent from",
        "{\"d\":1e309}                   | $.d         | must fit a double",
        "{\"d\":\"-1e309\"}            | $.d         | must fit a double",
        "{\"f\":1e39}                    | $.f         | must fit a float",
        "{\"any\":[{\"a b\":1e1001}]}  | $.any[0][\"a b\"] | must be a number with an exponent",
        "{\"unknown\":1e1001}            | $.unknown   | must be a number with an exponent from",
        "{\"d\":1e99999999999}           | $           | must be a JSON object; it is not valid",
      })
  void numbersThatCannotBeWrittenInFullAreRefused(String body, String path, String detail) {
    BadSignalsException bad = refusal(post("application/json", body), Numbers.class);
    assertThat(bad.errors()).hasSize(1);
    assertThat(bad.errors().get(0).path()).isEqualTo(path);
    assertThat(bad.errors().get(0).detail()).startsWith(detail);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e1001", "1e-1001", "\"1e999999999\"", "0e999999999"})
  void numbersOfAnyTypeAreBounded(String number) {
    for (String name : List.of("decimal", "integer")) {
      String body = "{\"" + name + "\":" + number + "}";
      refusal(post("application/json", body), LeftToJsonb.class);
    }
    String digits = "{\"integer\":\"" + "9".repeat(1001) + "\"}";
    refusal(post("application/json", digits), LeftToJsonb.class);
    if (!number.startsWith("\"")) {
      refusal(post("application/json", "{\"a\":[" + number + "]}"), JsonObject.class);
      refusal(post("application/json", "{\"a\":[" + number + "]}"), Map.class);
    }
  }

  @Test
  void numbersWithinTheBoundsAreTaken() {
    String digits = "-" + "9".repeat(999);
    String body =
        "{\"d\":1,\"decimal\":%s,\"integer\":\"1e3\",\"number\":1e-1000,\"f\":2.5}"
            .formatted(digits);
    LeftToJsonb left = datastar.readSignals(post("application/json", body), LeftToJsonb.class);
    assertThat(left.decimal).isEqualTo(new BigDecimal(digits));
    assertThat(left.integer).isEqualTo(1000);
    LeftToJsonb none =
        datastar.readSignals(post("application/json", "{\"decimal\":null}"), LeftToJsonb.class);
    assertThat(none.decimal).isNull();
    Numbers numbers = datastar.readSignals(post("application/json", body), Numbers.class);
    assertThat(numbers.number()).isEqualTo(new BigDecimal("1e-1000"));
    assertThat(
            refusal(
                post("application/json", "{\"a\":9" + digits.replace('-', '9') + "}"), Map.class))
        .hasMessage("$: must be a JSON object; it has a number of more than 1000 characters");
  }

  /** What {@link #depthIsBounded} fills: any depth by its own type. */
  public record Nested(Nested a, List<Object> list) {}

  @ParameterizedTest
  @ValueSource(classes = {Map.class, JsonObject.class, Nested.class, Bean.class})
  void depthIsBounded(Class<?> type) {
    for (String open : List.of("{\"a\":", "{\"list\":[")) {
      String close = open.endsWith("[") ? "]}" : "}";
      int most = 64 / close.length();
      String deepest = open.repeat(most - 1) + "{}" + close.repeat(most - 1);
      if (type != Nested.class || close.length() == 1) {
        assertThat(datastar.readSignals(post("application/json", deepest), type)).isNotNull();
      }
      for (int depth : new int[] {most + 1, 1_000, 50_000}) {
        String deeper = open.repeat(depth) + "1" + close.repeat(depth);
        assertThat(refusal(post("application/json", deeper), type))
            .hasMessage("$: must be a JSON object; it is nested more than 64 levels deep");
      }
    }
    String quoted = "{\"open\":1,\"x\":\"" + "[\\\"{".repeat(100) + "\"}";
    assertThat(datastar.readSignals(post("application/json", quoted), type)).isNotNull();
  }

  /** Lists below names. */
  public record Groups(Map<String, List<Item>> groups) {}

  @Test
  void longNamesAreNotRepeatedForWhatIsBelowThem() {
    String elements = "{},".repeat(150_000) + "{}";
    String body = "{\"groups\":{\"%s\":[%s]}}".formatted("k".repeat(500_000), elements);
    SignalsReader reader = new SignalsReader(SignalsReader.MAX_BYTES, signals -> List.of());
    reader.bind(body, Groups.class); // loads what is loaded once
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Groups groups = (Groups) reader.bind(body, Groups.class);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(groups.groups().values().iterator().next()).hasSize(150_001);
    // was: a copy of the name for each element
    assertThat(allocated).isLessThan(500_000_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"k", "\u0001", "\ud83d\ude00"})
  void answerIsBounded(String character) {
    String key = Json.of(character.repeat(900_000 / character.length() / 6));
    String body = "{\"groups\":{%s:[%s1]}}".formatted(key, "{\"id\":\"x\",\"tags\":3},".repeat(30));
    BadSignalsException bad = refusal(post("application/json", body), Groups.class);
    assertThat(bad.errors()).hasSize(20);
    assertThat(bad.errors().get(0).path()).startsWith("$.groups[\"").contains("…");
    assertThat(bad.problem().getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(30_000);
    assertThat(bad.getMessage()).hasSizeLessThan(1_000);
    assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(bad.problem())).isTrue();
  }

  @Test
  void answerIsAProblemWithAllErrors() {
    BadSignalsException bad =
        refusal(post("application/json", "{\"count\":\"x\",\"ok\":3}"), Form.class);
    assertThat(bad.getResponse().getStatus()).isEqualTo(400);
    assertThat(ResponseRuntime.type(bad.getResponse())).isEqualTo("application/problem+json");
    JsonObject problem = Json.parseObject(ResponseRuntime.body(bad.getResponse()));
    assertThat(problem).isEqualTo(Json.parseObject(bad.problem()));
    assertThat(problem.getInt("status")).isEqualTo(400);
    assertThat(problem.getString("title")).isEqualTo("Bad signals");
    assertThat(problem.getString("detail")).isEqualTo("$.count: must be a number");
    assertThat(problem.getJsonArray("errors")).hasSize(2);
    assertThat(problem.getJsonArray("errors").getJsonObject(1).getString("path")).isEqualTo("$.ok");
    assertThat(bad).hasMessage("$.count: must be a number");
  }

  @Test
  void errorsAreBounded() {
    String items = "{\"id\":\"x\"},".repeat(500) + "{}";
    assertThat(
            refusal(post("application/json", "{\"items\":[" + items + "]}"), Form.class).errors())
        .hasSize(20);
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "datastar",
        "datastar=",
        "datastar=%20",
        "x=%7B%7D",
        "Datastar=%7B%7D",
        "datastar=%7B%7D&datastar=%7B%7D",
        "datastar=%7",
        "datastar=%zz",
        "datastar=%ff",
        "datastar=1"
      })
  void queriesWithoutSignalsAreRefused(String query) {
    BadSignalsException bad = refusal(servlet("GET", query, null, ""), Bean.class);
    assertThat(bad.errors().get(0).path()).isEqualTo("$");
  }

  @Test
  void emptyAndMalformedBodiesAreRefused() {
    assertThat(refusal(post("application/json", ""), Bean.class)).hasMessageContaining("empty");
    byte[] latin = {'{', '"', 'a', '"', ':', '"', (byte) 0xe4, '"', '}'};
    HttpServletRequest request = servlet("POST", null, "application/json", latin);
    assertThat(refusal(request, Bean.class)).hasMessageContaining("UTF-8");
    String deep = "{\"a\":".repeat(5000) + "1" + "}".repeat(5000);
    assertThat(refusal(post("application/json", deep), Map.class)).hasMessageContaining("JSON");
  }

  @Test
  void sizeIsBounded() {
    SignalsReader reader = new SignalsReader(10, signals -> List.of());
    String ten = "{\"a\":1234}";
    assertThat(reader.text(SignalsReader.source(post("application/json", ten)))).isEqualTo(ten);
    assertThatExceptionOfType(BadSignalsException.class)
        .isThrownBy(() -> reader.text(SignalsReader.source(post("application/json", ten + " "))))
        .withMessage("$: must be at most 10 bytes");
    HttpServletRequest get = servlet("GET", "datastar=" + encode(ten), null, "");
    assertThat(reader.text(SignalsReader.source(get))).isEqualTo(ten);
    for (String more : List.of("{\"a\":12345}", "{\"ä\":1234}", "x".repeat(100))) {
      HttpServletRequest large = servlet("GET", "datastar=" + encode(more), null, "");
      assertThatExceptionOfType(BadSignalsException.class)
          .isThrownBy(() -> reader.text(SignalsReader.source(large)))
          .withMessage("$: must be at most 10 bytes");
    }
    String most = "{\"a\":\"" + "x".repeat(SignalsReader.MAX_BYTES) + "\"}";
    assertThat(refusal(post("application/json", most), Map.class))
        .hasMessage("$: must be at most 1048576 bytes");
  }

  @Test
  void bodyThatBreaksOffIsRefused() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("gone");
          }
        };
    assertThat(refusal(servlet("POST", null, "application/json", broken), Bean.class))
        .hasMessage("$: the body could not be read");
  }

  @Test
  void constraintsAreChecked() {
    SignalsReader reader =
        new SignalsReader(
            100,
            new SignalsValidator(
                validator(
                    List.of(
                        violation(
                            "must be positive", node("items", null, null), node("id", 0, null))))));
    assertThatExceptionOfType(BadSignalsException.class)
        .isThrownBy(() -> reader.bind("{\"open\":0}", Bean.class))
        .satisfies(
            bad ->
                assertThat(bad.errors())
                    .containsExactly(
                        new BadSignalsException.Error("$.items[0].id", "must be positive")));
    SignalsReader hostile =
        new SignalsReader(
            100,
            new SignalsValidator(
                validator(
                    IntStream.range(0, 1_000)
                        .mapToObj(
                            i ->
                                violation(
                                    "x".repeat(100_000),
                                    node("groups", null, null),
                                    node("tags", null, "k".repeat(900_000)),
                                    node(null, i, null)))
                        .toList())));
    assertThatExceptionOfType(BadSignalsException.class)
        .isThrownBy(() -> hostile.bind("{\"open\":0}", Bean.class))
        .satisfies(
            bad -> {
              assertThat(bad.errors()).hasSize(20);
              assertThat(bad.errors().get(0).path())
                  .isEqualTo("$.groups[\"" + "k".repeat(64) + "…\"].tags[0]");
              assertThat(bad.problem()).hasSizeLessThan(30_000);
            });
    Bean good = (Bean) reader.bind("{\"open\":1}", Bean.class);
    assertThat(good.open).isEqualTo(1);
  }

  @Test
  void withoutAContainerThereIsNoValidation() {
    assertThat(new InstalledValidator().apply(new Bean())).isEmpty();
  }

  @Test
  void clientsRequestsAreKnown() {
    for (String value : new String[] {"true", "True", "false", "", null}) {
      boolean expected = "true".equalsIgnoreCase(value);
      assertThat(datastar.isDatastarRequest(proxy(HttpServletRequest.class, "getHeader", value)))
          .isEqualTo(expected);
      assertThat(
              datastar.isDatastarRequest(
                  proxy(ContainerRequestContext.class, "getHeaderString", value)))
          .isEqualTo(expected);
      assertThat(datastar.isDatastarRequest(proxy(HttpHeaders.class, "getHeaderString", value)))
          .isEqualTo(expected);
    }
  }

  private BadSignalsException refusal(HttpServletRequest request, Class<?> type) {
    BadSignalsException bad =
        catchThrowableOfType(BadSignalsException.class, () -> datastar.readSignals(request, type));
    assertThat(bad).as("refused").isNotNull();
    return bad;
  }

  /** Reads the same request as a servlet and as a JAX-RS filter. */
  private <T> List<T> both(String method, String query, String type, String body, Class<T> as) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    URI uri = URI.create("http://x/y" + (query == null ? "" : "?" + query));
    ContainerRequestContext context =
        proxy(
            ContainerRequestContext.class,
            Map.of(
                "getMethod",
                method,
                "getUriInfo",
                proxy(UriInfo.class, "getRequestUri", uri),
                "getHeaderString",
                Optional.ofNullable(type),
                "getEntityStream",
                new ByteArrayInputStream(bytes)));
    return List.of(
        datastar.readSignals(servlet(method, query, type, body), as),
        datastar.readSignals(context, as));
  }

  private static HttpServletRequest post(String type, String body) {
    return servlet("POST", null, type, body);
  }

  private static HttpServletRequest servlet(String method, String query, String type, String body) {
    return servlet(method, query, type, body.getBytes(StandardCharsets.UTF_8));
  }

  private static HttpServletRequest servlet(String method, String query, String type, byte[] body) {
    return servlet(method, query, type, new ByteArrayInputStream(body));
  }

  private static HttpServletRequest servlet(
      String method, String query, String type, InputStream body) {
    ServletInputStream stream =
        new ServletInputStream() {
          @Override
          public int read() throws IOException {
            return body.read();
          }

          @Override
          public boolean isFinished() {
            return false;
          }

          @Override
          public boolean isReady() {
            return true;
          }

          @Override
          public void setReadListener(ReadListener listener) {
            throw new UnsupportedOperationException();
          }
        };
    return proxy(
        HttpServletRequest.class,
        Map.of(
            "getMethod",
            method,
            "getQueryString",
            Optional.ofNullable(query),
            "getContentType",
            Optional.ofNullable(type),
            "getInputStream",
            stream));
  }

  /** A step of a path: in the container before it, by index or key, and then the property. */
  private static Path.Node node(String property, Integer index, Object key) {
    return proxy(
        Path.Node.class,
        Map.of(
            "getKind",
            property == null ? ElementKind.CONTAINER_ELEMENT : ElementKind.PROPERTY,
            "getName",
            property == null ? "<list element>" : property,
            "getIndex",
            Optional.ofNullable(index),
            "getKey",
            Optional.ofNullable(key)));
  }

  @SuppressWarnings("unchecked")
  private static ConstraintViolation<Object> violation(String message, Path.Node... nodes) {
    return proxy(
        ConstraintViolation.class,
        Map.of(
            "getPropertyPath",
            proxy(Path.class, Map.of("iterator", List.of(nodes))),
            "getMessage",
            message));
  }

  /** A validator that finds these violations, in beans that are not open. */
  private static Validator validator(List<ConstraintViolation<Object>> violations) {
    return (Validator)
        Proxy.newProxyInstance(
            SignalsReaderTest.class.getClassLoader(),
            new Class<?>[] {Validator.class},
            (self, method, args) ->
                ((Bean) args[0]).open == 0 ? new HashSet<>(violations) : Set.of());
  }

  record Packaged(int count) {}

  @Test
  void aTypeOutOfReachIsTheApplicationsFaultNotThePages() {
    assertThatIllegalStateException()
        .isThrownBy(() -> SignalsReader.DEFAULT.bind("{\"count\":1}", Packaged.class))
        .withMessageStartingWith("signals: " + Packaged.class.getName())
        .withMessageContaining("must be public");
  }

  private static <T> T proxy(Class<T> type, String method, Object answer) {
    return proxy(type, Map.of(method, Optional.ofNullable(answer)));
  }

  private static <T> T proxy(Class<T> type, Map<String, Object> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            SignalsReaderTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, args) -> {
              if (method.getName().equals("hashCode")) {
                return System.identityHashCode(self);
              }
              if (method.getName().equals("equals")) {
                return self == args[0];
              }
              if (method.getName().equals("iterator")) {
                return ((List<?>) answers.get("iterator")).iterator();
              }
              Object answer = answers.get(method.getName());
              if (answer == null) {
                throw new AssertionError("not expected: " + method);
              }
              return answer instanceof Optional<?> optional ? optional.orElse(null) : answer;
            }));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
