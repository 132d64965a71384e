package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.starcast.internal.engine.EngineFixture.until;

import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.engine.EngineFixture.Stream;

/** Who is not taken, and that a refusal leaves nothing behind. */
@ExtendWith(ResponseRuntime.class)
class LimitsTest {

  private static void assertRefused(ThrowingCallable connecting, int status, String detail) {
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(connecting)
        .withMessage(detail)
        .satisfies(
            e -> {
              assertThat(e.getResponse().getStatus()).isEqualTo(status);
              assertThat(e.getResponse().getHeaders().getFirst("Retry-After")).isEqualTo(10);
              assertThat(e.getResponse().getEntity().toString()).contains(detail);
            });
  }

  private static void close(EngineFixture fixture, Stream stream) {
    int before = fixture.engine().count();
    stream.client().close();
    stream.awaitClosed();
    until(() -> fixture.engine().count() == before - 1);
  }

  @Test
  void refusesMoreClientsThanTheServerTakes() {
    try (EngineFixture fixture =
        new EngineFixture(
            "max-clients", "2", "max-clients-per-principal", "2", "max-clients-per-address", "2")) {
      // who is refused more often than a user or an address may have clients counts as neither's
      Stream first = fixture.connectAs(null, "192.0.2.1");
      fixture.connectAs("ann", "192.0.2.2");
      for (int i = 0; i < 3; i++) {
        assertRefused(
            () -> fixture.connectAs("bob", "192.0.2.3"), 503, "the server has 2 clients, its most");
      }
      assertThat(fixture.engine().count()).isEqualTo(2);
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.REFUSED)).isEqualTo(3);
      close(fixture, first);
      fixture.connectAs("bob", "192.0.2.3");
      assertRefused(
          () -> fixture.connectAs("bob", "192.0.2.3"), 503, "the server has 2 clients, its most");
    }
  }

  @Test
  void refusesMoreClientsThanOneUserMayHave() {
    try (EngineFixture fixture = new EngineFixture("max-clients-per-principal", "2")) {
      Stream first = fixture.connectAs("ann", "192.0.2.1");
      fixture.connectAs("ann", "192.0.2.2");
      assertThat(first.client().principal()).contains("ann");
      for (int i = 0; i < 3; i++) {
        assertRefused(
            () -> fixture.connectAs("ann", "192.0.2.3"), 429, "the user has 2 clients, the most");
      }
      fixture.connectAs("bob", "192.0.2.1");
      for (int i = 0; i < 5; i++) {
        fixture.connectAs(null, "192.0.2.1");
      }
      assertThat(fixture.engine().count()).isEqualTo(8);
      close(fixture, first);
      fixture.connectAs("ann", "192.0.2.3");
      assertRefused(
          () -> fixture.connectAs("ann", "192.0.2.3"), 429, "the user has 2 clients, the most");
    }
  }

  @Test
  void refusesMoreClientsThanOneAddressMayHave() {
    try (EngineFixture fixture =
        new EngineFixture("max-clients-per-address", "2", "max-clients-per-principal", "3")) {
      Stream first = fixture.connectAs("ann", "192.0.2.1");
      fixture.connectAs(null, "192.0.2.1");
      // more often than the user may have clients: refused ones do not count as the user's
      for (int i = 0; i < 5; i++) {
        assertRefused(
            () -> fixture.connectAs("ann", "192.0.2.1"),
            429,
            "the address has 2 clients, the most");
      }
      fixture.connectAs("ann", "192.0.2.2");
      close(fixture, first);
      fixture.connectAs("ann", "192.0.2.1");
      fixture.connectAs(null, "2001:db8:0:1::1");
      fixture.connectAs(null, "2001:db8:0:1:ffff::2");
      assertRefused(
          () -> fixture.connectAs(null, "2001:db8:0:1::3"),
          429,
          "the address has 2 clients, the most");
      fixture.connectAs(null, "2001:db8:0:2::1");
      assertThat(fixture.engine().count()).isEqualTo(6);
    }
  }

  @Test
  void refusesMoreGlobsThanAClientMayHave() {
    try (EngineFixture fixture = new EngineFixture("max-globs-per-client", "2")) {
      Subscription tooMany = Subscription.to("a*", "b.*c.d", "e.*", "*", "+.f").mute("*g");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.connect(tooMany))
          .withMessage(
              "topic: 3 patterns with '*' inside a segment, at most 2 (starcast.max-globs-per-client)");
      Stream stream = fixture.connect(tooMany.without("a*"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> stream.client().subscribe("h-*-i"))
          .withMessage(
              "topic: 3 patterns with '*' inside a segment, at most 2 (starcast.max-globs-per-client)");
    }
  }

  @Test
  void refusesMoreSendersThanAClientMayName() {
    try (EngineFixture fixture = new EngineFixture("max-senders-per-client", "3")) {
      Subscription most =
          Subscription.to("any").topic("a", "x", "y").topic("b", "x", "y").topic("c", "z");
      Stream stream = fixture.connect(most);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.connect(most.topic("b", "x", "z")))
          .withMessage("sender: 5 senders, at most 3 (starcast.max-senders-per-client)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> stream.client().subscribe("d", "y", "z"))
          .withMessage("sender: 5 senders, at most 3 (starcast.max-senders-per-client)");
    }
  }

  @Test
  void refusesMoreExceptionsThanAMessageMayHave() {
    try (EngineFixture fixture = new EngineFixture()) {
      SseMessage message = SseMessage.of("x");
      List<String> most = IntStream.range(0, 256).mapToObj(i -> "c" + i).toList();
      fixture.engine().publish(message, most);
      List<String> tooMany = IntStream.range(0, 257).mapToObj(i -> "c" + i).toList();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.engine().publish(message, tooMany))
          .withMessage("except: has 257 client ids, at most 256");
    }
  }

  @Test
  void refusesMorePatternsThanAClientMayHave() {
    try (EngineFixture fixture = new EngineFixture("max-patterns-per-client", "3")) {
      Subscription tooMany = Subscription.to("a", "b").mute("c", "d");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.connect(tooMany))
          .withMessage("topic: 4 patterns, at most 3 (starcast.max-patterns-per-client)");
      assertThat(fixture.engine().count()).isZero();
      Stream stream = fixture.connect(Subscription.to("a", "b").mute("c"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> stream.client().subscribe("e"))
          .withMessage("topic: 4 patterns, at most 3 (starcast.max-patterns-per-client)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> stream.client().mute("e"))
          .withMessage("topic: 4 patterns, at most 3 (starcast.max-patterns-per-client)");
      assertThat(stream.client().subscription().topics()).containsOnlyKeys("a", "b");
      assertThat(stream.client().subscription().muted()).containsExactly("c");
      assertThat(fixture.publish("e", "m").matched()).isZero();
      stream.client().subscribe("a", "ann");
      stream.client().unsubscribe("b");
      stream.client().subscribe("e");
      assertThat(fixture.publish("e", "m").matched()).isEqualTo(1);
      assertThat(fixture.publish("a", "m").matched()).isZero();
    }
  }

  @Test
  void refusesAnIdThatIsInUseAndDisturbsItsOwnerNot() {
    try (EngineFixture fixture = new EngineFixture()) {
      Stream owner = fixture.connect(Subscription.to("a").clientId("one"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> fixture.connect(Subscription.to("b").clientId("one")))
          .withMessage("clientId: is in use");
      assertThat(fixture.engine().count()).isEqualTo(1);
      assertThat(fixture.engine().client("one")).isSameAs(owner.client());
      assertThat(fixture.publish("b", "m").matched()).isZero();
      fixture.publish("a", "m");
      owner.awaitData("m");
      close(fixture, owner);
      fixture.connect(Subscription.to("b").clientId("one"));
      assertThat(fixture.publish("b", "m").matched()).isEqualTo(1);
    }
  }

  @Test
  void aClientThatMutesAllThatItAsksForIsSaidOnce() {
    try (EngineFixture fixture = new EngineFixture();
        LogCapture log = new LogCapture("org.starcast.internal.engine")) {
      fixture.connect(Subscription.to("orders.*", "stock.+").mute("orders.*").type("some"));
      fixture.connect(Subscription.none().mute("*").type("none"));
      assertThat(log.records())
          .noneMatch(record -> record.getMessage().startsWith("STARCAST-1066"));
      fixture.connect(Subscription.to("orders.+", "stock.a").mute("orders.*", "stock.*").type("x"));
      fixture.connect(Subscription.to("orders.+").mute("*").type("y"));
      assertThat(log.records())
          .filteredOn(record -> record.getMessage().startsWith("STARCAST-1066"))
          .singleElement()
          .satisfies(
              record ->
                  assertThat(record.getMessage()).startsWith("STARCAST-1066: a client of type x "));
    }
  }

  @Test
  void aResponseThatCannotBeOpenedLeavesNothingBehind() {
    try (EngineFixture fixture =
        new EngineFixture(
            task -> {
              throw new RejectedExecutionException("expected by the test");
            },
            "max-clients",
            "1")) {
      for (int i = 0; i < 3; i++) {
        assertThatExceptionOfType(RejectedExecutionException.class)
            .isThrownBy(() -> fixture.connectAs("ann", "192.0.2.1"));
      }
      assertThat(fixture.engine().count()).isZero();
      assertThat(fixture.engine().allClients()).isEmpty();
      assertThat(fixture.publish("a", "m").matched()).isZero();
    }
  }
}
