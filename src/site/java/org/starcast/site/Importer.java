package org.starcast.site;

import org.starcast.SseMessage;
import org.starcast.nats.NatsPublisher;

/** More than one node: a program that is no node. */
final class Importer {

  private Importer() {}

  static void created(String json) throws Exception {
    // snippet: publish
    try (NatsPublisher publisher = NatsPublisher.connect("nats://broker.example:4222")) {
      publisher.publish(SseMessage.builder().topic("orders.created").data(json).build());
    }
    // end snippet
  }
}
