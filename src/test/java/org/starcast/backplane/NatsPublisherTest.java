package org.starcast.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nats.client.Connection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.SseMessage;
import org.starcast.log.LoggedEvent;
import org.starcast.wire.SseFormat;

@SuppressWarnings("try") // a connection's close() waits
class NatsPublisherTest {

  private NatsServer server;
  private Backplane node;
  private final RecordingReceiver receiver = new RecordingReceiver();

  @BeforeEach
  void start() {
    server = NatsServer.running();
  }

  @AfterEach
  void stop() {
    if (node != null) {
      node.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private void startNode(String prefix) {
    node =
        new NatsBackplane(
            BackplaneContract.config(
                Map.of(
                    "starcast.backplane",
                    "nats",
                    "starcast.backplane.nats.servers",
                    server.url(),
                    "starcast.backplane.nats.subject-prefix",
                    prefix)));
    BackplaneContract.get(node.start(receiver, Thread::new));
  }

  @Test
  void aNodeGetsWhatItWouldHavePublishedItself() throws Exception {
    startNode("starcast");
    SseMessage message =
        SseMessage.builder()
            .topic("orders.cr\u00e9\u00e9s", "other")
            .sender("batch \u00fc")
            .event("order")
            .retry(Duration.ofSeconds(2))
            .data("{\"id\":1}\nsecond line \u00fc")
            .comment("note")
            .coalesce("order 1")
            .build();
    Envelope same =
        new Envelope(
            message.topics(),
            "batch \u00fc",
            List.of(),
            "order 1",
            SseFormat.draft(
                "order", Duration.ofSeconds(2), "{\"id\":1}\nsecond line \u00fc", "note"));

    long theirs;
    try (NatsPublisher publisher = NatsPublisher.connect(server.url())) {
      theirs = BackplaneContract.get(publisher.publish(message));
    }
    long own = BackplaneContract.get(node.append(same));

    receiver.awaitEvents(2);
    LoggedEvent one = receiver.calls("received").get(0).event();
    LoggedEvent two = receiver.calls("received").get(1).event();
    assertThat(one.sequence()).isEqualTo(theirs);
    assertThat(two.sequence()).isEqualTo(own);
    assertThat(one.topics()).isEqualTo(two.topics());
    assertThat(one.sender()).isEqualTo(two.sender());
    assertThat(text(one)).isEqualTo(text(two)).startsWith(": note\nevent: order\n");
    assertThat(receiver.envelopes().get(0).coalesceKey()).isEqualTo("order 1");
  }

  private static String text(LoggedEvent event) {
    return new String(SseFormat.withoutId(event.bytes(), event.length()), StandardCharsets.UTF_8);
  }

  @Test
  void dataOtherThanTextBecomesJson() throws Exception {
    startNode("starcast");

    try (NatsPublisher publisher = NatsPublisher.connect(server.url())) {
      BackplaneContract.get(publisher.publish(SseMessage.of(Map.of("id", 1))));
    }

    receiver.awaitEvents(1);
    assertThat(receiver.data()).containsExactly("{\"id\":1}");
  }

  @Test
  void manyAreUnderWayAtATimeAndKeepTheirOrder() throws Exception {
    startNode("app.events");

    try (Connection connection = server.connect();
        NatsPublisher publisher = NatsPublisher.using(connection, "app.events")) {
      List<CompletionStage<Long>> stages =
          IntStream.range(0, 5_000)
              .mapToObj(
                  i -> publisher.publish(SseMessage.of("" + i).toBuilder().topic("a").build()))
              .toList();
      stages.forEach(BackplaneContract::get);
    }

    receiver.awaitEvents(5_000);
    assertThat(receiver.data()).isEqualTo(BackplaneContract.numbers(0, 5_000));
  }

  @Test
  void itFailsWhereThereIsNoStream() throws Exception {
    try (NatsPublisher publisher = NatsPublisher.connect(server.url())) {
      assertThatThrownBy(() -> BackplaneContract.get(publisher.publish(SseMessage.of("x"))))
          .hasRootCauseInstanceOf(Exception.class)
          .hasStackTraceContaining("BackplaneException");
    }
  }
}
