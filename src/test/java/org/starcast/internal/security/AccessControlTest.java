package org.starcast.internal.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.security.Principal;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.security.Caller;
import org.starcast.security.TopicAuthorizer;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;

/** The rules and the authorizers together, and what they know of a caller. */
@ExtendWith(ResponseRuntime.class)
class AccessControlTest {

  private static final Caller ANN =
      new Caller(Optional.of("ann"), Set.of("clerk"), Map.of(), Optional.empty());

  private static AccessControl access(Map<String, String> settings, TopicAuthorizer... beans) {
    return TestAccess.of(settings, beans);
  }

  private static HttpServletRequest request(Principal principal, String... roles) {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            AccessControlTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "getUserPrincipal" -> principal;
                  case "isUserInRole" -> List.of(roles).contains(args[0]);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** A token with these claims. */
  private record Token(String getName, Map<String, Object> values) implements JsonWebToken {

    @Override
    public Set<String> getClaimNames() {
      return values.keySet();
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getClaim(String claimName) {
      return (T) values.get(claimName);
    }
  }

  private static TopicAuthorizer saying(Decision decision) {
    return (caller, action, pattern) -> decision;
  }

  @Test
  void oneDenialRefusesOnePermissionPermitsAndElseNobodyDecided() {
    Map<Decision, AccessControl> all = new HashMap<>();
    for (Decision one : Decision.values()) {
      for (Decision other : Decision.values()) {
        Decision expected =
            one == Decision.DENY || other == Decision.DENY
                ? Decision.DENY
                : one == Decision.PERMIT || other == Decision.PERMIT
                    ? Decision.PERMIT
                    : Decision.ABSTAIN;
        AccessControl access = access(Map.of(), saying(one), saying(other));
        assertThat(access.decide(ANN, Action.PUBLISH, "a")).isEqualTo(expected);
        all.put(expected, access);
      }
    }
    assertThat(all).hasSize(3);
    assertThat(
            access(Map.of("security.rules.\"a\".publish", "clerk"), saying(Decision.DENY))
                .decide(ANN, Action.PUBLISH, "a"))
        .isEqualTo(Decision.DENY);
  }

  @Test
  void anAuthorizerThatFailsDenies() {
    try (LogCapture log = new LogCapture(AccessControl.class)) {
      AccessControl failing =
          access(
              Map.of(),
              saying(Decision.PERMIT),
              (caller, action, pattern) -> {
                throw new IllegalStateException("expected by the test");
              });
      assertThat(failing.decide(ANN, Action.SUBSCRIBE, "a")).isEqualTo(Decision.DENY);
      assertThat(access(Map.of(), saying(null)).decide(ANN, Action.SUBSCRIBE, "a"))
          .isEqualTo(Decision.DENY);
      assertThat(log.records())
          .hasSize(2)
          .allMatch(line -> line.getMessage().startsWith("STARCAST-1021"));
    }
  }

  @Test
  void withoutARuleAnEndpointThatIsOnIsWarnedOf() {
    try (LogCapture log = new LogCapture(AccessControl.class)) {
      access(Map.of()).start(null);
      access(Map.of("endpoint.enabled", "true", "security.rules.a.subscribe", "*")).start(null);
      access(Map.of("endpoint.enabled", "true"), saying(Decision.ABSTAIN)).start(null);
      assertThat(log.records()).isEmpty();
      access(Map.of("endpoint.enabled", "true")).start(null);
      access(Map.of("endpoint.publish.enabled", "true")).start(null);
      assertThat(log.records())
          .hasSize(2)
          .allMatch(line -> line.getMessage().startsWith("STARCAST-1020"));
    }
  }

  @Test
  void requireAnswersByWhetherSomebodyIsLoggedIn() {
    AccessControl access = access(Map.of("security.rules.a.publish", "clerk"));
    HttpServletRequest ann = request(() -> "ann");
    assertThatCode(() -> access.require(request(() -> "ann", "clerk"), Action.PUBLISH, "a"))
        .doesNotThrowAnyException();
    assertThat(status(() -> access.require(ann, Action.PUBLISH, "a"))).isEqualTo(403);
    assertThat(status(() -> access.require(request(null), Action.PUBLISH, "a"))).isEqualTo(401);
    assertThat(status(() -> access.require(null, Action.PUBLISH, "a"))).isEqualTo(401);
    assertThatCode(() -> access(Map.of()).require(null, Action.PUBLISH, "a"))
        .doesNotThrowAnyException();
  }

  private static int status(Runnable action) {
    return catchThrowableOfType(RefusedException.class, action::run).getResponse().getStatus();
  }

  @Test
  void aCallerIsKnownByTheRolesThatRulesNameAndByItsToken() {
    AccessControl access = access(Map.of("security.rules.a.publish", "clerk,manager,**"));
    Caller plain = access.caller(request(() -> "ann", "clerk", "other"));
    assertThat(plain.name()).contains("ann");
    assertThat(plain.roles()).containsExactly("clerk");
    assertThat(plain.claims()).isEmpty();
    assertThat(plain.expiry()).isEmpty();

    Caller byToken =
        access.caller(
            request(
                new Token(
                    "bob",
                    Map.of(
                        "groups",
                        Set.of("staff"),
                        "exp",
                        2_000_000_000L,
                        "tenant",
                        "acme",
                        "level",
                        3,
                        "list",
                        List.of("x"),
                        "raw_token",
                        "eyJ")),
                "manager"));
    assertThat(byToken.roles()).containsExactlyInAnyOrder("staff", "manager");
    assertThat(byToken.claims())
        .containsOnly(
            Map.entry("tenant", "acme"), Map.entry("level", "3"), Map.entry("exp", "2000000000"));
    assertThat(byToken.expiry()).contains(Instant.ofEpochSecond(2_000_000_000L));
    assertThat(byToken.toString()).doesNotContain("acme");

    assertThat(access.caller(request(null))).isEqualTo(Caller.ANONYMOUS);
    assertThat(access.caller(request(new Token(null, Map.of())))).isEqualTo(Caller.ANONYMOUS);
  }

  @Test
  void aTokenIsValidFromItsBeginToItsEnd() {
    AccessControl access = access(Map.of());
    long now = Instant.now().getEpochSecond();
    assertThat(access.caller(request(new Token("ann", Map.of("nbf", now + 30, "exp", now + 60)))))
        .extracting(Caller::name)
        .isEqualTo(Optional.of("ann"));
    for (Map<String, Object> claims :
        List.<Map<String, Object>>of(
            Map.of("nbf", now + 120), Map.of("exp", now - 1), Map.of("exp", now))) {
      HttpServletRequest request = request(new Token("ann", claims));
      assertThat(status(() -> access.caller(request))).isEqualTo(401);
    }
  }

  @Test
  void joinsAndLeavesAreAPermissionOfTheirOwn() {
    Map<String, String> rules =
        Map.of(
            "presence.enabled", "true",
            "security.rules.\"*\".subscribe", "*",
            "security.rules.\"chat.*\".presence", "clerk");
    AccessControl access = access(rules);
    Set<String> none = Set.of();
    assertThat(access.hear(ANN, "chat.a", none)).isEqualTo(Decision.PERMIT);
    assertThat(access.hear(ANN, "starcast.other", none)).isEqualTo(Decision.PERMIT);
    assertThat(access.hear(ANN, "starcast.presence.chat.a", none)).isEqualTo(Decision.PERMIT);
    assertThat(access.hear(ANN, "starcast.presence.chat.*", none)).isEqualTo(Decision.PERMIT);
    assertThat(access.hear(Caller.ANONYMOUS, "starcast.presence.chat.a", none))
        .isEqualTo(Decision.ABSTAIN);
    for (String wide : List.of("*", "+.*", "starcast.*", "*.a", "s*.presence.chat.a")) {
      assertThat(access.hear(ANN, wide, none)).as(wide).isEqualTo(Decision.ABSTAIN);
      assertThat(access.hear(ANN, wide, Set.of("starcast.*"))).isEqualTo(Decision.PERMIT);
      assertThat(access.hear(ANN, wide, Set.of("starcast.presence.chat.*")))
          .isEqualTo(Decision.ABSTAIN);
    }
    Map<String, String> off = new HashMap<>(rules);
    off.put("presence.enabled", "false");
    assertThat(access(off).hear(ANN, "*", none)).isEqualTo(Decision.PERMIT);
    Map<String, String> all = new HashMap<>(rules);
    all.put("security.rules.\"*\".presence", "clerk");
    assertThat(access(all).hear(ANN, "*", none)).isEqualTo(Decision.PERMIT);
  }
}
