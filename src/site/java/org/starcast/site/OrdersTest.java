package org.starcast.site;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.enterprise.inject.se.SeContainer;
import jakarta.enterprise.inject.se.SeContainerInitializer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.starcast.SseBroadcaster;
import org.starcast.site.Orders.Order;
import org.starcast.testing.PublishedEvent;
import org.starcast.testing.PublishedEvents;
import org.starcast.testing.StarcastExtension;

/** Testing: without a server. */
// snippet: unit
class OrdersTest {

  @RegisterExtension StarcastExtension starcast = StarcastExtension.with(Orders.class);

  // end snippet

  @Test
  void theViewsOfTheEvents() {
    Orders orders = starcast.get(Orders.class);
    // snippet: views
    orders.order("7", "tea");
    orders.order("8", "milk");

    // as it is on the wire
    List<PublishedEvent> pages = starcast.on("orders.page").await(2);
    assertThat(pages.get(1).event()).contains("datastar-patch-elements");
    assertThat(pages.get(1).data()).contains("<li id=\"order-8\">milk</li>");

    // in the order in which they were published
    assertThat(starcast.events().list())
        .flatExtracting(PublishedEvent::topics)
        .containsExactly("orders.created", "orders.page", "orders.created", "orders.page");

    // what must not be published
    assertThat(starcast.on("stock.*").list()).isEmpty();

    // what another thread publishes may take longer than the 5 seconds that are waited for
    assertThat(starcast.on("orders.*").within(Duration.ofMinutes(1)).await(4)).hasSize(4);
    // end snippet
  }

  @Test
  void aContainerOfTheTestsOwn() {
    // snippet: container
    SeContainerInitializer cdi = SeContainerInitializer.newInstance().addBeanClasses(Orders.class);
    try (SeContainer container = cdi.initialize()) {
      PublishedEvents events = PublishedEvents.of(container.select(SseBroadcaster.class).get());
      container.select(Orders.class).get().order("7", "tea");
      assertThat(events.on("orders.created").only().as(Order.class).item()).isEqualTo("tea");
    }
    // end snippet
  }

  // snippet: unit
  @Test
  void anOrderIsPublished() {
    starcast.get(Orders.class).order("7", "tea");

    PublishedEvent event = starcast.on("orders.created").only();
    assertThat(event.as(Order.class)).isEqualTo(new Order("7", "tea"));
  }
}
// end snippet
