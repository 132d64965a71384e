package org.starcast.internal.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import jakarta.json.JsonObject;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.http.RecentRefusals;

/** What the monitor answers to "Nothing arrives?", in front of the real broadcaster. */
@ExtendWith(ResponseRuntime.class)
class TopicCheckTest {

  private final RunningBroadcaster running = new RunningBroadcaster("max-clients", "30");

  @AfterEach
  void stop() {
    running.close();
  }

  private void connect(String id, Subscription subscription) {
    running.broadcaster().register(FakeSink.instant(), subscription.clientId(id));
  }

  private JsonObject check(String topic, String client) {
    return new TopicCheck(running.broadcaster(), running.refusals(), topic).result(client).build();
  }

  private static List<String> ids(JsonObject result, String kind) {
    return result.getJsonObject(kind).getJsonArray("shown").getValuesAs(JsonObject.class).stream()
        .map(client -> client.getString("id"))
        .sorted()
        .toList();
  }

  private static JsonObject only(JsonObject result, String kind) {
    List<JsonObject> shown =
        result.getJsonObject(kind).getJsonArray("shown").getValuesAs(JsonObject.class);
    assertThat(shown).hasSize(1);
    return shown.get(0);
  }

  @Test
  void tellsWhoIsSubscribedWhoMutesAndWhoNearlyIs() {
    connect("any", Subscription.to("news", "orders.*").user("ann"));
    connect("from", Subscription.none().topic("orders.+", "shop"));
    connect("mute", Subscription.to("*").mute("orders.*"));
    connect("typo", Subscription.to("order.*"));
    connect("case", Subscription.to("Orders.created"));
    connect("far", Subscription.to("stock.*"));

    JsonObject result = check("orders.created", null);

    assertThat(result.getInt("clients")).isEqualTo(6);
    assertThat(ids(result, "subscribers")).containsExactly("any", "from");
    assertThat(only(result, "muted").getString("pattern")).isEqualTo("orders.*");
    assertThat(ids(result, "near")).containsExactly("case", "typo");
    assertThat(result.containsKey("events")).isFalse();
    assertThat(result.getJsonArray("refused")).isEmpty();
    // those of one client, by its id, or of one user
    assertThat(ids(check("orders.created", "far"), "near")).isEmpty();
    assertThat(check("orders.created", "far").getInt("clients")).isEqualTo(1);
    JsonObject ann = only(check("orders.created", "ann"), "subscribers");
    assertThat(ann.getString("pattern")).isEqualTo("orders.*");
    assertThat(ann.getJsonArray("senders")).isEmpty();
    assertThat(ann.getString("writer")).isEqualTo("portable");
    JsonObject from = only(check("orders.created", "from"), "subscribers");
    assertThat(from.getJsonArray("senders").getString(0)).isEqualTo("shop");
    JsonObject typo = only(check("orders.created", "typo"), "near");
    assertThat(typo.getString("pattern")).isEqualTo("order.*");
    assertThat(typo.getString("why")).isEqualTo("looks mistyped");
    assertThat(check("orders.created", "nobody").getInt("clients")).isZero();
  }

  @Test
  void tellsWhatWasPublishedAndWhatNearlyThis() {
    long before = System.currentTimeMillis();
    running.broadcaster().publish(SseMessage.builder().topic("orders.created").data("x").build());
    running.broadcaster().publish(SseMessage.builder().topic("order.created").data("x").build());
    running.broadcaster().publish(SseMessage.builder().topic("orders.created").data("x").build());

    JsonObject result = check("orders.created", null);

    assertThat(result.getInt("events")).isEqualTo(2);
    assertThat(result.getJsonNumber("last").longValue())
        .isBetween(before, System.currentTimeMillis());
    assertThat(result.getJsonArray("topics").getValuesAs(JsonObject.class))
        .singleElement()
        .satisfies(
            near -> {
              assertThat(near.getString("topic")).isEqualTo("order.created");
              assertThat(near.getInt("events")).isEqualTo(1);
              assertThat(near.getString("why")).isEqualTo("looks mistyped");
            });
  }

  @Test
  void tellsWhatWasRefusedAndShowsNotAllOfMany() {
    IntStream.range(0, 30).forEach(i -> connect("c" + i, Subscription.to("a")));
    for (int i = 0; i < 25; i++) {
      String topic = "b" + i;
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> connect("excess", Subscription.to(topic, "c")));
    }

    JsonObject result = check("a", null);

    assertThat(result.getJsonObject("subscribers").getInt("count")).isEqualTo(30);
    assertThat(ids(result, "subscribers")).hasSize(TopicCheck.SHOWN);
    List<JsonObject> refused = result.getJsonArray("refused").getValuesAs(JsonObject.class);
    assertThat(refused).hasSize(RecentRefusals.KEPT);
    assertThat(refused.get(0).getInt("status")).isEqualTo(503);
    assertThat(refused.get(0).getString("reason")).isEqualTo("the server has 30 clients, its most");
    assertThat(refused.get(0).getJsonArray("asked"))
        .extracting(Object::toString)
        .containsExactlyInAnyOrder("\"b24\"", "\"c\"");
  }
}
