package org.starcast.site;

import jakarta.inject.Inject;
import java.util.List;
import java.util.function.Supplier;
import org.starcast.SseBroadcaster;
import org.starcast.datastar.DatastarPage;

/** Replay: a page that is rendered at an id. */
class OrderPage {

  private final DatastarPage page = DatastarPage.selfHosted("/datastar.js");

  @Inject SseBroadcaster broadcaster;

  record Rendered(List<Orders.Order> orders, String stream) {}

  Rendered render(Supplier<List<Orders.Order>> repository) {
    // snippet: render
    String id = broadcaster.lastEventId(); // 1. the id
    List<Orders.Order> orders = repository.get(); // 2. the state, at least as new
    String stream = page.stream("/api/orders/stream", id); // 3. the stream goes on from the id
    // end snippet
    return new Rendered(orders, stream);
  }
}
