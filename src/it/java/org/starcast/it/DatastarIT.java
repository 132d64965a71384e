package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.URL;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.starcast.it.app.SignalsResource;

/**
 * Datastar's SDK specification over HTTP: the demo's {@code /api/test}, which Datastar's own test
 * suite can be run against, and {@code @Signals} parameters.
 *
 * <p>{@code -Ddatastar.golden} names the folder {@code sdk/tests/golden} of a copy of
 * starfederation/datastar; its cases are then run too.
 */
@ArquillianTest
@RunAsClient
class DatastarIT {

  private static final String PAGE =
      "{\"user\":{\"name\":\"Ada\",\"age\":36},\"scores\":[1,2],\"done\":true}";
  private static final String READ =
      "Page[user=Person[name=Ada, age=36], scores=[1, 2], done=true]";

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive demo() {
    return ShrinkWrap.createFromZipFile(WebArchive.class, new File("target/starcast-demo.war"))
        .addClasses(
            SignalsResource.class, SignalsResource.Page.class, SignalsResource.Person.class);
  }

  /** Cases of ours for the ground of the official suite, and for what it leaves out. */
  @Test
  void eachOperationIsWrittenAsTheSpecificationSays() {
    SoftAssertions all = new SoftAssertions();
    ownCases()
        .forEach(
            (events, expected) -> {
              String input = "{\"events\":[" + events + "]}";
              for (String method : List.of("GET", "POST")) {
                HttpResponse<String> answer = conformance(method, input);
                all.assertThat(answer.statusCode()).as(method + " " + events).isEqualTo(200);
                all.assertThat(answer.body()).as(method + " " + events).isEqualTo(expected);
              }
            });
    all.assertAll();
  }

  private static Map<String, String> ownCases() {
    Map<String, String> cases = new LinkedHashMap<>();
    cases.put(
        "{'type':'patchElements','elements':'<p id=a>Hi</p>'}",
        """
        event: datastar-patch-elements
        data: elements <p id=a>Hi</p>

        """);
    cases.put(
        "{'type':'patchElements','elements':'<pre>\\n\\n a\\r\\nb\\rc</pre>','mode':'outer',"
            + "'useViewTransition':false,'namespace':'html','retryDuration':1000}",
        """
        event: datastar-patch-elements
        data: elements <pre>
        data: elements\s
        data: elements  a
        data: elements b
        data: elements c</pre>

        """);
    cases.put(
        "{'type':'patchElements','elements':'<li>x</li>','selector':'#l > li','mode':'before',"
            + "'useViewTransition':true,'viewTransitionSelector':'#l','eventId':'e 1',"
            + "'retryDuration':0}",
        """
        event: datastar-patch-elements
        id: e 1
        retry: 0
        data: selector #l > li
        data: mode before
        data: useViewTransition true
        data: viewTransitionSelector #l
        data: elements <li>x</li>

        """);
    cases.put(
        "{'type':'patchElements','elements':'<circle r=\\\"1\\\"/>','selector':'#g',"
            + "'mode':'inner','namespace':'svg'}",
        """
        event: datastar-patch-elements
        data: selector #g
        data: mode inner
        data: namespace svg
        data: elements <circle r="1"/>

        """);
    cases.put(
        "{'type':'patchElements','selector':'.gone','mode':'remove'}",
        """
        event: datastar-patch-elements
        data: selector .gone
        data: mode remove

        """);
    cases.put(
        "{'type':'patchSignals','signals':{'a':null,'b':{'c':[1,'\\u00e9\\n']}},"
            + "'onlyIfMissing':true,'eventId':'2','retryDuration':250}",
        """
        event: datastar-patch-signals
        id: 2
        retry: 250
        data: onlyIfMissing true
        data: signals {"a":null,"b":{"c":[1,"\u00e9\\n"]}}

        """);
    cases.put(
        "{'type':'patchSignals','signals-raw':'{\\n \\\"a\\\":\\n1}'}",
        """
        event: datastar-patch-signals
        data: signals {
        data: signals  "a":
        data: signals 1}

        """);
    cases.put(
        "{'type':'executeScript','script':'let a = 1;\\n\\nlet b = 2;'}",
        """
        event: datastar-patch-elements
        data: selector body
        data: mode append
        data: elements <script data-effect="el.remove()">let a = 1;
        data: elements\s
        data: elements let b = 2;</script>

        """);
    cases.put(
        "{'type':'executeScript','script':'f(1)','autoRemove':false,"
            + "'attributes':{'type':'module','x':'a\\\"b'}},"
            + "{'type':'patchSignals','signals':{}}",
        """
        event: datastar-patch-elements
        data: selector body
        data: mode append
        data: elements <script type="module" x="a&quot;b">f(1)</script>

        event: datastar-patch-signals
        data: signals {}

        """);
    Map<String, String> json = new LinkedHashMap<>();
    cases.forEach((events, expected) -> json.put(events.replace('\'', '"'), expected));
    return json;
  }

  @Test
  void noEventsAreAnEmptyAnswer() {
    assertThat(conformance("GET", "{\"events\":[]}").statusCode()).isEqualTo(204);
    assertThat(conformance("POST", "{}").statusCode()).isEqualTo(204);
  }

  @Test
  void anAnswerIsAnEventStreamThatNobodyKeeps() {
    HttpResponse<String> answer =
        conformance("GET", "{\"events\":[{\"type\":\"patchSignals\",\"signals\":{}}]}");

    assertThat(answer.headers().firstValue("Content-Type").orElse("").replace(" ", ""))
        .isEqualToIgnoringCase("text/event-stream;charset=UTF-8");
    assertThat(answer.headers().firstValue("Cache-Control")).contains("no-cache, no-transform");
  }

  @Test
  void aPageLoadsThePinnedClientWithItsHashAndItsOwnNonce() {
    HttpResponse<String> page = send("GET", "../counter/", null, null);
    // the server reads the environment, too, which may name the file of the client
    String source =
        System.getenv("DATASTAR_JS") == null
            ? "https://[^\"]+@v[0-9.]+/bundles/datastar.js\""
                + " integrity=\"sha256-[^\"]+\" crossorigin=\"anonymous\""
            : "[^\"]+/datastar.js\"";
    Matcher tag =
        Pattern.compile("<script type=\"module\" src=\"" + source + " nonce=\"([^\"]+)\">")
            .matcher(page.body());

    assertThat(tag.find()).as(page.body()).isTrue();
    assertThat(page.headers().allValues("Content-Security-Policy"))
        .singleElement()
        .asString()
        .contains("'nonce-" + tag.group(1) + "'");
    assertThat(send("GET", "../counter/", null, null).body()).doesNotContain(tag.group(1));
  }

  @Test
  void theOfficialGoldenCasesPass() throws IOException {
    String folder = System.getProperty("datastar.golden", "");
    assumeTrue(
        !folder.isEmpty(),
        "skipped: -Ddatastar.golden names no folder sdk/tests/golden of starfederation/datastar");
    SoftAssertions all = new SoftAssertions();
    int count = 0;
    for (String method : List.of("get", "post")) {
      try (Stream<Path> cases = Files.list(Path.of(folder, method))) {
        for (Path golden : cases.sorted().toList()) {
          HttpResponse<String> answer =
              conformance(method, Files.readString(golden.resolve("input.json")));
          all.assertThat(answer.statusCode()).as(golden.toString()).isEqualTo(200);
          all.assertThat(normalized(answer.body()))
              .as(golden.toString())
              .isEqualTo(normalized(Files.readString(golden.resolve("output.txt"))));
          count++;
        }
      }
    }
    all.assertAll();
    assertThat(count).as("cases in " + folder).isGreaterThanOrEqualTo(20);
  }

  /**
   * As the suite compares: fields by name, data lines by their first word, without spaces at the
   * ends of lines, and elements with their attributes in any order.
   */
  private static List<Map<String, Object>> normalized(String stream) {
    List<Map<String, Object>> events = new ArrayList<>();
    for (String block : stream.split("\n\n+")) {
      Map<String, Object> fields = new TreeMap<>();
      Map<String, List<String>> data = new TreeMap<>();
      for (String line : block.split("\n")) {
        int colon = line.indexOf(':');
        if (colon >= 0) {
          String value = line.substring(colon + 1).strip();
          if (line.startsWith("data:")) {
            String[] parts = value.split(" ", 2);
            data.computeIfAbsent(parts[0], key -> new ArrayList<>())
                .add(parts.length < 2 ? "" : parts[1]);
          } else {
            fields.put(line.substring(0, colon), value);
          }
        }
      }
      data.computeIfPresent("elements", (key, lines) -> List.of(sortedAttributes(lines)));
      fields.put("data", data);
      if (!block.isBlank()) {
        events.add(fields);
      }
    }
    return events;
  }

  private static String sortedAttributes(List<String> lines) {
    return Pattern.compile("(<[a-z]+)((?: [^ =>]+(?:=\"[^\"]*\")?)*)>")
        .matcher(String.join("\n", lines).strip())
        .replaceAll(
            tag ->
                Matcher.quoteReplacement(
                    tag.group(1)
                        + Pattern.compile(" [^ =>]+(?:=\"[^\"]*\")?")
                            .matcher(tag.group(2))
                            .results()
                            .map(MatchResult::group)
                            .sorted()
                            .collect(Collectors.joining())
                        + ">"));
  }

  @Test
  void signalsAreReadFromTheQueryOfGetAndDelete() {
    assertThat(withQuery("GET", "record/7", PAGE).body()).isEqualTo("7 " + READ);
    assertThat(withQuery("DELETE", "record", PAGE).body()).isEqualTo(READ);
    assertThat(withQuery("GET", "map", "{\"b\":\"\u00e9 & +\",\"a\":{\"x\":[true,null]}}").body())
        .isEqualTo("{a={x=[true, null]}, b=\u00e9 & +}");
  }

  @Test
  void signalsAreReadFromTheBodyOfAllOthers() {
    for (String method : List.of("POST", "PUT", "PATCH")) {
      for (String type :
          List.of("application/json", "application/json;charset=utf-8", "application/json; a=b")) {
        assertThat(withBody(method, "record", type, PAGE).body())
            .as(method + " " + type)
            .isEqualTo(READ);
      }
    }
    assertThat(withBody("POST", "record", "application/merge-patch+json", PAGE).body())
        .isEqualTo(READ);
    assertThat(
            withBody(
                    "POST",
                    "typed-map",
                    "application/json",
                    "{\"one\":{\"name\":\"\u00c9va\",\"age\":1}}")
                .body())
        .isEqualTo("{one=Person[name=\u00c9va, age=1]}");
    assertThat(withBody("POST", "object", "application/json", PAGE).body()).isEqualTo(PAGE);
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheNameOfItsPath() {
    assertRefused(withBody("POST", "record", "application/json", "{\"user\":"), "$");
    assertRefused(withBody("POST", "record", "application/json", "[1]"), "$");
    assertRefused(withBody("POST", "record", "application/json", ""), "$");
    assertRefused(withBody("POST", "record", "text/plain", PAGE), "$");
    assertRefused(withBody("PATCH", "record", "application/json", "{\"done\":1}"), "$.done");
    assertRefused(
        withBody("PUT", "record", "application/json", PAGE.replace("36", "3.6")), "$.user.age");
    assertRefused(
        withBody("POST", "record", "application/json", PAGE.replace("[1,2]", "[1,\"x\"]")),
        "$.scores[1]");
    assertRefused(
        withBody("POST", "typed-map", "application/json", "{\"one\":{\"age\":\"x\"}}"),
        "$.one.age");
    assertRefused(withQuery("GET", "record/1", "{\"user\":{\"age\":{}}}"), "$.user.age");
    assertRefused(withQuery("DELETE", "record", "{"), "$");
    assertRefused(send("GET", "signals/map", null, null), "$");
    assertRefused(send("GET", "signals/map?datastar=%7B%7D&datastar=%7B%7D", null, null), "$");
  }

  @Test
  void aViolatedConstraintIsRefusedWithTheNameOfItsPath() {
    assertRefused(
        withBody("POST", "record", "application/json", PAGE.replace("36", "151")), "$.user.age");
    assertRefused(withQuery("GET", "record/1", PAGE.replace("Ada", "")), "$.user.name");
    assertRefused(
        withBody("POST", "record", "application/json", PAGE.replace("[1,2]", "[1,1001]")),
        "$.scores[1]");
  }

  @Test
  void hostileSignalsAreRefusedInAFewBytes() {
    for (int depth : new int[] {65, 1_000, 50_000}) {
      String deep = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
      for (String path : List.of("object", "typed-map", "record")) {
        HttpResponse<String> answer = withBody("POST", path, "application/json", deep);
        assertRefused(answer, "$");
        assertThat(answer.body()).contains("more than 64 levels deep").hasSizeLessThan(1_000);
      }
    }
    String wrong = "\"%s\":{\"name\":3,\"age\":\"x\"}";
    String names =
        IntStream.range(0, 30)
            .mapToObj(i -> wrong.formatted("k".repeat(30_000) + i))
            .collect(Collectors.joining(",", "{", "}"));
    HttpResponse<String> answer = withBody("POST", "typed-map", "application/json", names);
    assertRefused(answer, "$[\"" + "k".repeat(64) + "…\"].age");
    assertThat(answer.body()).hasSizeLessThan(30_000);
  }

  @Test
  void aRetryThatIsNoneIsRefused() {
    for (String retry : List.of("1e999999999", "1e30", "0.5", "-1", "1e18", "\"1\"")) {
      String event = "{\"type\":\"executeScript\",\"script\":\"1\",\"retryDuration\":%s}";
      HttpResponse<String> answer =
          conformance("POST", "{\"events\":[" + event.formatted(retry) + "]}");
      assertThat(answer.statusCode()).as(retry + " " + answer.body()).isEqualTo(400);
    }
  }

  @Test
  void tooLargeABodyIsRefused() {
    String large = "{\"a\":\"" + "x".repeat(1 << 20) + "\"}";

    assertRefused(withBody("POST", "object", "application/json", large), "$");
  }

  private static void assertRefused(HttpResponse<String> answer, String path) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.headers().firstValue("Content-Type").orElse(""))
        .startsWith("application/problem+json");
    JsonObject problem;
    try (var reader = Json.createReader(new StringReader(answer.body()))) {
      problem = reader.readObject();
    }
    assertThat(problem.getInt("status")).isEqualTo(400);
    assertThat(problem.getJsonArray("errors").getJsonObject(0).getString("path")).isEqualTo(path);
  }

  private HttpResponse<String> conformance(String method, String signals) {
    return method.equalsIgnoreCase("GET")
        ? send("GET", "test?datastar=" + encode(signals), null, null)
        : send("POST", "test", "application/json", signals);
  }

  private HttpResponse<String> withQuery(String method, String path, String signals) {
    return send(method, "signals/" + path + "?datastar=" + encode(signals), null, null);
  }

  private HttpResponse<String> withBody(String method, String path, String type, String signals) {
    return send(method, "signals/" + path, type, signals);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private HttpResponse<String> send(String method, String path, String type, String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + "api/").resolve(path))
            .timeout(Duration.ofSeconds(30))
            .header("Datastar-Request", "true");
    if (type != null) {
      request.header("Content-Type", type);
    }
    request.method(
        method,
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body));
    try {
      return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(method + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
