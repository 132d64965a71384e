package org.starcast.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starcast.FakeSink;
import org.starcast.RunningBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.cdi.CdiBeans;
import org.starcast.site.Chat.Line;

/** What the page about topics shows does what it says. */
class ChatTest {

  private static RunningBroadcaster start() {
    List<Class<?>> beans = new ArrayList<>(CdiBeans.OBSERVING);
    beans.add(Chat.class);
    return RunningBroadcaster.with(beans);
  }

  @Test
  void eachWayToPublishReachesTheRoom() {
    try (RunningBroadcaster running = start()) {
      FakeSink all = FakeSink.instant();
      FakeSink authors = FakeSink.instant();
      SseClient author = running.broadcaster().register(authors, Subscription.to("chat.*"));
      running.broadcaster().register(all, Subscription.all());
      Chat chat = running.bean(Chat.class);

      chat.say(new Line("Hello"), "tea", author);

      await()
          .untilAsserted(
              () -> assertThat(all.data()).hasSize(4).containsOnly("{\"text\":\"Hello\"}"));
      assertThat(chat.heard()).containsExactly(new Line("Hello"), new Line("Hello"));
      assertThat(chat.latest("tea"))
          .extracting(SseMessage::topics)
          .containsExactly(
              List.of("chat.tea"), List.of("chat.tea"), List.of("chat.tea", "audit.chat"));
      running.broadcaster().publish("chat.end", "end");
      await().until(() -> authors.data().contains("end"));
      assertThat(authors.data()).hasSize(4);
    }
  }

  @Test
  void aClientGetsItsRoomAndWhatIsForItAlone() {
    try (RunningBroadcaster running = start()) {
      Chat chat = running.bean(Chat.class);
      FakeSink sink = FakeSink.instant();
      chat.enter(sink, "lobby");
      SseClient client = running.broadcaster().clients("chat").get(0);

      running.broadcaster().publish("news.debug", "muted");
      running.broadcaster().publish("chat.all", "no sender of these");
      running.broadcaster().publish(SseMessage.builder().topic("chat.all").sender("bob").data("b"));
      chat.tell(client.id(), client.user());
      running.broadcaster().publish("chat.extra", "x");

      await()
          .untilAsserted(
              () ->
                  assertThat(sink.data())
                      // messages to it alone may overtake what it still reads from the log
                      .containsExactlyInAnyOrder(
                          "b",
                          "{\"text\":\"only you\"}",
                          "{\"text\":\"all your windows\"}",
                          "{\"text\":\"you are in the lobby\"}",
                          "x"));
      assertThat(client.metadata()).containsEntry("room", "lobby");
    }
  }
}
