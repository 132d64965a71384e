package org.starcast.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.nats.client.Options;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.SseMessage;
import org.starcast.internal.backplane.BackplaneContract;
import org.starcast.internal.backplane.EncodedEvent;
import org.starcast.internal.backplane.Link;
import org.starcast.internal.backplane.NatsBackplane;
import org.starcast.internal.backplane.NatsServer;
import org.starcast.internal.backplane.RecordingReceiver;
import org.starcast.internal.backplane.Settings;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

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
            Settings.config(
                Map.of(
                    "starcast.backplane",
                    "nats",
                    "starcast.backplane.nats.servers",
                    server.url(),
                    "starcast.backplane.nats.subject-prefix",
                    prefix)),
            Settings.SCHEDULER);
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
    OutgoingEvent same =
        new EncodedEvent(
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
    StoredEvent one = receiver.calls("received").get(0).event();
    StoredEvent two = receiver.calls("received").get(1).event();
    assertThat(one.sequence()).isEqualTo(theirs);
    assertThat(two.sequence()).isEqualTo(own);
    assertThat(one.topics()).isEqualTo(two.topics());
    assertThat(one.sender()).isEqualTo(two.sender());
    assertThat(text(one)).isEqualTo(text(two)).startsWith(": note\nevent: order\n");
    assertThat(receiver.envelopes().get(0).coalesceKey()).isEqualTo("order 1");
  }

  private static String text(StoredEvent event) {
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

    Options options = new Options.Builder().server(server.url()).build();
    try (NatsPublisher publisher = NatsPublisher.connect(options, "app.events")) {
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
  void anAnswerThatIsLostIsAskedForAgainAndTheEventIsStoredOnce() throws Exception {
    startNode("starcast");
    try (Link link = new Link(server.port());
        NatsPublisher publisher = NatsPublisher.connect("nats://127.0.0.1:" + link.port())) {
      AtomicInteger lost = new AtomicInteger();
      link.lose(text -> text.startsWith("MSG ") && lost.getAndIncrement() == 0);

      long sequence = BackplaneContract.get(publisher.publish(event("0")));
      long next = BackplaneContract.get(publisher.publish(event("1")));

      assertThat(lost).hasValueGreaterThan(1);
      assertThat(List.of(sequence, next)).containsExactly(1L, 2L);
    }
    receiver.awaitEvents(2);
    assertThat(receiver.data()).containsExactly("0", "1");
  }

  @Test
  void eventsWhoseAnswersWereLostWithTheConnectionAreStoredOnceAndInOrder() throws Exception {
    startNode("starcast");
    try (Link link = new Link(server.port());
        NatsPublisher publisher = NatsPublisher.connect("nats://127.0.0.1:" + link.port())) {
      List<CompletionStage<Long>> stages = new ArrayList<>();
      for (int cut = 1; cut <= 3; cut++) {
        link.lose(text -> text.startsWith("MSG "));
        for (int i = 0; i < 500; i++) {
          stages.add(publisher.publish(event("" + stages.size())));
        }
        int some = stages.size() - 400;
        receiver.awaitEvents(some);
        link.cut();
        stages.add(publisher.publish(event("" + stages.size())));
        link.heal();
        stages.add(publisher.publish(event("" + stages.size())));
        // nothing new is sent while it is not known what of the others is stored
        BackplaneContract.get(stages.get(stages.size() - 1));
      }

      List<Long> sequences = stages.stream().map(BackplaneContract::get).toList();

      receiver.awaitEvents(stages.size());
      assertThat(receiver.data()).isEqualTo(BackplaneContract.numbers(0, stages.size()));
      assertThat(sequences).isEqualTo(LongStream.rangeClosed(1, stages.size()).boxed().toList());
    }
  }

  @Test
  void aBrokerThatIsAwayForAWhileIsWaitedFor() throws Exception {
    startNode("starcast");
    try (NatsPublisher publisher = NatsPublisher.connect(server.url())) {
      server.stop();
      CompletionStage<Long> waits = publisher.publish(event("0"));
      server.start();

      assertThat(BackplaneContract.get(waits)).isEqualTo(1);
    }
  }

  @Test
  void whatIsNotStoredInTimeFailsAndSaysWhetherItMayBe() throws Exception {
    startNode("starcast");
    try (Link link = new Link(server.port());
        NatsPublisher publisher = impatient(link.port())) {
      link.lose(text -> text.startsWith("MSG "));
      CompletionStage<Long> unanswered = publisher.publish(event("0"));
      receiver.awaitEvents(1);
      link.cut();
      CompletionStage<Long> unsent = publisher.publish(event("1"));

      assertThat(failure(unanswered).isUnknown()).isTrue();
      assertThat(failure(unsent)).hasMessage("no answer within PT2S");
    }
    assertThat(receiver.data()).containsExactly("0");
  }

  private static SseMessage event(String data) {
    return SseMessage.of(data).toBuilder().topic("a").build();
  }

  private static NatsPublisher impatient(int port) throws Exception {
    Options options = new Options.Builder().server("nats://127.0.0.1:" + port).build();
    return NatsPublisher.connect(options, "starcast", Duration.ofSeconds(2));
  }

  private static BackplaneException failure(CompletionStage<?> stage) {
    return (BackplaneException)
        stage.handle((value, failure) -> failure).toCompletableFuture().join();
  }

  @Test
  void itSaysThatThereIsNoStream() throws Exception {
    try (NatsPublisher publisher = impatient(server.port())) {
      BackplaneException failure = failure(publisher.publish(SseMessage.of("x")));

      assertThat(failure)
          .hasMessage(
              "no answer within PT2S, the latest was: no stream has the subject, or it has no"
                  + " leader now");
      assertThat(failure.isUnknown()).isFalse();
    }
  }

  @Test
  void afterItIsClosedNothingIsPublished() throws Exception {
    startNode("starcast");
    NatsPublisher publisher = NatsPublisher.connect(server.url());
    CompletionStage<Long> last = publisher.publish(event("0"));
    publisher.close();

    assertThat(last.toCompletableFuture()).isCompletedWithValue(1L);
    assertThatIllegalStateException()
        .isThrownBy(() -> publisher.publish(event("1")))
        .withMessage("the publisher is closed");
  }
}
