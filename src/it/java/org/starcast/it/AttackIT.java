package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.it.secured.SecuredApplication;

/** What an attacker tries against an application with rules and tokens; and what must work. */
@ArquillianTest
@RunAsClient
class AttackIT {

  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Tokens TOKENS = new Tokens();

  @ArquillianResource URL base;

  private final List<RawStream> open = new ArrayList<>();

  @Deployment(testable = false)
  static WebArchive war() {
    return war(
        TOKENS,
        "starcast.security.rules.\"public.*\".subscribe=*",
        "starcast.security.rules.\"orders.*\".subscribe=clerk,manager",
        "starcast.security.rules.\"orders.*\".publish=manager",
        "starcast.security.rules.\"user.{user}.*\".subscribe=**",
        "starcast.security.rules.\"user.{user}.*\".publish=**",
        "starcast.security.rules.\"tenant.{claim.tenant}.*\".subscribe=clerk",
        "starcast.security.rules.\"*\".subscribe=operator",
        "starcast.security.rules.\"orders.*\".presence=manager");
  }

  /** The application of these tests, with further lines of configuration. */
  static WebArchive war(Tokens tokens, String... lines) {
    String config =
        Stream.concat(
                Stream.of(
                    "mp.jwt.verify.publickey=" + tokens.publicKey(),
                    "mp.jwt.verify.issuer=" + Tokens.ISSUER,
                    "mp.jwt.verify.audiences=" + Tokens.AUDIENCE,
                    "starcast.endpoint.enabled=true",
                    "starcast.endpoint.publish.enabled=true",
                    "starcast.endpoint.registry.enabled=true",
                    "starcast.endpoint.registry.role=operator",
                    "starcast.presence.enabled=true",
                    "starcast.heartbeat=PT1S"),
                Stream.of(lines))
            .collect(Collectors.joining("\n"));
    return ShrinkWrap.create(WebArchive.class, "starcast-secured.war")
        .addPackage(SecuredApplication.class.getPackage())
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(new StringAsset(config), "META-INF/microprofile-config.properties")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml");
  }

  @BeforeEach
  void unblock() throws IOException {
    send("DELETE", "secured/block", "");
  }

  @AfterEach
  void closeStreams() throws IOException {
    for (RawStream stream : open) {
      stream.reset();
    }
  }

  // ---- requests

  private URI uri(String path) {
    return URI.create(base.toString()).resolve("api/").resolve(path);
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token;
  }

  private RawHttp.Answer send(String method, String path, String body, String... headers)
      throws IOException {
    return RawHttp.once(uri(path), method, body, headers);
  }

  /** Asks for a stream of these topics; the head of the answer. */
  private RawHttp.Answer subscribe(String token, String... topics) throws IOException {
    String query =
        Stream.of(topics).map(topic -> "topic=" + encode(topic)).collect(Collectors.joining("&"));
    return send("GET", "starcast/stream?" + query, "", headers(token));
  }

  private static String[] headers(String token, String... more) {
    return Stream.concat(token == null ? Stream.empty() : Stream.of(bearer(token)), Stream.of(more))
        .toArray(String[]::new);
  }

  private RawHttp.Answer publish(String token, String form, String... more) throws IOException {
    return send(
        "POST",
        "starcast/publish",
        form,
        headers(
            token,
            Stream.concat(
                    Stream.of("Content-Type: application/x-www-form-urlencoded"), Stream.of(more))
                .toArray(String[]::new)));
  }

  private RawStream stream(String path, String token, String... more) throws IOException {
    RawStream stream = RawStream.open(uri(path), headers(token, more));
    open.add(stream);
    assertThat(stream.status()).isEqualTo(200);
    await().atMost(PATIENCE).until(() -> stream.text().contains("retry:"));
    return stream;
  }

  /** Publishes from inside of the application; the event's id. */
  private String fire(String topic, String data) throws IOException {
    RawHttp.Answer answer = send("POST", "secured/publish?topic=" + encode(topic), data);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  static void assertProblem(RawHttp.Answer answer, int status) {
    assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.body()).contains("\"status\":" + status);
  }

  private static void untilData(RawStream stream, String... data) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(stream.data()).containsExactly(data));
  }

  // ---- tokens

  @Test
  void aValidTokenIsTakenAndItsGroupsAreRoles() throws IOException {
    assertThat(send("GET", "secured/caller", "", bearer(TOKENS.of("ann"))).body()).isEqualTo("ann");
    RawStream stream = stream("starcast/stream?topic=orders.*", TOKENS.of("ann", "clerk"));
    assertThat(publish(TOKENS.of("max", "manager"), "topic=orders.7&data=tea").status())
        .isEqualTo(202);
    untilData(stream, "tea");
    assertThat(send("GET", "starcast/stats", "", bearer(TOKENS.of("olga", "operator"))).status())
        .isEqualTo(200);
  }

  @Test
  void tokensThatAreNotValidOpenNothing() throws IOException {
    Duration life = Duration.ofMinutes(10);
    JsonObject good = Tokens.claims("ann", life, claims -> {}, "clerk", "manager", "operator");
    long now = System.currentTimeMillis() / 1000;
    String valid = TOKENS.of("ann");
    Map<String, String> bad =
        Map.ofEntries(
            Map.entry("signed by another key", Tokens.forged(good)),
            Map.entry("claims exchanged", Tokens.spliced(valid, good)),
            Map.entry("no signature", Tokens.unsigned("RS256", good)),
            Map.entry("alg none", Tokens.unsigned("none", good)),
            Map.entry("alg NONE", Tokens.unsigned("nOnE", good)),
            Map.entry("HMAC with the public key", TOKENS.confused(good, false)),
            Map.entry("HMAC with the public key as PEM", TOKENS.confused(good, true)),
            Map.entry("expired", TOKENS.of("ann", Duration.ofMinutes(-10), claims -> {}, "clerk")),
            Map.entry(
                "wrong issuer",
                TOKENS.of("ann", life, c -> c.add("iss", "https://issuer.example.evil"), "clerk")),
            Map.entry("wrong audience", TOKENS.of("ann", life, c -> c.add("aud", "x"), "clerk")),
            Map.entry("no audience", TOKENS.of("ann", life, c -> c.remove("aud"), "clerk")),
            Map.entry("no expiry", TOKENS.of("ann", life, c -> c.remove("exp"), "clerk")),
            Map.entry(
                "not yet valid", TOKENS.of("ann", life, c -> c.add("nbf", now + 3600), "clerk")),
            Map.entry("garbage", "a.b.c"),
            Map.entry("empty parts", ".."),
            Map.entry("half", valid.substring(0, valid.length() / 2)));
    for (Map.Entry<String, String> token : bad.entrySet()) {
      assertThat(subscribe(token.getValue(), "orders.*").status())
          .as("stream: " + token.getKey())
          .isIn(401, 403);
      assertThat(publish(token.getValue(), "topic=orders.7&data=x").status())
          .as("publish: " + token.getKey())
          .isIn(401, 403);
      assertThat(send("GET", "starcast/clients", "", bearer(token.getValue())).status())
          .as("registry: " + token.getKey())
          .isIn(401, 403);
    }
  }

  @Test
  void aTokenInTheQueryIsRefusedAndNotRepeated() throws IOException {
    String token = TOKENS.of("ann", "clerk");
    for (String name : List.of("access_token", "authorization", "Access_Token")) {
      RawHttp.Answer answer =
          send("GET", "starcast/stream?topic=public.a&" + name + "=" + token, "");
      assertProblem(answer, 400);
      assertThat(answer.body()).doesNotContain(token.substring(0, 10));
      String query = "?" + name + "=" + token;
      String form = "Content-Type: application/x-www-form-urlencoded";
      assertProblem(
          send("POST", "starcast/publish" + query, "topic=user.ann.a&data=x", form, bearer(token)),
          400);
      assertProblem(send("GET", "starcast/clients" + query, "", bearer(token)), 400);
      assertProblem(send("GET", "starcast/stats" + query, "", bearer(token)), 400);
    }
  }

  // ---- what is permitted

  @Test
  void nobodyIsAskedToLogInAndTheWrongCallerIsRefused() throws IOException {
    assertThat(subscribe(null, "public.a").status()).isEqualTo(200);
    RawHttp.Answer unknown = subscribe(null, "orders.*");
    assertProblem(unknown, 401);
    assertThat(unknown.header("WWW-Authenticate")).isNotNull();
    assertProblem(subscribe(TOKENS.of("ann"), "orders.*"), 403);
    assertProblem(publish(null, "topic=orders.7&data=x"), 401);
    assertProblem(publish(TOKENS.of("ann", "clerk"), "topic=orders.7&data=x"), 403);
    assertProblem(publish(null, "topic=public.a&data=x"), 401);
    assertProblem(send("GET", "starcast/clients", ""), 401);
    assertProblem(send("GET", "starcast/clients", "", bearer(TOKENS.of("ann", "manager"))), 403);
    assertProblem(send("DELETE", "starcast/clients/x", "", bearer(TOKENS.of("ann"))), 403);
  }

  @Test
  void aPatternNeverReachesBeyondARule() throws IOException {
    String clerk = TOKENS.of("ann", "clerk");
    for (String pattern :
        List.of(
            "*",
            "+",
            "*.*",
            "+.*",
            "o*",
            "o*.*",
            "orders*",
            "orders*.*",
            "orders",
            "*.7",
            "+.7",
            "*rders.*",
            "ordersx.*",
            "orders*.7",
            "public*",
            "p*.*",
            "admin.*",
            "user.*",
            "user.+.mail",
            "user.*.mail",
            "user.a*.mail",
            "user.ann*.mail",
            "user.bob.*",
            "*.ann.*",
            "user.ann",
            "tenant.*")) {
      assertProblem(subscribe(clerk, pattern), 403);
    }
    for (String pattern :
        List.of(
            "orders.*",
            "orders.+",
            "orders.7",
            "orders.*.7",
            "orders.a*.+",
            "public.*",
            "user.ann.*",
            "user.ann.mail",
            "user.ann.+.x")) {
      assertThat(subscribe(clerk, pattern).status()).as(pattern).isEqualTo(200);
    }
    for (String pattern : List.of("**", "user.**.mail", "orders.**", "orders.>", "orders/#")) {
      assertProblem(subscribe(clerk, pattern), 400);
    }
    assertThat(subscribe(TOKENS.of("olga", "operator"), "admin.*").status()).isEqualTo(200);
  }

  @Test
  void aNameReachesNobodyElsesTopics() throws IOException {
    for (String name :
        List.of("*", "+", "a*", "ann.bob", "**", "ann.*", "%61nn", "Ann", "ann%2Ebob")) {
      assertProblem(subscribe(TOKENS.of(name), "user.ann.mail"), 403);
      assertProblem(subscribe(TOKENS.of(name), "user.ann.bob.mail"), 403);
      assertProblem(publish(TOKENS.of(name), "topic=user.ann.mail&data=x"), 403);
    }
    assertThat(subscribe(TOKENS.of("ann.bob"), "user.ann%2Ebob.*").status()).isEqualTo(200);
    assertProblem(subscribe(TOKENS.of("ann"), "user.ann%2Ebob.*"), 403);
    String inTenant =
        TOKENS.of("ann", Duration.ofMinutes(5), c -> c.add("tenant", "acme"), "clerk");
    assertThat(subscribe(inTenant, "tenant.acme.*").status()).isEqualTo(200);
    assertProblem(subscribe(inTenant, "tenant.other.*"), 403);
    String inAll = TOKENS.of("ann", Duration.ofMinutes(5), c -> c.add("tenant", "*"), "clerk");
    assertProblem(subscribe(inAll, "tenant.acme.*"), 403);
  }

  @Test
  void oneOfSeveralTopicsThatIsNotPermittedRefusesAll() throws IOException {
    String clerk = TOKENS.of("ann", "clerk");
    assertProblem(subscribe(clerk, "orders.7", "admin.secret"), 403);
    assertProblem(subscribe(clerk, "admin.secret", "orders.7"), 403);
    assertProblem(subscribe(clerk, "Orders.7"), 403);
    assertProblem(subscribe(clerk, "orders%2E7"), 403);
    assertProblem(
        send("GET", "starcast/stream?topic=orders%2E7&topic=admin", "", bearer(clerk)), 403);
    assertProblem(
        send("GET", "starcast/stream?topic=orders.7&Topic=admin", "", bearer(clerk)), 400);
    assertProblem(subscribe(clerk, "orders.7", ""), 400);
    assertProblem(subscribe(clerk, "orders..7"), 400);
    assertProblem(subscribe(clerk, ".orders"), 400);
    assertProblem(subscribe(clerk, "orders."), 400);
    String manager = TOKENS.of("max", "manager");
    assertProblem(publish(manager, "topic=orders.7&topic=admin&data=x"), 403);
    assertProblem(publish(manager, "topic=orders.*&data=x"), 400);
    assertProblem(publish(manager, "topic=starcast.presence.orders.7&data=x"), 400);
    assertProblem(publish(manager, "data=x"), 400);
  }

  @Test
  void presenceIsAPermissionOfItsOwn() throws IOException {
    String operator = TOKENS.of("olga", "operator");
    assertProblem(subscribe(operator, "*"), 403);
    assertProblem(subscribe(operator, "starcast.*"), 403);
    assertProblem(subscribe(operator, "+.presence.orders.7"), 403);
    assertProblem(subscribe(operator, "starcast.presence.orders.7"), 403);
    assertThat(
            send("GET", "starcast/stream?topic=*&mute=starcast.*", "", bearer(operator)).status())
        .isEqualTo(200);
    assertProblem(
        send(
            "GET", "starcast/stream?topic=*&mute=starcast.presence.orders.*", "", bearer(operator)),
        403);
    String manager = TOKENS.of("max", "manager");
    assertThat(subscribe(manager, "starcast.presence.orders.7").status()).isEqualTo(200);
    assertThat(subscribe(manager, "starcast.presence.orders.*").status()).isEqualTo(200);
    assertProblem(subscribe(manager, "starcast.presence.*"), 403);
  }

  @Test
  void whatTheApplicationRegistersIsItsOwnMatterUnlessAnAuthorizerDenies() throws IOException {
    stream("secured/stream/own-1?topic=admin.x", null);
    assertThat(send("POST", "secured/subscribe/own-1?topic=admin.y", "").status()).isEqualTo(204);

    send("POST", "secured/block?name=nobody&pattern=admin.z", "");

    assertProblem(send("POST", "secured/subscribe/own-1?topic=admin.z", ""), 401);
    assertProblem(send("GET", "secured/stream/own-2?topic=admin.*", ""), 401);
    assertThat(send("POST", "secured/subscribe/own-1?topic=admin.w", "").status()).isEqualTo(204);
    assertProblem(send("POST", "secured/asking?topic=orders.7", ""), 401);
    assertThat(
            send("POST", "secured/asking?topic=orders.7", "", bearer(TOKENS.of("m", "manager")))
                .status())
        .isEqualTo(200);
  }

  // ---- later

  @Test
  void aReplayShowsNothingThatIsNotPermittedNow() throws IOException {
    String first = fire("orders.replay.begin", "begin");
    fire("orders.replay.1", "one");
    fire("admin.replay.2", "secret");
    fire("user.bob.replay", "bob's");
    fire("orders.replay.3", "three");
    send("POST", "secured/block?name=ann&pattern=nothing", "");
    String from = "&lastEventId=" + first;

    RawStream all =
        stream("starcast/stream?topic=orders.replay.*" + from, TOKENS.of("ann", "clerk"));
    untilData(all, "one", "three");
    assertThat(subscribe(TOKENS.of("ann", "clerk"), "*").status()).isEqualTo(403);

    // the application's own stream, of everything, whose caller is denied a part
    RawStream own =
        stream("secured/stream/replay-own?topic=orders.replay.*" + from, TOKENS.of("ann"));
    untilData(own, "one", "three");
    send("POST", "secured/block?name=ann&pattern=orders.replay.3", "");
    assertProblem(
        send(
            "GET",
            "secured/stream/replay-2?topic=orders.replay.*" + from,
            "",
            bearer(TOKENS.of("ann"))),
        403);
  }

  @Test
  void theExpiryOfTheTokenEndsTheStreamAndANewOneResumesIt() throws IOException {
    long before = closed("EXPIRED");
    RawStream stream =
        stream(
            "starcast/stream?topic=user.exp.*",
            TOKENS.of("exp", Duration.ofSeconds(4), claims -> {}));
    String id = fire("user.exp.a", "in time");
    untilData(stream, "in time");
    await().atMost(PATIENCE).until(stream::ended);
    assertThat(closed("EXPIRED")).isEqualTo(before + 1);
    fire("user.exp.b", "meanwhile");

    RawStream again =
        stream("starcast/stream?topic=user.exp.*", TOKENS.of("exp"), "Last-Event-ID: " + id);

    untilData(again, "meanwhile");
  }

  @Test
  void aRevokedCallerIsCutOffAtOnceAndAskedAnew() throws IOException {
    long before = closed("REVOKED");
    String token = TOKENS.of("rex", "clerk");
    RawStream one = stream("starcast/stream?topic=orders.*", token);
    RawStream two = stream("starcast/stream?topic=user.rex.*", token);
    RawStream other = stream("starcast/stream?topic=orders.*", TOKENS.of("ann", "clerk"));
    send("POST", "secured/block?name=rex&pattern=orders.*", "");

    assertThat(send("POST", "secured/revoke?principal=rex", "").body()).isEqualTo("2");

    await().atMost(PATIENCE).until(() -> one.ended() && two.ended());
    assertThat(closed("REVOKED")).isEqualTo(before + 2);
    assertThat(other.ended()).isFalse();
    assertProblem(subscribe(token, "orders.*"), 403);
    assertThat(subscribe(token, "user.rex.*").status()).isEqualTo(200);
    assertThat(send("POST", "secured/revoke?principal=rexx", "").body()).isEqualTo("0");
  }

  @Test
  void aRevokedTopicCutsOffAllWhoCouldHearIt() throws IOException {
    // of other tests, whose end the server has not seen yet
    send("POST", "secured/revoke-topic?pattern=public.*", "");
    RawStream exact = stream("starcast/stream?topic=public.revoke.a", null);
    RawStream wide = stream("starcast/stream?topic=public.*.a", null);
    RawStream apart = stream("starcast/stream?topic=public.kept.b", null);

    assertThat(send("POST", "secured/revoke-topic?pattern=public.revoke.*", "").body())
        .isEqualTo("2");

    await().atMost(PATIENCE).until(() -> exact.ended() && wide.ended());
    assertThat(apart.ended()).isFalse();
  }

  private long closed(String reason) throws IOException {
    String all = send("GET", "secured/closed", "").body();
    return Stream.of(all.split(","))
        .filter(entry -> entry.startsWith(reason + "="))
        .mapToLong(entry -> Long.parseLong(entry.substring(reason.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  // ---- injection

  @Test
  void noFieldBreaksOutOfItsPlaceInTheStream() throws IOException {
    RawStream stream = stream("starcast/stream?topic=user.inj.*", TOKENS.of("inj"));
    String token = TOKENS.of("inj");
    for (String evil : List.of("a%0Aevent: b", "a%0D", "a%0D%0Aid: 1", "a%00", "a%E2%80%A8")) {
      assertProblem(publish(token, "topic=user.inj." + evil + "&data=x"), 400);
    }
    for (String evil : List.of("a%0Adata: b", "a%0D", "a%00")) {
      assertProblem(publish(token, "topic=user.inj.a&event=" + evil + "&data=x"), 400);
      assertProblem(publish(token, "topic=user.inj.a&sender=" + evil + "&data=x"), 400);
    }
    for (String evil : List.of("starcast-client", "starcast-gap", "starcast-presence")) {
      assertProblem(publish(token, "topic=user.inj.a&data=x&event=" + evil), 400);
    }
    // this caller may publish there, and nobody may say what Datastar does
    assertProblem(publish(token, "topic=user.inj.a&data=x&event=datastar-patch-elements"), 403);
    String data = "one\nid: 9\n\nevent: evil\ndata: two\rdata: three\u0000";
    assertThat(publish(token, "topic=user.inj.a&event=e&data=" + encode(data)).status())
        .isEqualTo(202);
    publish(token, "topic=user.inj.a&data=last");
    await().atMost(PATIENCE).until(() -> stream.count() == 2);
    assertThat(stream.events().get(0).event()).isEqualTo("e");
    assertThat(stream.events().get(0).data())
        .isEqualTo(data.replace('\r', '\n').replace('\u0000', '\ufffd'));
    assertThat(stream.data().get(1)).isEqualTo("last");
    for (String id : List.of("a%0Ab", "x-1%0D%0Adata:%20evil", "%00", "1-2-3-x")) {
      assertThat(send("GET", "starcast/stream?topic=public.a&lastEventId=" + id, "").isStream())
          .as(id)
          .isTrue();
    }
    assertThat(send("GET", "starcast/stream?topic=public.a%0D%0AX-Evil:%201", "").header("X-Evil"))
        .isNull();
  }

  // ---- other origins

  @Test
  void pagesOfOtherOriginsAreRefused() throws IOException {
    String own = "http://" + uri("").getAuthority();
    for (String[] evil :
        new String[][] {
          {"Origin: http://evil.example"},
          {"Origin: null"},
          {"Origin: " + own + ".evil.example"},
          {"Origin: " + own + "0"},
          {"Origin: " + own, "Origin: http://evil.example"},
          {"Sec-Fetch-Site: cross-site"},
          {"Sec-Fetch-Site: same-site"},
          {"Sec-Fetch-Site: same-site", "Origin: " + own},
          {"Sec-Fetch-Site: something"},
          {"Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: cross-site"},
        }) {
      String[] headers = headers(TOKENS.of("max", "manager"), evil);
      assertProblem(send("GET", "starcast/stream?topic=public.a", "", headers), 403);
      assertProblem(publish(TOKENS.of("max", "manager"), "topic=orders.7&data=x", evil), 403);
      assertProblem(send("POST", "secured/own", "", evil), 403);
      assertProblem(
          send("GET", "starcast/stats", "", headers(TOKENS.of("olga", "operator"), evil)), 403);
      assertThat(
              send("OPTIONS", "starcast/publish", "", evil).header("Access-Control-Allow-Origin"))
          .isNull();
    }
    for (String good :
        List.of(
            "Origin: " + own,
            "Sec-Fetch-Site: same-origin",
            "Sec-Fetch-Site: none",
            "X-Nothing: said")) {
      assertThat(send("GET", "starcast/stream?topic=public.a", "", good).status()).isEqualTo(200);
      assertThat(publish(TOKENS.of("max", "manager"), "topic=orders.7&data=x", good).status())
          .as(good)
          .isEqualTo(202);
      assertThat(send("POST", "secured/own", "", good).status()).isEqualTo(200);
    }
  }

  @Test
  void theClaimsOfATokenAreNowhereToBeSeen() throws IOException {
    String token =
        TOKENS.of("sec", Duration.ofMinutes(5), c -> c.add("secret", Json.createValue("s3cr3t")));
    stream("starcast/stream?topic=user.sec.*", token);
    RawHttp.Answer clients =
        send("GET", "starcast/clients?metadata=true", "", bearer(TOKENS.of("olga", "operator")));
    assertThat(clients.body()).contains("\"principal\":\"sec\"").doesNotContain("s3cr3t", token);
  }
}
