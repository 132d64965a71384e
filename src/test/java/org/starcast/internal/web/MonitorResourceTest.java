package org.starcast.internal.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.FakeSink;
import org.starcast.RunningBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.wire.SseFormat;

/** What the monitor's streams are made of, in front of the real broadcaster. */
class MonitorResourceTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MAX_BYTES = 512 << 10;

  /** The least with which the monitor may be switched on. */
  private static final int FEW_BYTES = 8 << 10;

  private final RunningBroadcaster running = new RunningBroadcaster();

  @AfterEach
  void stop() {
    running.close();
  }

  private static JsonObject json(SseMessage message) {
    String data = (String) message.data().orElseThrow();
    return Json.createReader(new StringReader(data)).readObject();
  }

  private void publish(String topic, String data) {
    running.broadcaster().publish(SseMessage.builder().topic(topic).data(data).build());
  }

  private static JsonObject next(Supplier<SseMessage> source) {
    return json(await().atMost(PATIENCE).until(source::get, message -> message != null));
  }

  @Test
  void allWhoWatchGetTheSameSamplesAtMostOneASecond() {
    Sampler sampler = new Sampler(running.broadcaster(), MAX_BYTES);
    Supplier<SseMessage> one = sampler.watcher();
    Supplier<SseMessage> other = sampler.watcher();

    SseMessage first = one.get();
    assertThat(other.get()).isSameAs(first);
    JsonObject second = next(one);

    long apart =
        second.getJsonNumber("at").longValue() - json(first).getJsonNumber("at").longValue();
    // the wall clock's milliseconds, a little of which the monotonic clock does not know
    assertThat(apart).isGreaterThanOrEqualTo(990);
    assertThat(other.get()).isNotNull();
    assertThat(other.get()).as("each sample once").isNull();
  }

  @Test
  void theClientsThatAreFurthestBehindAreShownFirstAndNotAll() {
    for (int i = 0; i < Sampler.MAX_CLIENTS + 10; i++) {
      running.broadcaster().register(FakeSink.instant(), Subscription.to("a").clientId("c" + i));
    }
    SseClient behind =
        running
            .broadcaster()
            .register(FakeSink.manual(), Subscription.to("a", "b").clientId("behind").type("t"));
    behind.send("one");
    behind.send("two");
    await().atMost(PATIENCE).until(() -> behind.queuedBytes() > 0);

    JsonObject sample = json(new Sampler(running.broadcaster(), MAX_BYTES).watcher().get());

    assertThat(sample.getJsonObject("stats").getInt("total")).isEqualTo(Sampler.MAX_CLIENTS + 11);
    List<JsonObject> clients = sample.getJsonArray("clients").getValuesAs(JsonObject.class);
    assertThat(clients).hasSize(Sampler.MAX_CLIENTS);
    assertThat(clients.get(0).getString("id")).isEqualTo("behind");
    assertThat(clients.get(0).getString("type")).isEqualTo("t");
    assertThat(clients.get(0).getInt("queuedBytes")).isPositive();
    assertThat(clients.get(0).getJsonArray("topics").getValuesAs(JsonString::getString))
        .containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void theTapBeginsAtThePresentAndShowsEachEventOnce() {
    publish("a.b", "before");
    Tap tap = new Tap(running.broadcaster(), "a.*", MAX_BYTES);
    assertThat(tap.get()).isNull();
    publish("a.b", "one");
    publish("c", "not this");
    running
        .broadcaster()
        .publish(SseMessage.builder().topic("a.c").event("e").sender("ann").data("two").build());

    JsonObject shown = next(tap);

    assertThat(shown.getBoolean("more")).isFalse();
    List<JsonObject> events = shown.getJsonArray("events").getValuesAs(JsonObject.class);
    assertThat(events).extracting(event -> event.getString("data")).containsExactly("one", "two");
    assertThat(events.get(1).getString("event")).isEqualTo("e");
    assertThat(events.get(1).getString("sender")).isEqualTo("ann");
    assertThat(events.get(1).getString("id")).isEqualTo(running.broadcaster().lastEventId());
    publish("a.b", "three");
    assertThat(next(tap).getJsonArray("events")).hasSize(1);
  }

  @Test
  void whatIsToAllIsInATapOfEverything() {
    Tap tap = new Tap(running.broadcaster(), "*", MAX_BYTES);
    running.broadcaster().publish(SseMessage.of("to all"));
    assertThat(next(tap).getJsonArray("events").getJsonObject(0).getString("data"))
        .isEqualTo("to all");
  }

  @Test
  void theTapShowsTheLatestOfManyAndTheBeginningOfWhatIsLong() {
    Tap tap = new Tap(running.broadcaster(), "a", MAX_BYTES);
    IntStream.rangeClosed(1, 200).forEach(i -> publish("a", "event " + i));
    JsonObject shown = next(tap);
    assertThat(shown.getBoolean("more")).isTrue();
    assertThat(shown.getJsonArray("events").getValuesAs(JsonObject.class))
        .hasSize(Tap.MAX_EVENTS)
        .extracting(event -> event.getString("data"))
        .startsWith("event 151")
        .endsWith("event 200");

    publish("a", "x".repeat(Tap.MAX_CHARACTERS - 1) + "\ud83d\ude00");
    JsonObject cut = next(tap).getJsonArray("events").getJsonObject(0);
    assertThat(cut.getString("data")).isEqualTo("x".repeat(Tap.MAX_CHARACTERS - 1));
    assertThat(cut.getInt("length")).isEqualTo(Tap.MAX_CHARACTERS + 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {FEW_BYTES, MAX_BYTES})
  void theTapFitsAMessageHoweverLongItsEventsAre(int maxBytes) {
    Tap tap = new Tap(running.broadcaster(), "a", maxBytes);
    // what JSON makes six characters of
    IntStream.range(0, 200).forEach(i -> publish("a", i + "\u0001".repeat(4_000)));
    SseMessage message = await().atMost(PATIENCE).until(tap::get, found -> found != null);
    assertThat(size(message)).isLessThanOrEqualTo(maxBytes);
    List<JsonObject> events = json(message).getJsonArray("events").getValuesAs(JsonObject.class);
    assertThat(events).isNotEmpty();
    assertThat(events.get(events.size() - 1).getString("data")).startsWith("199\u0001");
    assertThat(json(message).getBoolean("more")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {FEW_BYTES, MAX_BYTES})
  void theFiguresFitAMessageHoweverLongTheNamesAre(int maxBytes) {
    for (int client = 0; client < Sampler.MAX_CLIENTS; client++) {
      String[] topics =
          IntStream.range(0, 10)
              .mapToObj(topic -> "t" + topic + "x".repeat(250))
              .toArray(String[]::new);
      running
          .broadcaster()
          .register(
              FakeSink.instant(),
              Subscription.to(topics).clientId("c" + client).user("u".repeat(200)));
      publish("t" + client + "y".repeat(250), "counted");
    }
    SseMessage message = new Sampler(running.broadcaster(), maxBytes).watcher().get();
    assertThat(size(message)).isLessThanOrEqualTo(maxBytes);
    assertThat(json(message).getJsonObject("stats").getInt("total")).isEqualTo(Sampler.MAX_CLIENTS);
    assertThat(json(message).getJsonArray("clients")).isNotEmpty();
  }

  /** Of its frame. */
  private static int size(SseMessage message) {
    return SseFormat.encode(
            message.event().orElse(null), null, null, (String) message.data().orElseThrow(), null)
        .length;
  }
}
