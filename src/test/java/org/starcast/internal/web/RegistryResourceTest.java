package org.starcast.internal.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.io.StringReader;
import java.lang.reflect.Proxy;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
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
import org.starcast.internal.cdi.LogCapture;

/** The registry in front of the real broadcaster, without a server. */
@ExtendWith(ResponseRuntime.class)
class RegistryResourceTest {

  private static final RunningBroadcaster RUNNING =
      new RunningBroadcaster(
          "endpoint.registry.enabled", "true", "endpoint.registry.role", "operators");
  private static final RegistryResource REGISTRY =
      new RegistryResource(RUNNING.broadcaster(), RUNNING.config(), RUNNING.access());

  @AfterEach
  void closeStreams() {
    RUNNING.broadcaster().clients().forEach(SseClient::close);
    await().until(() -> RUNNING.broadcaster().count() == 0);
  }

  @AfterAll
  static void stop() {
    RUNNING.close();
  }

  private static <T> T answering(Class<T> type, String method, Object answer) {
    return type.cast(
        Proxy.newProxyInstance(
            RegistryResourceTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, called, args) -> {
              if (!called.getName().equals(method)) {
                throw new UnsupportedOperationException(called.getName());
              }
              return args == null ? answer : args[0].equals(answer);
            }));
  }

  /** Somebody who is logged in and in this role. */
  private static SecurityContext caller(String role) {
    return (SecurityContext)
        Proxy.newProxyInstance(
            RegistryResourceTest.class.getClassLoader(),
            new Class<?>[] {SecurityContext.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "isUserInRole" -> args[0].equals(role);
                  case "getUserPrincipal" -> (Principal) () -> "ann";
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static JsonObject body(Response response) {
    return Json.createReader(new StringReader(response.getEntity().toString())).readObject();
  }

  private static JsonObject clients(String... namesAndValues) {
    return body(REGISTRY.clients(caller("operators"), WebRequests.query(namesAndValues), null));
  }

  private static List<String> ids(JsonObject answer) {
    return answer.getJsonArray("clients").getValuesAs(JsonObject.class).stream()
        .map(client -> client.getString("id"))
        .toList();
  }

  private static SseClient register(Subscription subscription) {
    SseClient client = RUNNING.broadcaster().register(FakeSink.instant(), subscription);
    await().until(() -> client.state() == SseClient.State.OPEN);
    return client;
  }

  private static void assertProblem(int status, String detail, ThrowingCallable call) {
    WebApplicationException e = catchThrowableOfType(WebApplicationException.class, call);
    assertThat(e).as("a refusal").isNotNull();
    assertThat(e.getResponse().getStatus()).isEqualTo(status);
    assertThat(e.getResponse().getHeaders().getFirst("Content-Type"))
        .isEqualTo("application/problem+json");
    assertThat(body(e.getResponse()).getString("detail")).isEqualTo(detail);
  }

  @Test
  void aClientIsShownWithoutItsMetadata() {
    SseClient client =
        register(
            Subscription.to("a.*", "b")
                .topic("c", "ann")
                .mute("a.x")
                .clientId("c1")
                .type("chat")
                .metadata("secret", "s"));
    client.send("one");
    await().until(() -> client.queued() == 0);
    JsonObject shown = clients().getJsonArray("clients").getJsonObject(0);
    assertThat(shown.keySet())
        .containsExactlyInAnyOrder(
            "id",
            "type",
            "topics",
            "muted",
            "age",
            "queued",
            "queuedBytes",
            "sent",
            "dropped",
            "writer",
            "state");
    assertThat(shown.getString("id")).isEqualTo("c1");
    assertThat(shown.getString("type")).isEqualTo("chat");
    assertThat(shown.get("topics")).hasToString("{\"a.*\":[],\"b\":[],\"c\":[\"ann\"]}");
    assertThat(shown.get("muted")).hasToString("[\"a.x\"]");
    assertThat(shown.getJsonNumber("sent").longValue()).isEqualTo(client.sent()).isPositive();
    assertThat(shown.getString("writer")).isEqualTo("portable");
    assertThat(shown.getString("state")).isEqualTo("OPEN");
  }

  @Test
  void metadataIsShownInPartWhenAskedFor() {
    register(
        Subscription.to("a")
            .metadata("room", 42)
            .metadata("long", "x".repeat(1_000))
            .metadata("pair", "x".repeat(255) + "\ud83d\ude00"));
    JsonObject shown = clients("metadata", "true").getJsonArray("clients").getJsonObject(0);
    assertThat(shown.getJsonObject("metadata").getString("room")).isEqualTo("42");
    assertThat(shown.getJsonObject("metadata").getString("long")).isEqualTo("x".repeat(256));
    assertThat(shown.getJsonObject("metadata").getString("pair")).isEqualTo("x".repeat(255));
    assertThat(clients("metadata", "false").toString()).doesNotContain("room");
  }

  @Test
  void pagesGoThroughAllClientsOnce() {
    List<String> all = IntStream.range(10, 35).mapToObj(i -> "c" + i).toList();
    List<String> shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled);
    shuffled.forEach(id -> register(Subscription.to("a").clientId(id)));
    List<String> seen = new ArrayList<>();
    JsonObject page = clients("limit", "10");
    seen.addAll(ids(page));
    assertThat(seen).hasSize(10);
    // one that has come and one that has gone in between move no other
    register(Subscription.to("a").clientId("c00"));
    RUNNING.broadcaster().client("c19").orElseThrow().close();
    await().until(() -> RUNNING.broadcaster().client("c19").isEmpty());
    while (page.containsKey("next")) {
      page = clients("limit", "10", "after", page.getString("next"));
      seen.addAll(ids(page));
    }
    assertThat(seen).isEqualTo(all);
    assertThat(clients("limit", "26").containsKey("next")).isFalse();
    assertThat(ids(clients("after", "zzz"))).isEmpty();
  }

  @Test
  void clientsAreFoundByTypeAndTopic() {
    register(Subscription.to("a.*").clientId("c1").type("x"));
    register(Subscription.to("a.b").clientId("c2").type("y"));
    register(Subscription.to("c").clientId("c3").type("x"));
    assertThat(ids(clients("type", "x"))).containsExactly("c1", "c3");
    assertThat(ids(clients("topic", "a.b"))).containsExactly("c1", "c2");
    assertThat(ids(clients("topic", "a.b", "type", "x"))).containsExactly("c1");
    assertThat(ids(clients("type", "none"))).isEmpty();
  }

  static Stream<Arguments> badQueries() {
    return Stream.of(
        Arguments.of("limit: must be 1 to 1000, is 0", new String[] {"limit", "0"}),
        Arguments.of("limit: must be 1 to 1000, is 1001", new String[] {"limit", "1001"}),
        Arguments.of("limit: must be a whole number", new String[] {"limit", "ten"}),
        Arguments.of(
            "topic: wildcard '*' is only allowed in a subscription", new String[] {"topic", "a.*"}),
        Arguments.of("metadata: must be true or false", new String[] {"metadata", "1"}),
        Arguments.of(
            "type: is given 2 times, at most once", new String[] {"type", "a", "type", "a"}),
        Arguments.of("page: is not a parameter here", new String[] {"page", "1"}));
  }

  @ParameterizedTest
  @MethodSource("badQueries")
  void aBadQueryIsAnsweredByName(String detail, String[] namesAndValues) {
    assertProblem(400, detail, () -> clients(namesAndValues));
  }

  @Test
  void aClientIsClosedOnce() {
    register(Subscription.to("a").clientId("c1"));
    assertThat(REGISTRY.close("c1", caller("operators"), null, null).getStatus()).isEqualTo(204);
    await().until(() -> RUNNING.broadcaster().count() == 0);
    assertProblem(
        404,
        "id: there is no such client",
        () -> REGISTRY.close("c1", caller("operators"), null, null));
  }

  @Test
  void theStatisticsCount() {
    JsonObject before = body(REGISTRY.stats(caller("operators"), null, null));
    register(Subscription.to("a").type("x"));
    register(Subscription.to("b").type("x"));
    RUNNING.broadcaster().publish("a", "data");
    JsonObject stats = body(REGISTRY.stats(caller("operators"), null, null));
    assertThat(stats.getInt("total")).isEqualTo(2);
    assertThat(stats.getInt("active")).isEqualTo(2);
    assertThat(stats.getJsonObject("byType")).hasToString("{\"x\":2}");
    assertThat(stats.getJsonObject("byWriter")).hasToString("{\"portable\":2}");
    assertThat(stats.getInt("messages")).isEqualTo(before.getInt("messages") + 1);
    assertThat(stats.getInt("history")).isEqualTo(before.getInt("history") + 1);
    assertThat(stats.getString("lastEventId")).isEqualTo(RUNNING.broadcaster().lastEventId());
  }

  private static void assertNobodyBut(RegistryResource registry, SecurityContext caller) {
    String detail = "the caller does not have the role that this asks for";
    assertProblem(403, detail, () -> registry.clients(caller, WebRequests.query(), null));
    assertProblem(403, detail, () -> registry.close("c1", caller, null, null));
    assertProblem(403, detail, () -> registry.stats(caller, null, null));
  }

  @Test
  void othersAreRefusedAndCloseNothing() {
    register(Subscription.to("a").clientId("c1"));
    assertNobodyBut(REGISTRY, caller("starcast-admin"));
    assertThat(RUNNING.broadcaster().client("c1"))
        .hasValueSatisfying(client -> assertThat(client.state()).isEqualTo(SseClient.State.OPEN));
  }

  @Test
  void unlessConfiguredTheRoleIsStarcastAdmin() {
    try (RunningBroadcaster running = new RunningBroadcaster("endpoint.registry.enabled", "true")) {
      RegistryResource registry =
          new RegistryResource(running.broadcaster(), running.config(), running.access());
      assertNobodyBut(registry, caller("operators"));
      assertNobodyBut(registry, caller("*"));
      assertThat(registry.stats(caller("starcast-admin"), null, null).getStatus()).isEqualTo(200);
    }
  }

  @Test
  void itIsOpenToAllByTheStarAloneWhichIsWarnedAbout() {
    try (RunningBroadcaster running =
            new RunningBroadcaster(
                "endpoint.registry.enabled", "true", "endpoint.registry.role", "*");
        LogCapture log = new LogCapture(RegistryResource.class)) {
      RegistryResource registry =
          new RegistryResource(running.broadcaster(), running.config(), running.access());
      assertThat(registry.stats(caller("nobody"), null, null).getStatus()).isEqualTo(200);
      registry.start(null);
      REGISTRY.start(null);
      assertThat(log.records()).hasSize(1);
      assertThat(log.records().get(0).getMessage()).startsWith("STARCAST-1010");
    }
  }

  @Test
  void isNotThereUnlessItIsSwitchedOn() {
    try (RunningBroadcaster off = new RunningBroadcaster("endpoint.registry.role", "*")) {
      RegistryResource closed = new RegistryResource(off.broadcaster(), off.config(), off.access());
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              () -> closed.clients(caller("x"), WebRequests.query(), null),
              () -> closed.close("c1", caller("x"), null, null),
              () -> closed.stats(caller("x"), null, null))) {
        assertThat(catchThrowableOfType(NotFoundException.class, call)).isNotNull();
      }
    }
  }
}
