package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.starcast.site.Api;
import org.starcast.site.Orders;
import org.starcast.site.Orders.Order;
import org.starcast.testing.ReceivedEvent;
import org.starcast.testing.SseTestClient;

/** The documentation's orders, and how its page on tests has them tested. */
@ArquillianTest
@RunAsClient
class OrdersIT {

  @ArquillianResource URL base;

  private final HttpClient http = HttpClient.newHttpClient();

  @Deployment(testable = false)
  static WebArchive war() {
    return ShrinkWrap.create(WebArchive.class, "orders.war")
        .addClasses(Api.class, Orders.class, Order.class)
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(
            new StringAsset("starcast.heartbeat=PT1S\nstarcast.log.events=16\n"),
            "META-INF/microprofile-config.properties")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml");
  }

  private URI uri(String path) {
    return URI.create(base.toString()).resolve("api/").resolve(path);
  }

  private void order(String id, String item) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri("orders"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("id=" + id + "&item=" + item))
            .build();
    HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
  }

  @Test
  void anOrderArrives() throws Exception {
    // snippet: stream
    try (SseTestClient client = SseTestClient.open(uri("orders/stream"))) {
      order("7", "tea");

      assertThat(client.next().as(Order.class)).isEqualTo(new Order("7", "tea"));
      assertThat(client.next("datastar-patch-elements").data()).contains("order-7");
    }
    // end snippet
  }

  @Test
  void whoComesBackMissesNothing() throws Exception {
    // snippet: resume
    try (SseTestClient client = SseTestClient.open(uri("orders/stream"))) {
      order("7", "tea");
      client.next();

      client.disconnect();
      order("8", "milk"); // while nobody listens
      client.reconnect(); // with Last-Event-ID

      ReceivedEvent missed = client.next(event -> event.data().contains("\"8\""));
      assertThat(missed.as(Order.class)).isEqualTo(new Order("8", "milk"));
    }
    // end snippet
  }

  @Test
  void whoComesBackTooLateIsTold() throws Exception {
    try (SseTestClient client = SseTestClient.open(uri("orders/stream"))) {
      order("7", "tea");
      client.next();
      client.disconnect();
      for (int i = 0; i < 20; i++) {
        order("8", "milk");
      }
      // snippet: gap
      client.reconnect();
      assertThat(client.next(ReceivedEvent::isGap).data()).contains("\"next\"");
      // end snippet
      order("9", "bread");
      assertThat(client.next(event -> event.data().contains("\"9\"")).isGap()).isFalse();
    }
  }

  @Test
  void aQuietStreamHasHeartbeats() {
    try (SseTestClient client = SseTestClient.open(uri("orders/stream"))) {
      client.awaitHeartbeat();
      assertThat(client.retry()).isPresent();
      assertThat(client.lastEventId()).isNotEmpty();
      assertThat(client.events()).isEmpty();
    }
  }
}
