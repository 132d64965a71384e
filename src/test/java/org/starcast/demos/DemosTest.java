package org.starcast.demos;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.starcast.demo.chat.ChatLine;
import org.starcast.demo.chat.ChatResource;
import org.starcast.demo.counter.CounterResource;
import org.starcast.demo.notices.NoticesResource;
import org.starcast.testing.PublishedEvent;
import org.starcast.testing.StarcastExtension;

/** What demos publish, as their pages expect it. */
class DemosTest {

  @RegisterExtension
  final StarcastExtension starcast =
      StarcastExtension.with(ChatResource.class, CounterResource.class, NoticesResource.class);

  @Test
  void aLineOfTheChatIsForItsRoomAlone() {
    starcast.get(ChatResource.class).say("lobby", " Ada ", " Good morning ");

    ChatLine line = starcast.events().only().as(ChatLine.class);
    assertThat(line.name()).isEqualTo("Ada");
    assertThat(line.text()).isEqualTo("Good morning");
    assertThat(starcast.on("chat.lobby").list()).hasSize(1);
  }

  @Test
  void theCounterIsPublishedWithEachChange() {
    starcast.get(CounterResource.class).add(2);
    starcast.get(CounterResource.class).add(-5);

    assertThat(starcast.on("counter").list())
        .extracting(PublishedEvent::data)
        .satisfiesExactly(
            first -> assertThat(first).contains("\"count\":2"),
            second -> assertThat(second).contains("\"count\":-3"));
  }

  @Test
  void theInboxOfOneUserIsPublishedToNobodyElse() {
    starcast.get(NoticesResource.class).read("ada");

    assertThat(starcast.on("notices.ada").await(2))
        .anySatisfy(event -> assertThat(event.data()).contains("\"_unread\":0"));
    assertThat(starcast.events().list())
        .allSatisfy(event -> assertThat(event.topics()).containsExactly("notices.ada"));
  }
}
