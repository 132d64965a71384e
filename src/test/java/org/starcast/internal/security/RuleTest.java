package org.starcast.internal.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.internal.config.Rule;
import org.starcast.security.Caller;
import org.starcast.security.TopicAuthorizer.Action;
import org.starcast.security.TopicAuthorizer.Decision;

class RuleTest {

  private static Caller caller(String name, Map<String, String> claims, String... roles) {
    return new Caller(Optional.ofNullable(name), Set.of(roles), claims, Optional.empty());
  }

  private static Decision ask(String key, String roles, Caller caller, String pattern) {
    Rule rule = Rule.parse("starcast.security.rules." + key, roles);
    return new Rules(List.of(rule)).authorize(caller, rule.action(), pattern);
  }

  @Test
  void aRuleIsReadWithAndWithoutQuotes() {
    Rule expected = new Rule("orders.*", Action.SUBSCRIBE, Set.of("clerk", "manager"));
    assertThat(Rule.parse("starcast.security.rules.\"orders.*\".subscribe", "clerk, manager"))
        .isEqualTo(expected);
    assertThat(Rule.parse("starcast.security.rules.orders.*.subscribe", "manager,clerk"))
        .isEqualTo(expected);
    assertThat(Rule.parse("starcast.security.rules.\"*\".administer", "**").action())
        .isEqualTo(Action.ADMINISTER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"a\".listen        | x     | must end with subscribe",
        "\"a\".SUBSCRIBE     | x     | must end with subscribe",
        "subscribe           | x     | must be starcast.security.rules",
        "\"a..b\".subscribe  | x     | has an empty segment",
        "\"\".subscribe      | x     | is empty",
        "\"a+\".subscribe    | x     | '+' must be a whole segment",
        "\"{name}\".subscribe| x     | a placeholder must be {user}",
        "\"{claim.}\".subscribe | x  | a placeholder must be {user}",
        "\"a{user\".subscribe | x    | braces are for",
        "\"a}\".subscribe    | x     | braces are for",
        "\"a\".subscribe     | ``    | must be roles",
        "\"a\".subscribe     | x,,y  | must be roles",
        "\"a\".subscribe     | x,    | must be roles"
      })
  void aBrokenRuleSaysWhatIsWrong(String key, String roles, String problem) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Rule.parse("starcast.security.rules." + key, roles))
        .withMessageContaining(problem);
  }

  @Test
  void rolesAreOfTheCallerOrAnybodyOrAnybodyWhoIsLoggedIn() {
    Caller ann = caller("ann", Map.of(), "clerk");
    Caller nobody = Caller.ANONYMOUS;
    assertThat(ask("\"a\".subscribe", "clerk", ann, "a")).isEqualTo(Decision.PERMIT);
    assertThat(ask("\"a\".subscribe", "manager,clerk", ann, "a")).isEqualTo(Decision.PERMIT);
    assertThat(ask("\"a\".subscribe", "manager", ann, "a")).isEqualTo(Decision.ABSTAIN);
    assertThat(ask("\"a\".subscribe", "**", ann, "a")).isEqualTo(Decision.PERMIT);
    assertThat(ask("\"a\".subscribe", "**", nobody, "a")).isEqualTo(Decision.ABSTAIN);
    assertThat(ask("\"a\".subscribe", "*", nobody, "a")).isEqualTo(Decision.PERMIT);
    Caller named = caller("x", Map.of(), "*", "**");
    assertThat(ask("\"a\".subscribe", "manager", named, "a")).isEqualTo(Decision.ABSTAIN);
  }

  @Test
  void anActionIsNotAnother() {
    Rules rules = new Rules(List.of(Rule.parse("starcast.security.rules.\"*\".subscribe", "*")));
    assertThat(rules.authorize(Caller.ANONYMOUS, Action.PUBLISH, "a")).isEqualTo(Decision.ABSTAIN);
    assertThat(rules.authorize(Caller.ANONYMOUS, Action.PRESENCE, "a")).isEqualTo(Decision.ABSTAIN);
  }

  @Test
  void oneRuleMustPermitAllOfAPattern() {
    Rules rules =
        new Rules(
            List.of(
                Rule.parse("starcast.security.rules.\"a.*\".subscribe", "*"),
                Rule.parse("starcast.security.rules.\"a\".subscribe", "*")));
    assertThat(rules.authorize(Caller.ANONYMOUS, Action.SUBSCRIBE, "a.*"))
        .isEqualTo(Decision.PERMIT);
    assertThat(rules.authorize(Caller.ANONYMOUS, Action.SUBSCRIBE, "a")).isEqualTo(Decision.PERMIT);
    assertThat(rules.authorize(Caller.ANONYMOUS, Action.SUBSCRIBE, "a*"))
        .isEqualTo(Decision.ABSTAIN);
  }

  @ParameterizedTest
  @CsvSource({
    "ann, user.ann.*, PERMIT",
    "ann, user.ann.mail.x, PERMIT",
    "ann, user.ann, ABSTAIN",
    "ann, user.anna.x, ABSTAIN",
    "ann, user.*.x, ABSTAIN",
    "ann.bob, user.ann.bob.x, ABSTAIN",
    "ann.bob, user.ann%2Ebob.x, PERMIT",
    "*, user.ann.x, ABSTAIN",
    "a*, user.ann.x, ABSTAIN",
    "a*, user.a%2A.x, PERMIT",
    "+, user.ann.x, ABSTAIN",
    "{claim.t}, user.evil.x, ABSTAIN",
    "a$1\\, user.ann.x, ABSTAIN"
  })
  void aNameStandsForItselfAlone(String name, String pattern, Decision expected) {
    Caller caller = caller(name, Map.of("t", "evil"));
    assertThat(ask("\"user.{user}.*\".subscribe", "**", caller, pattern)).isEqualTo(expected);
  }

  @Test
  void aRuleWhosePlaceholderHasNoValueDoesNotApply() {
    String key = "\"t.{claim.https://x/tenant}.{user}\".subscribe";
    assertThat(ask(key, "*", caller("ann", Map.of("https://x/tenant", "acme")), "t.acme.ann"))
        .isEqualTo(Decision.PERMIT);
    for (Caller caller :
        List.of(
            Caller.ANONYMOUS,
            caller("ann", Map.of()),
            caller("ann", Map.of("https://x/tenant", "")),
            caller(null, Map.of("https://x/tenant", "acme")),
            caller("x".repeat(300), Map.of("https://x/tenant", "acme")))) {
      assertThat(ask(key, "*", caller, "t.acme.ann")).isEqualTo(Decision.ABSTAIN);
    }
  }
}
