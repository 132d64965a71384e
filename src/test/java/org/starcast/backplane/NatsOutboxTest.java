package org.starcast.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamManagement;
import io.nats.client.PublishOptions;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is repeated, and what is not, by a stream whose duplicate window is short. */
class NatsOutboxTest {

  private static final Duration WINDOW = Duration.ofSeconds(6);

  private final NatsWire wire = new NatsWire("starcast");
  private final NatsOutbox outbox =
      new NatsOutbox(100, 1 << 20, Duration.ofMinutes(5), "", () -> {});
  private NatsServer server;
  private Link link;
  private Connection here;
  private Connection sends;

  @BeforeEach
  void start() throws Exception {
    server = NatsServer.running();
    here = server.connect();
    here.jetStreamManagement()
        .addStream(
            StreamConfiguration.builder()
                .name("S")
                .storageType(StorageType.Memory)
                .subjects("starcast.>")
                .duplicateWindow(WINDOW)
                .build());
    link = new Link(server.port());
    connect();
  }

  @AfterEach
  void stop() throws Exception {
    outbox.close();
    if (here != null) {
      here.close();
      sends.close();
      link.close();
    }
    server.close();
  }

  /** Sends what waits by a new connection. */
  private void connect() throws Exception {
    sends = server.connect(link.port());
    String inbox = sends.createInbox() + ".";
    sends.createDispatcher(outbox::answered).subscribe(inbox + "*");
    outbox.resume(sends, inbox, WINDOW);
  }

  private CompletionStage<Long> publish(String data) {
    return outbox.append(
        wire.event(BackplaneContract.envelope(data, "a"), topic -> false), null, false);
  }

  private long stored() throws Exception {
    JetStreamManagement broker = here.jetStreamManagement();
    return broker.getStreamInfo("S").getStreamState().getMsgCount();
  }

  /** Publishes one whose answer is lost, and loses the connection as well. */
  private CompletionStage<Long> publishUnanswered() throws Exception {
    long before = stored();
    link.lose(text -> text.startsWith("MSG "));
    CompletionStage<Long> unanswered = publish("0");
    await().until(() -> stored() == before + 1);
    outbox.pause();
    link.cut();
    sends.close();
    link.heal();
    return unanswered;
  }

  @Test
  void withinTheWindowWhatWasNotAnsweredIsRepeatedAndStoredOnce() throws Exception {
    CompletionStage<Long> unanswered = publishUnanswered();

    connect();

    assertThat(BackplaneContract.get(unanswered)).isEqualTo(1);
    assertThat(BackplaneContract.get(publish("1"))).isEqualTo(2);
    assertThat(outbox.status(true, 0).repeated()).isEqualTo(1);
    assertThat(stored()).isEqualTo(2);
  }

  @Test
  void afterTheWindowWhatWasNotAnsweredFailsAsUnknownAndIsNotStoredTwice() throws Exception {
    CompletionStage<Long> unanswered = publishUnanswered();
    CompletionStage<Long> unsent = publish("1");
    awaitForgotten();
    long before = stored();

    connect();

    // what was never sent is, however old
    assertThat(BackplaneContract.get(unsent)).isEqualTo(before + 1);
    BackplaneException failure =
        (BackplaneException)
            unanswered.handle((value, problem) -> problem).toCompletableFuture().join();
    assertThat(failure)
        .hasMessage("no answer, and too late to ask again: the stream's duplicate window is over");
    assertThat(failure.isUnknown()).isTrue();
    assertThat(stored()).isEqualTo(before + 1);
    assertThat(outbox.status(true, 0).repeated()).isZero();
  }

  /** The broker stores again what has a message id that is younger than all that were sent. */
  private void awaitForgotten() throws Exception {
    JetStream stream = here.jetStream();
    PublishOptions probe = PublishOptions.builder().messageId("probe").build();
    assertThat(stream.publish("starcast.probe", new byte[0], probe).isDuplicate()).isFalse();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> !stream.publish("starcast.probe", new byte[0], probe).isDuplicate());
  }
}
