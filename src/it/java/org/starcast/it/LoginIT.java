package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.it.login.LoginApplication;
import org.starcast.it.secured.Blocklist;
import org.starcast.it.secured.SecuredResource;

/**
 * The rules of the configuration for callers who log in by HTTP's basic authentication, with
 * Jakarta Security and users of the application's own.
 */
@ArquillianTest
@RunAsClient
class LoginIT {

  @ArquillianResource URL base;

  private final List<RawStream> open = new ArrayList<>();

  @Deployment(testable = false)
  static WebArchive war() {
    String config =
        String.join(
            "\n",
            "starcast.security.rules.\"user.{user}.*\".subscribe=**",
            "starcast.security.rules.\"user.{user}.*\".publish=**",
            "starcast.security.rules.\"shop.*\".subscribe=staff",
            "starcast.security.rules.\"shop.*\".publish=manager",
            "starcast.endpoint.enabled=true",
            "starcast.endpoint.publish.enabled=true",
            "starcast.endpoint.registry.enabled=true",
            "starcast.endpoint.registry.role=operator",
            "starcast.heartbeat=PT1S");
    return ShrinkWrap.create(WebArchive.class, "starcast-login.war")
        .addPackage(LoginApplication.class.getPackage())
        .addClasses(SecuredResource.class, Blocklist.class)
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(new StringAsset(config), "META-INF/microprofile-config.properties")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml");
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

  /** What a caller of this name sends, with the right password. */
  private static String login(String name) {
    return basic(name + ":" + name + "-secret");
  }

  private static String basic(String credentials) {
    return "Authorization: Basic "
        + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
  }

  private RawHttp.Answer subscribe(String topic, String... headers) throws IOException {
    String query = "topic=" + URLEncoder.encode(topic, StandardCharsets.UTF_8);
    return RawHttp.once(uri("starcast/stream?" + query), "GET", "", headers);
  }

  private RawHttp.Answer publish(String topic, String data, String login) throws IOException {
    return RawHttp.once(
        uri("starcast/publish"),
        "POST",
        "topic=" + topic + "&data=" + data,
        login,
        "Content-Type: application/x-www-form-urlencoded");
  }

  private RawStream stream(String topic, String login) throws IOException {
    RawStream stream = RawStream.open(uri("starcast/stream?topic=" + topic), login);
    open.add(stream);
    assertThat(stream.status()).isEqualTo(200);
    await().atMost(AttackIT.PATIENCE).until(() -> stream.text().contains("retry:"));
    return stream;
  }

  private static void untilData(RawStream stream, String... data) {
    await()
        .atMost(AttackIT.PATIENCE)
        .untilAsserted(() -> assertThat(stream.data()).containsExactly(data));
  }

  // ---- who gets in

  @Test
  void thoseWithTheRoleSubscribeAndPublish() throws IOException {
    assertThat(RawHttp.once(uri("secured/caller"), "GET", "", login("ann")).body())
        .isEqualTo("ann");
    RawStream stream = stream("shop.*", login("ann"));

    assertThat(publish("shop.tea", "sold", login("max")).status()).isEqualTo(202);

    untilData(stream, "sold");
  }

  @Test
  void thoseWithoutTheRoleAreRefused() throws IOException {
    RawStream stream = stream("shop.*", login("max"));
    AttackIT.assertProblem(publish("shop.tea", "by staff", login("ann")), 403);
    AttackIT.assertProblem(publish("shop.tea", "by anybody", login("bob")), 403);
    AttackIT.assertProblem(subscribe("shop.*", login("bob")), 403);
    AttackIT.assertProblem(subscribe("shop.*", login("olga")), 403);
    AttackIT.assertProblem(subscribe("*", login("max")), 403);

    publish("shop.tea", "by the manager", login("max"));

    untilData(stream, "by the manager");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ann:wrong",
        "ann:ann-secret ",
        "ann:max-secret",
        "Ann:Ann-secret",
        "eve:eve-secret",
        ":-secret",
        "*:*-secret"
      })
  void aWrongPasswordOpensNothing(String credentials) throws IOException {
    String login = basic(credentials);
    AttackIT.assertProblem(subscribe("shop.*", login), 401);
    AttackIT.assertProblem(subscribe("user.ann.*", login), 401);
    AttackIT.assertProblem(publish("user.ann.mail", "x", login), 401);
    AttackIT.assertProblem(RawHttp.once(uri("starcast/clients"), "GET", "", login), 401);
  }

  /** Soteria, the mechanism of both servers, throws at some, before the application is asked. */
  @ParameterizedTest
  @ValueSource(strings = {"ann:", "ann", ":", ""})
  void malformedCredentialsOpenNothing(String credentials) throws IOException {
    for (String login : List.of(basic(credentials), "Authorization: Basic %" + credentials)) {
      assertThat(subscribe("user.ann.*", login).status()).isGreaterThanOrEqualTo(400);
      assertThat(publish("user.ann.mail", "x", login).status()).isGreaterThanOrEqualTo(400);
    }
  }

  @Test
  void thoseWhoAreNotLoggedInAreToldSo() throws IOException {
    AttackIT.assertProblem(subscribe("shop.*"), 401);
    AttackIT.assertProblem(subscribe("user.ann.*"), 401);
    AttackIT.assertProblem(RawHttp.once(uri("starcast/clients"), "GET", ""), 401);
  }

  // ---- {user}

  @Test
  void aUserHasTheTopicsOfTheNameAndNobodyElses() throws IOException {
    RawStream ann = stream("user.ann.*", login("ann"));
    RawStream bob = stream("user.bob.*", login("bob"));
    for (String topic :
        List.of("user.bob.*", "user.bob.mail", "user.*", "user.+.mail", "*.mail", "user.ann*")) {
      AttackIT.assertProblem(subscribe(topic, login("ann")), 403);
    }
    for (String topic : List.of("user.bob.mail", "user.mail", "user.ann")) {
      AttackIT.assertProblem(publish(topic, "from-ann", login("ann")), 403);
    }

    assertThat(publish("user.ann.mail", "to-ann", login("ann")).status()).isEqualTo(202);
    assertThat(publish("user.bob.mail", "to-bob", login("bob")).status()).isEqualTo(202);

    untilData(ann, "to-ann");
    untilData(bob, "to-bob");
  }

  // ---- administration

  @Test
  void theRegistryIsForItsRoleAlone() throws IOException {
    stream("user.bob.registry", login("bob"));

    RawHttp.Answer clients = RawHttp.once(uri("starcast/clients"), "GET", "", login("olga"));

    assertThat(clients.status()).isEqualTo(200);
    assertThat(clients.body()).contains("\"principal\":\"bob\"", "user.bob.registry");
    assertThat(RawHttp.once(uri("starcast/stats"), "GET", "", login("olga")).status())
        .isEqualTo(200);
    for (String path : List.of("starcast/clients", "starcast/stats")) {
      AttackIT.assertProblem(RawHttp.once(uri(path), "GET", "", login("max")), 403);
      AttackIT.assertProblem(RawHttp.once(uri(path), "GET", "", login("bob")), 403);
    }
  }

  @Test
  void aRevokedUserIsCutOffAtOnceAndTheOthersAreNot() throws IOException {
    RawStream shop = stream("shop.*", login("ann"));
    RawStream own = stream("user.ann.*", login("ann"));
    RawStream other = stream("shop.*", login("max"));

    assertThat(RawHttp.once(uri("secured/revoke?principal=ann"), "POST", "").body()).isEqualTo("2");

    await().atMost(AttackIT.PATIENCE).until(() -> shop.ended() && own.ended());
    publish("shop.tea", "later", login("max"));
    untilData(other, "later");
    assertThat(shop.data()).isEmpty();
  }
}
