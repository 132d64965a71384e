package org.starcast.internal.payload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starcast.FakeSink;
import org.starcast.MessageSource;
import org.starcast.PayloadEncoder;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.Topic;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.htmx.OobSwap;
import org.starcast.internal.cdi.CdiBeans;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.StreamOptions;

/** Each kind of payload, each way in: the same event. */
@ExtendWith(ResponseRuntime.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PayloadRuleTest {

  private RunningBroadcaster running;
  private SseBroadcaster broadcaster;

  record Order(int number, Date at) {}

  record Encoded(String name) {}

  /** CDI refuses events of a type with type variables. */
  static final class Bag extends TreeMap<String, Object> {
    Bag(Map<String, Object> entries) {
      super(entries);
    }
  }

  @ApplicationScoped
  static class Encoder implements PayloadEncoder<Encoded> {
    @Override
    public SseMessage encode(Encoded payload) {
      return SseMessage.builder().event("encoded").data(payload).build();
    }
  }

  @BeforeAll
  void start() {
    running =
        RunningBroadcaster.with(
            Stream.concat(CdiBeans.OBSERVING.stream(), Stream.of(DatastarSse.class, Encoder.class))
                .toList());
    broadcaster = running.broadcaster();
  }

  @AfterAll
  void stop() {
    running.close();
  }

  /** A payload, and what an event says of it. */
  record Kind(String name, Object payload, String event, String data) {
    @Override
    public String toString() {
      return name;
    }
  }

  List<Kind> kinds() {
    SseMessage own = SseMessage.builder().event("own").data("text").build();
    return List.of(
        new Kind("text", "text", null, "text"),
        new Kind("builder", new StringBuilder("text"), null, "text"),
        new Kind("Html", Html.of("<b>text</b>"), null, "<b>text</b>"),
        new Kind("SseMessage", own, "own", "text"),
        new Kind("MessageSource", (MessageSource) () -> own, "own", "text"),
        new Kind("encoded", new Encoded("a"), "encoded", "{\"name\":\"a\"}"),
        new Kind(
            "message with an encoded payload",
            SseMessage.of(new Encoded("a")),
            "encoded",
            "{\"name\":\"a\"}"),
        new Kind(
            "DatastarEvent",
            running.bean(DatastarSse.class).patchElements("<b id=x>\n</b>"),
            "datastar-patch-elements",
            "elements <b id=x>\nelements </b>"),
        new Kind(
            "OobSwap",
            OobSwap.none().add("x", "text").event("swap"),
            "swap",
            "<div id=\"x\" hx-swap-oob=\"innerHTML\">text</div>"),
        new Kind(
            "record",
            new Order(7, new Date(0)),
            null,
            "{\"at\":\"1970-01-01T00:00:00Z\",\"number\":7}"),
        new Kind("map", new Bag(Map.of("k", List.of(1))), null, "{\"k\":[1]}"),
        new Kind("number", 7, null, "7"));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void isTheSameEventWhicheverWayItComes(Kind kind) {
    Object payload = kind.payload();
    String topic = "kinds." + kind.name().replace(' ', '-');
    FakeSink sink = FakeSink.instant();
    SseClient client =
        broadcaster.register(
            sink,
            Subscription.to(topic).user("ann").onGap(SseMessage.of(payload)).resumeFrom("zz-1"));
    running.event().select(Topic.Literal.of(topic)).fire(payload);
    running.event().select(Topic.Literal.of(topic)).fireAsync(payload).toCompletableFuture().join();
    broadcaster.publish(topic, payload);
    broadcaster.publish(SseMessage.builder().topic(topic).data(payload));
    broadcaster.publish(SseMessage.builder().topic(topic).data(payload).build());
    client.send(payload);
    broadcaster.send(client.id(), SseMessage.of(payload));
    broadcaster.sendToUser("ann", SseMessage.of(payload));
    SseStreams streams = running.bean(SseStreams.class);
    streams.stream(
            client,
            Source.of(List.of(payload)),
            StreamOptions.defaults()
                .interval(Duration.ofMillis(1))
                .initial(SseMessage.of(payload))
                .closing(SseMessage.of(payload)))
        .completion()
        .toCompletableFuture()
        .join();
    // a gap's, five published, three sent, three of the stream
    await().untilAsserted(() -> assertThat(events(sink)).hasSizeGreaterThanOrEqualTo(12));
    assertThat(events(sink))
        .hasSize(12)
        .allSatisfy(event -> assertThat(event).isEqualTo(new Sent(kind.event(), kind.data())));
    assertThat(broadcaster.history(topic, 5))
        .hasSize(5)
        .allSatisfy(
            message -> {
              assertThat(message.event().orElse(null)).isEqualTo(kind.event());
              assertThat(message.data()).contains(kind.data());
            });
    client.close();
  }

  private record Sent(String event, String data) {}

  private static List<Sent> events(FakeSink sink) {
    return sink.sent().stream()
        .filter(event -> event.getData() != null && !"starcast-gap".equals(event.getName()))
        .map(event -> new Sent(event.getName(), event.getData().toString()))
        .toList();
  }

  @Test
  void whatTheOuterMessageNamesComesFirst() {
    SseMessage inner =
        SseMessage.builder()
            .topic("b")
            .sender("bob")
            .event("inner")
            .retry(Duration.ofSeconds(1))
            .coalesce("k")
            .data("text")
            .build();
    SseMessage made =
        new PayloadRule()
            .apply(SseMessage.builder().topic("a").event("outer").id("7").data(inner).build());
    assertThat(made.topics()).containsExactly("a");
    assertThat(made.sender()).contains("bob");
    assertThat(made.event()).contains("outer");
    assertThat(made.id()).contains("7");
    assertThat(made.retry()).contains(Duration.ofSeconds(1));
    assertThat(made.coalesceKey()).contains("k");
    assertThat(made.data()).contains("text");
  }

  private record Itself(int number) implements MessageSource {
    @Override
    public SseMessage toSseMessage() {
      return SseMessage.builder().event("itself").data(this).build();
    }
  }

  private record Endless() implements MessageSource {
    @Override
    public SseMessage toSseMessage() {
      return SseMessage.of(new Endless());
    }
  }

  @Test
  void aSourceMayHaveItselfAsDataButNotForEver() {
    PayloadRule rule = new PayloadRule();
    SseMessage made = rule.apply(new Itself(7).toSseMessage());
    assertThat(made.event()).contains("itself");
    assertThat(made.data()).contains("{\"number\":7}");
    assertThat(rule.apply(SseMessage.of(new Itself(7))).data()).contains("{\"number\":7}");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> rule.apply(SseMessage.of(new Endless())))
        .withMessage("data: messages are in one another more than 8 deep");
  }

  @Test
  void aBatchIsNotOneEventAndSaysSo() {
    Object batch = running.bean(DatastarSse.class).batch();
    FakeSink sink = FakeSink.instant();
    SseClient client = broadcaster.register(sink, Subscription.none());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> client.send(batch))
        .withMessageStartingWith("data: a DatastarEvent.Batch is several events");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> broadcaster.publish("a", batch))
        .withMessageStartingWith("data: a DatastarEvent.Batch is several events");
    client.close();
  }
}
