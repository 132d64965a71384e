package org.starcast.internal.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.LogRecord;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.starcast.FakeSink;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.internal.backplane.Answering;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.http.RecentRefusals.Refusal;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;

/** The endpoint in front of the real broadcaster, without a server. */
@ExtendWith(ResponseRuntime.class)
class EndpointResourceTest {

  private static final RunningBroadcaster RUNNING =
      new RunningBroadcaster(
          "endpoint.enabled",
          "true",
          "endpoint.publish.enabled",
          "true",
          "message.max-bytes",
          "1024",
          "max-patterns-per-client",
          "3");
  private static final EndpointResource ENDPOINT =
      new EndpointResource(
          RUNNING.broadcaster(), RUNNING.config(), RUNNING.access(), RUNNING.refusals());

  @AfterEach
  void closeStreams() {
    RUNNING.broadcaster().clients().forEach(SseClient::close);
    await().until(() -> RUNNING.broadcaster().count() == 0);
  }

  @AfterAll
  static void stop() {
    RUNNING.close();
  }

  private static Response publish(Supplier<CompletionStage<Long>> append) throws IOException {
    try (RunningBroadcaster node =
        new RunningBroadcaster(
            new Answering(new MemoryStream().node()) {
              @Override
              public CompletionStage<Long> append(OutgoingEvent envelope) {
                return append.get();
              }
            },
            "endpoint.publish.enabled",
            "true")) {
      return new EndpointResource(node.broadcaster(), node.config(), node.access(), node.refusals())
          .publish(body("topic=a&data=x"), null, null);
    }
  }

  @Test
  void onASharedBackplaneTheAnswerIsThatOfTheBackplane() throws Exception {
    BackplaneException away = new BackplaneException("away", false, null);
    String notStored = "the event was not stored, or may not have been";
    assertProblem(503, notStored, () -> publish(() -> CompletableFuture.failedStage(away)));
    CompletableFuture<Long> later = new CompletableFuture<>();
    later.completeOnTimeout(7L, 50, TimeUnit.MILLISECONDS);
    Response stored = publish(() -> later);
    assertThat(stored.getStatus()).isEqualTo(202);
    assertThat(stored.getEntity()).isEqualTo("{\"id\":\"e1-7\"}");
    Response underWay = publish(CompletableFuture::new);
    assertThat(underWay.getStatus()).isEqualTo(202);
    assertThat(underWay.getEntity()).isEqualTo("{}");
    assertProblem(
        503,
        notStored,
        () ->
            publish(
                () -> {
                  CompletableFuture<Long> failing = new CompletableFuture<>();
                  CompletableFuture.delayedExecutor(50, TimeUnit.MILLISECONDS)
                      .execute(() -> failing.completeExceptionally(away));
                  return failing;
                }));
  }

  private FakeSink stream(String... namesAndValues) {
    FakeSink sink = FakeSink.instant();
    ENDPOINT.stream(sink, WebRequests.query(namesAndValues), null);
    return sink;
  }

  private static InputStream body(String form) {
    return new ByteArrayInputStream(form.getBytes(StandardCharsets.UTF_8));
  }

  private Response publish(String form) {
    try {
      return ENDPOINT.publish(body(form), null, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String encode(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  private static void assertProblem(
      int status, String detail, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    WebApplicationException e = catchThrowableOfType(WebApplicationException.class, call);
    assertThat(e).as("a refusal").isNotNull();
    assertThat(e.getMessage()).isEqualTo(detail);
    Response response = e.getResponse();
    assertThat(response.getStatus()).isEqualTo(status);
    assertThat(response.getHeaders().getFirst("Content-Type"))
        .isEqualTo("application/problem+json");
    JsonObject body =
        Json.createReader(new StringReader(response.getEntity().toString())).readObject();
    assertThat(body.keySet()).containsExactlyInAnyOrder("title", "status", "detail");
    assertThat(body.getInt("status")).isEqualTo(status);
    assertThat(body.getString("detail")).isEqualTo(detail);
    assertThat(body.getString("title"))
        .isEqualTo(Response.Status.fromStatusCode(status).getReasonPhrase());
  }

  @Test
  void aStreamIsSubscribedToWhatItsQuerySays() {
    stream(
        "topic",
        "orders.*",
        "topic",
        "stock.+",
        "mute",
        "orders.debug",
        "sender",
        "ann",
        "sender",
        "bob");
    SseClient client = RUNNING.broadcaster().clients().get(0);
    Subscription subscription = client.subscription();
    assertThat(subscription.topics()).containsOnlyKeys("orders.*", "stock.+");
    assertThat(subscription.topics().values())
        .allSatisfy(senders -> assertThat(senders).containsExactlyInAnyOrder("ann", "bob"));
    assertThat(subscription.muted()).containsExactly("orders.debug");
  }

  private static final String FORM = "application/x-www-form-urlencoded";

  @Test
  void aStreamIsSubscribedToWhatItsBodyAndItsQuerySay() {
    ENDPOINT.streamByPost(
        body("topic=orders.*&mute=orders.debug&sender=ann&history=1&lastEventId=&resume="),
        FakeSink.instant(),
        WebRequests.form(FORM, "topic", "stock.+", "sender", "bob", "ngsw-bypass", ""),
        null);
    Subscription subscription = RUNNING.broadcaster().clients().get(0).subscription();
    assertThat(subscription.topics()).containsOnlyKeys("orders.*", "stock.+");
    assertThat(subscription.topics().values())
        .allSatisfy(senders -> assertThat(senders).containsExactlyInAnyOrder("ann", "bob"));
    assertThat(subscription.muted()).containsExactly("orders.debug");
  }

  static Stream<Arguments> badBodies() {
    return Stream.of(
        Arguments.of(400, "topic: is missing", FORM, ""),
        Arguments.of(400, "topic: is missing", FORM, "mute=a"),
        Arguments.of(400, "topic: is not UTF-8", FORM, "topic=%ff"),
        // nobody adds to a body
        Arguments.of(400, "utm_source: is not a parameter here", FORM, "topic=a&utm_source=b"),
        Arguments.of(400, "history: is given 2 times, at most once", FORM, "topic=a&history=1"),
        Arguments.of(400, "topic: 4 patterns, at most 3", FORM, "topic=a&topic=b&topic=c&topic=d"),
        Arguments.of(415, "body: has no Content-Type; it must be a form", null, "topic=a"),
        Arguments.of(
            400, "topic: has 254514 characters, at most 256", FORM, "topic=" + "a".repeat(254_514)),
        Arguments.of(
            413,
            "body: is larger than 254520 bytes, which hold as many topics and senders as a client"
                + " may have",
            FORM,
            "topic=" + "a".repeat(254_515)));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("badBodies")
  void aBadBodyIsAnsweredByNameAndOpensNothing(
      int status, String detail, String type, String body) {
    FakeSink sink = FakeSink.instant();
    String[] query = {"history", "2"};
    var request = WebRequests.form(type, query);
    assertProblem(status, detail, () -> ENDPOINT.streamByQuery(body(body), sink, request, null));
    assertThat(sink.sent()).isEmpty();
    assertThat(RUNNING.broadcaster().count()).isZero();
  }

  @Test
  void aBodyThatHoldsAllThatAClientMayHaveIsRead() {
    String longest = "%e2%82%ac".repeat(256);
    ENDPOINT.streamByPost(
        body(("topic=" + longest + "&").repeat(3) + ("sender=" + longest + "&").repeat(100)),
        FakeSink.instant(),
        WebRequests.form(FORM),
        null);
    assertThat(RUNNING.broadcaster().clients()).hasSize(1);
  }

  private static String[] senders(int count) {
    List<String> query = new ArrayList<>(List.of("topic", "a"));
    for (int i = 0; i < count; i++) {
      query.addAll(List.of("sender", "s" + i));
    }
    return query.toArray(String[]::new);
  }

  static Stream<Arguments> badQueries() {
    return Stream.of(
        Arguments.of("topic: is missing", new String[] {}),
        Arguments.of("topic: is missing", new String[] {"mute", "a"}),
        Arguments.of("topic: is empty", new String[] {"topic", ""}),
        Arguments.of(
            "topic: has an empty segment at index 2", new String[] {"topic", "a", "topic", "a..b"}),
        Arguments.of("topic: has a control character at index 1", new String[] {"topic", "a\nb"}),
        Arguments.of(
            "topic: has 257 characters, at most 256", new String[] {"topic", "x".repeat(257)}),
        Arguments.of(
            "topic: has 17 segments, at most 16", new String[] {"topic", "a" + ".a".repeat(16)}),
        Arguments.of("mute: is empty", new String[] {"topic", "a", "mute", ""}),
        Arguments.of(
            "mute: has white space at index 1", new String[] {"topic", "a", "mute", "b c"}),
        Arguments.of("sender: is empty", new String[] {"topic", "a", "sender", ""}),
        Arguments.of(
            "sender: has a control character at index 0",
            new String[] {"topic", "a", "sender", "\u0007"}),
        Arguments.of(
            "topics: is not a parameter here; the nearest is topic",
            new String[] {"topic", "a", "topics", "b"}),
        Arguments.of(
            "topik: is not a parameter here; the nearest is topic",
            new String[] {"topic", "a", "topik", "b"}),
        Arguments.of(
            "last-event-id: is not a parameter here; the nearest is lastEventId",
            new String[] {"topic", "a", "last-event-id", "b"}),
        Arguments.of(
            "?topic: is not a parameter here; the nearest is topic",
            new String[] {"topic", "a", "\u001btopic", "b"}),
        Arguments.of(
            "query: a token in it ends up in logs; send it as a cookie or an Authorization header",
            new String[] {"topic", "a", "Access_Token", "b"}),
        Arguments.of("sender: 101 senders, at most 100", senders(101)),
        Arguments.of(
            "topic: 4 patterns, at most 3",
            new String[] {"topic", "a", "topic", "b", "mute", "c", "mute", "d"}));
  }

  @ParameterizedTest
  @MethodSource("badQueries")
  void aBadQueryIsAnsweredByNameAndOpensNothing(String detail, String[] namesAndValues) {
    FakeSink sink = FakeSink.instant();
    assertProblem(
        400, detail, () -> ENDPOINT.stream(sink, WebRequests.query(namesAndValues), null));
    assertThat(sink.sent()).isEmpty();
    assertThat(RUNNING.broadcaster().count()).isZero();
  }

  @Test
  void parametersThatOthersAddMeanNothing() {
    stream(
        "topic",
        "a",
        "ngsw-bypass",
        "true",
        "_",
        "1",
        "utm_source",
        "x",
        "fbclid",
        "y",
        "é",
        "z",
        "x".repeat(1_000),
        "b",
        "type",
        "c");
    assertThat(RUNNING.broadcaster().clients()).hasSize(1);
  }

  @Test
  void textIsTakenAsItIsEncodedOrNot() {
    FakeSink sink = stream("topic", "a");
    publish("topic=a&data=Grüße €");
    publish("topic=a&data=Gr%C3%BC%c3%9fe+%e2%82%AC");
    await().untilAsserted(() -> assertThat(sink.data()).containsExactly("Grüße €", "Grüße €"));
    byte[] latin = "topic=a&data=Grüße".getBytes(StandardCharsets.ISO_8859_1);
    assertProblem(
        400,
        "data: is not UTF-8",
        () -> ENDPOINT.publish(new ByteArrayInputStream(latin), null, null));
  }

  @Test
  void whoMayNameAnEventAsDatastarsIsARuleOfItsOwn() throws IOException {
    String form = "topic=open.a&data=x&event=datastar-patch-elements";
    // with no rule at all everything else is open
    assertRefused(401, () -> ENDPOINT.publish(body(form), null, null));
    try (RunningBroadcaster guarded =
        new RunningBroadcaster(
            "endpoint.publish.enabled", "true",
            "security.rules.\"*\".publish", "*",
            "security.rules.\"open.*\".patch", "*")) {
      EndpointResource endpoint =
          new EndpointResource(
              guarded.broadcaster(), guarded.config(), guarded.access(), guarded.refusals());
      assertThat(endpoint.publish(body(form), null, null).getStatus()).isEqualTo(202);
      assertRefused(401, () -> endpoint.publish(body("topic=shut.a&" + form), null, null));
    }
  }

  private static void assertRefused(
      int status, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThat(catchThrowableOfType(WebApplicationException.class, call).getResponse().getStatus())
        .isEqualTo(status);
  }

  @Test
  void whatIsPublishedReachesTheStream() {
    FakeSink sink = stream("topic", "a.*", "sender", "ann");
    String data = "é 日本 + & = % \r\n second line";
    Response response = publish("topic=b&topic=a.x&event=greet&sender=ann&data=" + encode(data));
    assertThat(response.getStatus()).isEqualTo(202);
    assertThat(response.getEntity())
        .isEqualTo("{\"id\":\"" + RUNNING.broadcaster().lastEventId() + "\"}");
    await()
        .untilAsserted(() -> assertThat(sink.data()).containsExactly(data.replace("\r\n", "\n")));
    assertThat(sink.sent()).anyMatch(event -> "greet".equals(event.getName()));
  }

  @Test
  void formsMayHaveEmptyFieldsAndValues() {
    FakeSink sink = stream("topic", "a");
    publish("&&topic=a&data=&");
    publish("data&topic=a");
    publish("topic=a&data=a=b=c+d");
    await().untilAsserted(() -> assertThat(sink.data()).containsExactly("", "", "a=b=c d"));
  }

  static Stream<Arguments> badForms() {
    return Stream.of(
        Arguments.of("topic: is missing", ""),
        Arguments.of("topic: has 17 topics, at most 16", "topic=a&".repeat(17) + "data=x"),
        Arguments.of("topic: is missing", "data=x"),
        Arguments.of("data: is missing", "topic=a"),
        Arguments.of("data: is given 2 times, at most once", "topic=a&data=x&data=y"),
        Arguments.of(
            "event: is given 3 times, at most once", "topic=a&data=x&event=&event&event=a"),
        Arguments.of("sender: is given 2 times, at most once", "topic=a&data=x&sender=a&sender=a"),
        Arguments.of("topic: is empty", "topic=&data=x"),
        Arguments.of(
            "topic: wildcard '*' is only allowed in a subscription", "topic=a&topic=a.*&data=x"),
        Arguments.of("topic: has a control character at index 1", "topic=a%0Ab&data=x"),
        Arguments.of(
            "topic: those that begin with starcast. are the library's own",
            "topic=a&topic=starcast.presence.a&data=x"),
        Arguments.of("event: must be 1 to 256 characters, has 0", "topic=a&data=x&event="),
        Arguments.of("event: has a line break at index 1", "topic=a&data=x&event=a%0Adata:+forged"),
        Arguments.of("event: has NUL at index 0", "topic=a&data=x&event=%00"),
        Arguments.of("sender: is empty", "topic=a&data=x&sender="),
        Arguments.of("id: is not a parameter here", "topic=a&data=x&id=1"),
        Arguments.of("Topic: is not a parameter here", "Topic=a&topic=a&data=x"),
        Arguments.of(
            "event: names that begin with starcast are the library's own",
            "topic=a&data=x&event=starcast-client"),
        Arguments.of(
            "event: names that begin with starcast are the library's own",
            "topic=a&data=x&event=starcast-presence"),
        Arguments.of("body: is not application/x-www-form-urlencoded", "topic=a&dat%a=x"),
        Arguments.of("data: is not application/x-www-form-urlencoded", "topic=a&data=%zz"),
        Arguments.of("data: is not application/x-www-form-urlencoded", "topic=a&data=100%"),
        Arguments.of("data: is not UTF-8", "topic=a&data=%FC"),
        Arguments.of("topic: is not UTF-8", "topic=%ED%A0%80&data=x"),
        Arguments.of("body: is not UTF-8", "topic=a&data=x&%C0%80=y"));
  }

  @ParameterizedTest
  @MethodSource("badForms")
  void aBadFormIsAnsweredByNameAndPublishesNothing(String detail, String form) {
    String before = RUNNING.broadcaster().lastEventId();
    assertProblem(400, detail, () -> publish(form));
    assertThat(RUNNING.broadcaster().lastEventId()).isEqualTo(before);
  }

  @Test
  void dataThatIsTooLargeIsRefusedHoweverItIs() {
    String detail = "data: the message is larger than 1024 bytes";
    String before = RUNNING.broadcaster().lastEventId();
    // in characters, in bytes, and as a body of which the rest is not even read
    assertProblem(413, detail, () -> publish("topic=a&data=" + "x".repeat(1_025)));
    assertProblem(413, detail, () -> publish("topic=a&data=" + encode("é".repeat(600))));
    assertProblem(413, detail, () -> publish("topic=a&data=" + "\n".repeat(1_024)));
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 'x';
          }
        };
    assertProblem(413, detail, () -> ENDPOINT.publish(endless, null, null));
    assertThat(RUNNING.broadcaster().lastEventId()).isEqualTo(before);
    assertThat(publish("topic=a&data=" + "%78".repeat(1_000)).getStatus()).isEqualTo(202);
  }

  @Test
  void onceThereIsARuleWhatNonePermitsIsRefused() {
    try (RunningBroadcaster guarded =
        new RunningBroadcaster(
            "endpoint.enabled", "true",
            "endpoint.publish.enabled", "true",
            "security.rules.\"open.*\".subscribe", "*",
            "security.rules.\"open.*\".publish", "*")) {
      EndpointResource endpoint =
          new EndpointResource(
              guarded.broadcaster(), guarded.config(), guarded.access(), guarded.refusals());
      FakeSink sink = FakeSink.instant();
      String listen = "topic: subscribe is not permitted to a caller who is not logged in";
      for (String topic : new String[] {"*", "shut", "open", "o*.*"}) {
        assertProblem(
            401,
            listen,
            () ->
                endpoint.stream(sink, WebRequests.query("topic", "open.a", "topic", topic), null));
      }
      assertThat(sink.sent()).isEmpty();
      String publish = "topic: publish is not permitted to a caller who is not logged in";
      for (String form : new String[] {"topic=shut&data=x", "topic=open.a&topic=shut&data=x"}) {
        assertProblem(401, publish, () -> endpoint.publish(body(form), null, null));
      }
      endpoint.stream(sink, WebRequests.query("topic", "open.+"), null);
      SseClient client = guarded.broadcaster().clients().get(0);
      assertProblem(401, listen, () -> client.subscribe("shut"));
      try {
        endpoint.publish(body("topic=open.a&data=heard"), null, null);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      await().untilAsserted(() -> assertThat(sink.data()).containsExactly("heard"));
    }
  }

  @Test
  void aTokenInTheQueryIsNotRepeated() {
    assertProblem(
        400,
        "query: a token in it ends up in logs; send it as a cookie or an Authorization header",
        () -> stream("topic", "a", "access_token", "eyJ"));
  }

  @Test
  void whatTheBroadcasterRefusesIsKeptAsItIsAnswered() {
    try (RunningBroadcaster node =
        new RunningBroadcaster("endpoint.enabled", "true", "max-globs-per-client", "1")) {
      EndpointResource endpoint =
          new EndpointResource(node.broadcaster(), node.config(), node.access(), node.refusals());

      assertThat(
              catchThrowable(
                  () ->
                      endpoint.stream(
                          FakeSink.instant(),
                          WebRequests.query("topic", "a-*", "topic", "b-*"),
                          null)))
          .isInstanceOf(WebApplicationException.class);

      assertThat(node.refusals().latest())
          .extracting(Refusal::status, Refusal::reason)
          .containsExactly(
              tuple(
                  400,
                  "topic: 2 patterns with '*' inside a segment, at most 1"
                      + " (starcast.max-globs-per-client)"));
    }
  }

  @Test
  void whatIsRefusedIsKeptForTheMonitorOnce() {
    try (RunningBroadcaster guarded =
        new RunningBroadcaster(
            "endpoint.enabled", "true",
            "endpoint.publish.enabled", "true",
            "security.rules.\"open.*\".subscribe", "*")) {
      EndpointResource endpoint =
          new EndpointResource(
              guarded.broadcaster(), guarded.config(), guarded.access(), guarded.refusals());
      List<String> queries = List.of("shut", "orders/#", "a");
      FakeSink closed = FakeSink.instant();
      closed.close();
      for (String topic : queries) {
        FakeSink sink = topic.equals("a") ? closed : FakeSink.instant();
        assertThat(
                catchThrowable(
                    () -> endpoint.stream(sink, WebRequests.query("topic", topic), null)))
            .isNotNull();
      }
      assertThat(catchThrowable(() -> endpoint.publish(body("topic=b&topic=c&data=x"), null, null)))
          .isNotNull();
      assertThat(
              catchThrowable(
                  () ->
                      endpoint.stream(
                          FakeSink.instant(),
                          WebRequests.ofPage("https://other.example", "topic", "open.a"),
                          null)))
          .isNotNull();
      assertThat(guarded.refusals().latest())
          .extracting(Refusal::status, Refusal::asked)
          .containsExactly(
              tuple(403, List.of("https://other.example")),
              tuple(401, List.of("b", "c")),
              tuple(500, List.of("a")),
              tuple(400, List.of("orders/#")),
              tuple(401, List.of("shut")));
      assertThat(guarded.refusals().latest())
          .extracting(Refusal::reason)
          .containsExactly(
              "origin: pages of other origins may not do this, unless starcast.cors.origins lists"
                  + " them",
              "topic: publish is not permitted to a caller who is not logged in",
              "sink: is closed already; register it while it is open, and leave it alone from then"
                  + " on",
              "topic: '#' is not allowed, is at index 7; here '*' is one segment or more, '+' one"
                  + " segment, and '*' inside a segment any characters",
              "topic: subscribe is not permitted to a caller who is not logged in");
    }
  }

  @Test
  void isNotThereUnlessItIsSwitchedOnAndTheLogSaysSoOnce() {
    try (RunningBroadcaster off = new RunningBroadcaster();
        LogCapture log = new LogCapture(EndpointGuard.class)) {
      EndpointResource closed =
          new EndpointResource(off.broadcaster(), off.config(), off.access(), off.refusals());
      FakeSink sink = FakeSink.instant();
      assertThat(
              catchThrowableOfType(
                  NotFoundException.class,
                  () -> closed.stream(sink, WebRequests.query("topic", "a"), null)))
          .isNotNull();
      assertThat(
              catchThrowableOfType(
                  NotFoundException.class,
                  () -> closed.publish(body("topic=a&data=x"), null, null)))
          .isNotNull();
      assertThat(sink.sent()).isEmpty();
      assertThatExceptionOfType(NotFoundException.class)
          .isThrownBy(() -> closed.stream(sink, WebRequests.query("topic", "a"), null));
      assertThat(log.records().stream().map(LogRecord::getMessage))
          .satisfiesExactly(
              first ->
                  assertThat(first).endsWith(": starcast.endpoint.enabled=true switches it on"),
              second ->
                  assertThat(second)
                      .endsWith(": starcast.endpoint.publish.enabled=true switches it on"));
      assertThat(off.broadcaster().count()).isZero();
    }
  }
}
