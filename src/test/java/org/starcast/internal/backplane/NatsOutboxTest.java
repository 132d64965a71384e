package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamManagement;
import io.nats.client.Message;
import io.nats.client.PublishOptions;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.spi.BackplaneException;

/** What is repeated, and what is not. */
class NatsOutboxTest {

  private static final Duration WINDOW = Duration.ofSeconds(6);

  private final NatsWire wire = new NatsWire("starcast");
  private final NatsOutbox outbox =
      new NatsOutbox(100, 1 << 20, Duration.ofMinutes(5), "", () -> {}, System::nanoTime);
  private NatsServer server;
  private Link link;
  private Connection here;
  private Connection sends;
  private String inbox;

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
    inbox = sends.createInbox() + ".";
    sends.createDispatcher(outbox::answered).subscribe(inbox + "*");
    outbox.resume(sends, inbox, WINDOW, true);
  }

  /** The first of the repeats is answered: the others may follow. */
  private void goOn() {
    assertThat(outbox.expire()).isTrue();
    outbox.resume(sends, inbox, WINDOW, true);
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
    assertThat(outbox.status(true, 0, 0).repeated()).isEqualTo(1);
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
    assertThat(outbox.status(true, 0, 0).repeated()).isZero();
  }

  /** Publishes events to subjects that no stream has: the test answers, with what it is told. */
  private List<? extends CompletionStage<Long>> publishElsewhere(int count) {
    NatsWire elsewhere = new NatsWire("elsewhere");
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                outbox.append(
                    elsewhere.event(BackplaneContract.envelope("" + i, "a"), topic -> false),
                    null,
                    false))
        .toList();
  }

  /** What comes to those subjects from now on. */
  private BlockingQueue<Message> asked() throws Exception {
    BlockingQueue<Message> asked = new LinkedBlockingQueue<>();
    here.createDispatcher(asked::add).subscribe("elsewhere.>");
    here.flush(Duration.ofSeconds(20));
    return asked;
  }

  private static String stored(long sequence) {
    return "{\"stream\":\"S\",\"seq\":" + sequence + "}";
  }

  private static void answer(Message asked, String json) {
    asked.getConnection().publish(asked.getReplyTo(), json.getBytes(StandardCharsets.US_ASCII));
  }

  private static List<String> ids(List<Message> messages) {
    return messages.stream().map(m -> m.getHeaders().getFirst(NatsWire.MESSAGE_ID)).toList();
  }

  private Message next(BlockingQueue<Message> asked) throws Exception {
    Message message = asked.poll(20, TimeUnit.SECONDS);
    assertThat(message).isNotNull();
    return message;
  }

  private List<Message> next(BlockingQueue<Message> asked, int count) throws Exception {
    List<Message> messages = new ArrayList<>();
    while (messages.size() < count) {
      messages.add(next(asked));
    }
    return messages;
  }

  /** All that was sent before this has come. */
  private void awaitSent() throws Exception {
    sends.flush(Duration.ofSeconds(20));
    here.flush(Duration.ofSeconds(20));
  }

  @Test
  void ofWhatIsRepeatedTheFirstGoesAloneAndWhatWasReadDoesNotGo() throws Exception {
    BlockingQueue<Message> asked = asked();
    List<? extends CompletionStage<Long>> results = publishElsewhere(6);
    List<Message> first = next(asked, 6);
    assertThat(outbox.isUncertain()).isTrue();

    // a node reads two of them
    outbox.read(first.get(0).getHeaders(), 11);
    outbox.read(first.get(3).getHeaders(), 12);
    outbox.pause();
    connect();

    assertThat(BackplaneContract.get(results.get(0))).isEqualTo(11);
    assertThat(BackplaneContract.get(results.get(3))).isEqualTo(12);
    CompletionStage<Long> later = publishElsewhere(1).get(0);
    Message alone = next(asked);
    awaitSent();
    assertThat(asked).isEmpty();
    assertThat(ids(List.of(alone))).isEqualTo(ids(first.subList(1, 2)));

    // and one more, before the rest is sent
    answer(alone, stored(13));
    assertThat(BackplaneContract.get(results.get(1))).isEqualTo(13);
    outbox.read(first.get(2).getHeaders(), 14);
    awaitSent();
    assertThat(asked).isEmpty();
    goOn();

    assertThat(BackplaneContract.get(results.get(2))).isEqualTo(14);
    List<Message> rest = next(asked, 3);
    assertThat(ids(rest.subList(0, 2))).isEqualTo(ids(first.subList(4, 6)));
    for (int i = 0; i < 3; i++) {
      answer(rest.get(i), stored(15 + i));
    }
    assertThat(BackplaneContract.get(results.get(4))).isEqualTo(15);
    assertThat(BackplaneContract.get(results.get(5))).isEqualTo(16);
    assertThat(BackplaneContract.get(later)).isEqualTo(17);
    assertThat(outbox.status(true, 0, 0).repeated()).isEqualTo(3);
    assertThat(asked).isEmpty();
  }

  @Test
  void afterARefusalTheFirstGoesAloneUntilJustThatIsAnswered() throws Exception {
    BlockingQueue<Message> asked = asked();
    List<? extends CompletionStage<Long>> results = publishElsewhere(3);
    List<Message> first = next(asked, 3);
    String busy = "{\"error\":{\"code\":503,\"err_code\":10008,\"description\":\"away\"}}";
    answer(first.get(1), busy);
    await().until(outbox::isPaused);
    outbox.read(first.get(2).getHeaders(), 2);
    outbox.resume(sends, inbox, WINDOW, true);
    assertThat(BackplaneContract.get(results.get(2))).isEqualTo(2);
    assertThat(ids(List.of(next(asked)))).isEqualTo(ids(first.subList(0, 1)));

    // the first sending's answer is late, and says nothing of the broker as it is now
    answer(first.get(0), stored(1));
    assertThat(BackplaneContract.get(results.get(0))).isEqualTo(1);
    CompletionStage<Long> later = publishElsewhere(1).get(0);
    goOn();
    Message alone = next(asked);
    awaitSent();
    assertThat(asked).isEmpty();
    assertThat(ids(List.of(alone))).isEqualTo(ids(first.subList(1, 2)));

    // and this one's says that it is there
    answer(alone, stored(3));
    assertThat(BackplaneContract.get(results.get(1))).isEqualTo(3);
    answer(next(asked), stored(4));
    assertThat(BackplaneContract.get(later)).isEqualTo(4);
    assertThat(outbox.expire()).isFalse();
  }

  @Test
  void whatWasReadInAnotherOrderIsSentAgain() throws Exception {
    BlockingQueue<Message> asked = asked();
    CompletionStage<Long> result = publishElsewhere(1).get(0);
    outbox.read(next(asked).getHeaders(), 11);
    assertThat(outbox.isUncertain()).isFalse();
    outbox.pause();

    outbox.begin();
    assertThat(outbox.isUncertain()).isTrue();
    connect();

    answer(next(asked), stored(1));
    assertThat(BackplaneContract.get(result)).isEqualTo(1);
  }

  @Test
  void withAnotherConnectionTheFirstGoesAloneOnceMore() throws Exception {
    BlockingQueue<Message> asked = asked();
    List<? extends CompletionStage<Long>> results = publishElsewhere(3);
    next(asked, 3);
    outbox.pause();
    connect();
    answer(next(asked), stored(1));
    assertThat(BackplaneContract.get(results.get(0))).isEqualTo(1);

    // it broke before the others were sent
    outbox.pause();
    sends.close();
    connect();

    Message alone = next(asked);
    awaitSent();
    assertThat(asked).isEmpty();
    answer(alone, stored(2));
    assertThat(BackplaneContract.get(results.get(1))).isEqualTo(2);
    goOn();
    answer(next(asked), stored(3));
    assertThat(BackplaneContract.get(results.get(2))).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // nats-server 2.10
        "{\"stream\":\"S\",\"seq\":0,\"duplicate\": true}",
        // from 2.11 on
        "{\"error\":{\"code\":409,\"err_code\":10158,\"description\":"
            + "\"duplicate message id is in process\"},\"stream\":\"S\",\"seq\":0}"
      })
  void whatIsInProcessIsNotStoredYet(String answer) throws Exception {
    Duration window = Duration.ofMinutes(2);
    BlockingQueue<Message> asked = asked();
    CompletionStage<Long> result = publishElsewhere(1).get(0);

    List<Message> all = new ArrayList<>(next(asked, 1));
    outbox.resume(sends, inbox, window, true);

    // the same again, until it must be that the broker never stores it
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              if (outbox.expire()) {
                outbox.resume(sends, inbox, window, true);
              }
              Message one = asked.poll(50, TimeUnit.MILLISECONDS);
              if (one != null) {
                all.add(one);
                answer(one, answer);
              }
              return ids(all).stream().distinct().count() == 2;
            });
    assertThat(result.toCompletableFuture()).isNotDone();
    List<String> ids = ids(all);
    assertThat(ids.subList(0, ids.size() - 1)).hasSizeGreaterThan(1).containsOnly(ids.get(0));

    // by either id it is known
    outbox.read(all.get(0).getHeaders(), 5);
    outbox.read(all.get(all.size() - 1).getHeaders(), 6);
    outbox.resume(sends, inbox, window, true);
    assertThat(BackplaneContract.get(result)).isEqualTo(6);
  }

  @Test
  void whatIsInProcessIsStoredWhenTheBrokerSaysSo() throws Exception {
    BlockingQueue<Message> asked = asked();
    CompletionStage<Long> result = publishElsewhere(1).get(0);
    Message message = next(asked);

    answer(message, "{\"stream\":\"S\",\"seq\":0,\"duplicate\": true}");
    answer(message, stored(7));

    assertThat(BackplaneContract.get(result)).isEqualTo(7);
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
