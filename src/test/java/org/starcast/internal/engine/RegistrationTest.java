package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.resteasy.StandInSink;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.MessageSource;
import org.starcast.RefusedException;
import org.starcast.RefusedException.Reason;
import org.starcast.ResponseRuntime;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.engine.SteppedEngine.Viewer;
import org.starcast.internal.http.NoErrorException;
import org.starcast.internal.security.Grant;
import org.starcast.internal.security.TestAccess;
import org.starcast.security.Caller;
import org.starcast.security.TopicAuthorizer;
import org.starcast.security.TopicAuthorizer.Decision;

/**
 * Who is taken as a client, and that nothing is left of one who is not. What a Servlet container
 * has to do with it is tested on servers.
 */
@ExtendWith(ResponseRuntime.class)
class RegistrationTest {

  private static final Subscription A = Subscription.to("a");

  /** A request that has not gone into asynchronous mode, and can or cannot. */
  private static HttpServletRequest request(String method, boolean isAsyncSupported) {
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            RegistrationTest.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, called, arguments) ->
                switch (called.getName()) {
                  case "getMethod" -> method;
                  case "isAsyncStarted" -> false;
                  case "isAsyncSupported" -> isAsyncSupported;
                  case "getRemoteAddr" -> "192.0.2.1";
                  default -> null;
                });
  }

  private static Client register(SteppedEngine engine, Subscription subscription) {
    return register(engine, FakeSink.manual(), subscription, null, Grant.ALL);
  }

  private static Client register(
      SteppedEngine engine,
      SseEventSink sink,
      Subscription subscription,
      HttpServletRequest request,
      Grant grant) {
    try {
      Client client = (Client) engine.engine().register(sink, subscription, request, grant);
      MemoryWriter writer = new MemoryWriter(client, MemoryWriter.OPEN);
      client.writer(writer);
      writer.start();
      return client;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Grant grant(TopicAuthorizer authorizer) {
    return TestAccess.of(authorizer).grant(Caller.ANONYMOUS, true);
  }

  private static void assertNobody(SteppedEngine engine) {
    assertThat(engine.engine().count()).isZero();
    assertThat(engine.engine().allClients()).isEmpty();
    assertThat(engine.engine().clientsOn("a")).isEmpty();
  }

  private static long refused(SteppedEngine engine, Reason reason) {
    return engine.engine().statisticsSnapshot().refused().get(reason);
  }

  // ---- sinks and requests

  @Test
  void aSinkThatIsClosedIsAMistakeThatIsLogged() {
    try (SteppedEngine engine = new SteppedEngine();
        LogCapture log = new LogCapture("org.starcast.internal.engine")) {
      FakeSink closed = FakeSink.manual();
      closed.close();
      assertThatIllegalStateException()
          .isThrownBy(() -> register(engine, closed, A, null, Grant.ALL))
          .withMessageStartingWith("sink: is closed already");
      assertThat(log.records())
          .singleElement()
          .satisfies(record -> assertThat(record.getMessage()).startsWith("STARCAST-1045"));
      assertNobody(engine);
    }
  }

  @Test
  void aResourceThatDoesNotStreamIsToldWhy() {
    try (SteppedEngine engine = new SteppedEngine()) {
      String streams = "sink: the resource method does not stream";
      String async = "sink: a servlet or filter on the way to the resource has no asyncSupported";
      SseEventSink known = new StandInSink();
      assertThatIllegalStateException()
          .isThrownBy(() -> register(engine, known, A, request("GET", true), Grant.ALL))
          .withMessageStartingWith(streams);
      assertThatIllegalStateException()
          .isThrownBy(() -> register(engine, known, A, request("GET", false), Grant.ALL))
          .withMessageStartingWith(async);
      assertThatIllegalStateException()
          .isThrownBy(() -> register(engine, null, A, null, Grant.ALL))
          .withMessageStartingWith(streams);
      assertNobody(engine);
      // without a Servlet container, and of a runtime that is not known, there is nothing to say
      register(engine, known, A, null, Grant.ALL);
      register(engine, FakeSink.manual(), A, request("GET", false), Grant.ALL);
      assertThat(engine.engine().count()).isEqualTo(2);
    }
  }

  @Test
  void headIsAnsweredAndIsNoClient() {
    try (SteppedEngine engine = new SteppedEngine()) {
      HttpServletRequest head = request("HEAD", true);
      assertThatExceptionOfType(NoErrorException.class)
          .isThrownBy(() -> register(engine, FakeSink.manual(), A, head, Grant.ALL))
          .satisfies(
              answer -> {
                assertThat(answer.getResponse().getStatus()).isEqualTo(200);
                assertThat(ResponseRuntime.type(answer.getResponse()))
                    .isEqualTo("text/event-stream");
              });
      Grant nothing = grant((caller, action, pattern) -> Decision.DENY);
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> register(engine, FakeSink.manual(), A, head, nothing));
      assertNobody(engine);
    }
  }

  @Test
  void theWriterIsLoggedOnce() {
    try (SteppedEngine engine = new SteppedEngine();
        LogCapture log = new LogCapture("org.starcast.internal.engine")) {
      for (int i = 0; i < 3; i++) {
        register(engine, A);
      }
      assertThat(log.records())
          .filteredOn(record -> record.getMessage().startsWith("STARCAST-1071"))
          .singleElement()
          .satisfies(record -> assertThat(record.getMessage()).contains(FakeSink.class.getName()));
    }
  }

  // ---- who is refused

  @Test
  void nobodyIsTakenWhileTheApplicationStops() {
    try (SteppedEngine engine = new SteppedEngine()) {
      engine.engine().drain(Duration.ZERO, null, Duration.ZERO);
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> register(engine, A))
          .withMessageContaining("the application is stopping")
          .satisfies(e -> assertThat(e.getResponse().getStatus()).isEqualTo(503));
      assertThat(refused(engine, Reason.DRAINING)).isEqualTo(1);
      assertNobody(engine);
    }
  }

  @Test
  void nobodyIsTakenWhileTooMuchWaitsToBeTold() {
    try (SteppedEngine engine = new SteppedEngine()) {
      for (int i = 0; i < engine.engine().config().limits().clients(); i++) {
        engine.engine().notifier().tell(() -> {});
      }
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> register(engine, A))
          .withMessageContaining("too many client events wait");
      assertThat(refused(engine, Reason.CLIENTS)).isEqualTo(1);
      assertNobody(engine);
      engine.engine().notifier().runWaiting();
      register(engine, A);
    }
  }

  @Test
  void nothingIsMadeForWhoMayNotHearIt() {
    AtomicInteger made = new AtomicInteger();
    MessageSource state =
        () -> {
          made.incrementAndGet();
          return SseMessage.of("state");
        };
    for (String log : List.of("0", "16")) {
      try (SteppedEngine engine = new SteppedEngine("log.events", log)) {
        Grant nothing = grant((caller, action, pattern) -> Decision.DENY);
        assertThatExceptionOfType(RefusedException.class)
            .isThrownBy(() -> register(engine, FakeSink.manual(), A.initial(state), null, nothing));
        assertThat(made).hasValue(0);
        assertThat(refused(engine, Reason.FORBIDDEN)).isEqualTo(1);
        assertNobody(engine);
      }
    }
  }

  /** What is revoked while a client registers is seen either by who revokes, or by it. */
  @Test
  void whatMayBeHeardIsAskedWhenTheClientCanBeFound() {
    try (SteppedEngine engine = new SteppedEngine()) {
      AtomicInteger found = new AtomicInteger();
      Grant revoked =
          grant(
              (caller, action, pattern) -> {
                found.set(engine.engine().allClients().size());
                return Decision.DENY;
              });
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> register(engine, FakeSink.manual(), A, null, revoked));
      assertThat(found).hasValue(1);
      assertNobody(engine);
    }
  }

  @Test
  void aTokenIsGoodUntilItExpires() {
    try (SteppedEngine engine = new SteppedEngine()) {
      for (int seconds : new int[] {-1, 60}) {
        Instant expiry = Instant.now().plusSeconds(seconds);
        Caller caller = new Caller(Optional.of("ann"), Set.of(), Map.of(), Optional.of(expiry));
        Grant grant = TestAccess.of().grant(caller, false);
        if (seconds > 0) {
          register(engine, FakeSink.manual(), A, null, grant);
        } else {
          assertThatExceptionOfType(RefusedException.class)
              .isThrownBy(() -> register(engine, FakeSink.manual(), A, null, grant));
        }
      }
      assertThat(engine.engine().count()).isEqualTo(1);
    }
  }

  @Test
  void anIdInUseIsGivenBackNothing() {
    try (SteppedEngine engine = new SteppedEngine()) {
      Client first = register(engine, A.clientId("one"));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> register(engine, Subscription.to("b").clientId("one")));
      assertThat(engine.engine().count()).isEqualTo(1);
      assertThat(engine.engine().client("one")).isSameAs(first);
    }
  }

  @Test
  void aHundredComparisonsWithWhatIsMutedAreMadeAndNoMore() {
    for (int muted : new int[] {11, 10}) {
      try (SteppedEngine engine = new SteppedEngine();
          LogCapture log = new LogCapture("org.starcast.internal.engine")) {
        Subscription silent = Subscription.none();
        for (int i = 0; i < 10; i++) {
          silent = silent.topic("a." + i);
        }
        for (int i = 1; i < muted; i++) {
          silent = silent.mute("b." + i);
        }
        register(engine, silent.mute("a.*"));
        assertThat(log.records())
            .filteredOn(record -> record.getMessage().startsWith("STARCAST-1066"))
            .hasSize(muted == 10 ? 1 : 0);
      }
    }
  }

  // ---- who is taken

  @Test
  void eachHasAnIdOfItsOwnAndThreadsTakeTurns() {
    try (SteppedEngine engine = new SteppedEngine("drain-threads", "2")) {
      Client first = register(engine, A);
      Client second = register(engine, A);
      assertThat(first.id()).hasSize(22).isNotEqualTo(second.id());
      WriterLoop[] loops = {engine.engine().loop(0), engine.engine().loop(1)};
      for (WriterLoop loop : loops) {
        assertThat(loop.next()).as("one for each").isTrue();
        while (loop.next()) {
          // until it is live
        }
      }
      second.wakeUp();
      assertThat(loops[0].next()).isFalse();
      assertThat(loops[1].next()).isTrue();
      for (Client client : List.of(first, second)) {
        client.abortNow(CloseReason.APPLICATION);
      }
      assertThat(List.of(loops[0].next(), loops[1].next())).containsOnly(true);
    }
  }

  @Test
  void theTimerKnowsAClientAtOnce() {
    try (SteppedEngine engine = new SteppedEngine("send-timeout", "PT1S", "heartbeat", "PT0S")) {
      Viewer viewer = engine.connect(A);
      viewer.writer().stall();
      engine.publish("a", 1, 1);
      engine.run();
      long now = System.nanoTime();
      for (int i = 0; i < 100 && viewer.client().closeReason().isEmpty(); i++) {
        engine.engine().wheel().turnUntil(now + Duration.ofMillis(50L * i).toNanos());
      }
      assertThat(viewer.client().closeReason()).contains(CloseReason.TIMEOUT);
    }
  }

  @Test
  void aConnectionHasNoAgeUnlessThatIsConfigured() {
    try (SteppedEngine engine = new SteppedEngine()) {
      assertThat(register(engine, A).maxAgeNanos()).isZero();
    }
    long age = Duration.ofMinutes(10).toNanos();
    try (SteppedEngine engine = new SteppedEngine("max-connection-age", "PT10M")) {
      for (int i = 0; i < 100; i++) {
        assertThat(register(engine, A).maxAgeNanos()).isBetween(age - age / 5, age);
      }
    }
  }

  @Test
  void whatIsPublishedWhileItsStateIsMadeComesBehindIt() {
    for (String log : List.of("0", "16")) {
      try (SteppedEngine engine = new SteppedEngine("log.events", log)) {
        MessageSource state =
            () -> {
              engine.publish("a", "meanwhile");
              return SseMessage.of("state");
            };
        Viewer viewer = engine.connect(A.initial(state));
        assertThat(viewer.data()).startsWith("state").endsWith("meanwhile");
      }
    }
  }

  /** Of one that is older than the log, another one is made; of that, what is lost is a gap. */
  @Test
  void aStateThatIsTooOldTwiceIsFollowedByAGap() {
    try (SteppedEngine engine = new SteppedEngine("log.events", "16", "initial.max-age", "PT1M")) {
      AtomicInteger made = new AtomicInteger();
      MessageSource slow =
          () -> {
            if (made.incrementAndGet() <= 2) {
              engine.publish("a", 1, 40);
            }
            return SseMessage.of("state " + made);
          };
      Viewer viewer = engine.connect(A.initial("all", slow));
      assertThat(made).hasValue(2);
      engine.runTasks();
      engine.run();
      assertThat(viewer.data()).startsWith("state 2").hasSize(19);
      assertThat(viewer.data().get(1)).contains("\"next\"");
      assertThat(viewer.data().get(2)).isEqualTo("state 3");
      assertThat(viewer.writer().events().get(0).lastEventId()).isEmpty();
      assertThat(viewer.text().substring(0, viewer.text().indexOf("starcast-gap")))
          .as("no id before it has all")
          .doesNotContain("id:");
    }
  }

  @Test
  void whoIsToGoBeforeItsResponseIsOpenGoes() throws Exception {
    try (SteppedEngine engine = new SteppedEngine("log.events", "0")) {
      // the state is made when the client can be found
      CompletableFuture<Void> drained = new CompletableFuture<>();
      MessageSource draining =
          () -> {
            engine
                .engine()
                .drain(Duration.ZERO, null, Duration.ZERO)
                .thenRun(() -> drained.complete(null));
            return SseMessage.of("state");
          };
      Viewer viewer = engine.connect(A.initial(draining));
      engine.run();
      assertThat(viewer.client().state()).isEqualTo(SseClient.State.CLOSED);
      assertThat(viewer.client().closeReason()).contains(CloseReason.DRAIN);
      assertThat(viewer.text()).contains("retry:").contains("state");
      assertThat(drained).isDone();
      assertNobody(engine);
    }
  }

  @Test
  void whoHasGoneBeforeItsResponseIsOpenIsRefused() {
    try (SteppedEngine engine = new SteppedEngine("log.events", "0")) {
      MessageSource revoking =
          () -> {
            assertThat(engine.engine().revoke(client -> true)).isEqualTo(1);
            engine.run();
            return SseMessage.of("state");
          };
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> register(engine, A.initial(revoking)));
      assertNobody(engine);
    }
  }

  @Test
  void whoComesWhileAnotherOrderBeginsFollowsIt() {
    MemoryStream stream = new MemoryStream();
    try (SteppedEngine engine = new SteppedEngine(stream.node(), "log.retain.\"s.*\"", "latest")) {
      engine.publish("s.1", "state");
      // asked whether it may hear the state, when it has got its place in the order of before
      AtomicInteger once = new AtomicInteger();
      Grant restarting =
          grant(
              (caller, action, pattern) -> {
                if (once.getAndIncrement() == 0) {
                  stream.restart("e2");
                }
                return Decision.PERMIT;
              });
      Viewer viewer = engine.connecting(Subscription.all(), MemoryWriter.OPEN, restarting);
      assertThat(viewer.client().follows("e2")).isTrue();
      viewer.writer().start();
      engine.publish("a", "new");
      engine.run();
      assertThat(viewer.data()).contains("new").doesNotContain("state");
    }
  }
}
