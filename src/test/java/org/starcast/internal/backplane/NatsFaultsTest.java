package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.PurgeOptions;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.SseMessage;
import org.starcast.internal.wire.SseFormat;
import org.starcast.nats.NatsPublisher;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.StoredEvent;

/** The broker is away, slow, killed, or not as it has to be. */
@SuppressWarnings("try") // a connection's close() waits
class NatsFaultsTest {

  private static final String STREAM = "STARCAST";

  private NatsServer server;
  private final List<Backplane> nodes = new ArrayList<>();

  @BeforeEach
  void prepareServer() {
    server = NatsServer.stopped();
  }

  @AfterEach
  void stop() {
    nodes.forEach(Backplane::close);
    if (server != null) {
      server.close();
    }
  }

  private BackplaneContract.Node starting(String... settings) {
    Map<String, String> keys = new HashMap<>();
    keys.put("starcast.backplane", "nats");
    keys.put("starcast.backplane.nats.servers", server.url());
    keys.put("starcast.backplane.buffer-events", "50000");
    NatsBackplane node = new NatsBackplane(Settings.config(keys, settings), Settings.SCHEDULER);
    nodes.add(node);
    RecordingReceiver receiver = new RecordingReceiver();
    return new BackplaneContract.Node(node, receiver, node.start(receiver, Thread::new));
  }

  private BackplaneContract.Node node(String... settings) {
    BackplaneContract.Node node = starting(settings);
    BackplaneContract.get(node.started());
    return node;
  }

  private static void awaitAvailable(BackplaneContract.Node node, boolean available) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> node.backplane().status().available() == available);
  }

  private static Throwable failure(CompletionStage<?> stage) {
    try {
      BackplaneContract.get(stage);
      return null;
    } catch (RuntimeException e) {
      return e.getCause().getCause();
    }
  }

  @Test
  void aNodeStartsBeforeTheBroker() {
    BackplaneContract.Node node = starting();
    CompletionStage<Long> early = node.publish("a", "0");
    assertThat(node.started().toCompletableFuture()).isNotDone();
    assertThat(node.backplane().status().available()).isFalse();

    server.start();

    BackplaneContract.get(node.started());
    BackplaneContract.get(early);
    node.receiver().awaitEvents(1);
    assertThat(node.backplane().status().available()).isTrue();
    assertThat(node.receiver().calls("missed")).isEmpty();
  }

  @Test
  void whatIsPublishedWhileTheBrokerIsAwayIsStoredInOrderOnce() {
    server.start();
    BackplaneContract.Node one = node();
    BackplaneContract.Node two = node();
    one.publishAll("a", 0, 100);
    server.stop();
    awaitAvailable(one, false);

    List<CompletionStage<Long>> stages = new ArrayList<>();
    for (int i = 100; i < 3_000; i++) {
      stages.add(one.publish("a", "" + i));
    }
    assertThat(one.backplane().status().waiting()).isEqualTo(2_900);
    server.start();

    stages.forEach(BackplaneContract::get);
    one.receiver().awaitEvents(3_000);
    two.receiver().awaitEvents(3_000);
    assertThat(one.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 3_000));
    assertThat(two.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 3_000));
    assertThat(two.receiver().epochs()).hasSize(1);
    assertThat(one.backplane().status().outages()).isEqualTo(1);
    assertThat(one.backplane().status().waitingBytes()).isZero();
  }

  @Test
  void thePolicyFailRefusesAtOnceWhileTheBrokerIsAway() {
    BackplaneContract.Node node = starting("starcast.backplane.when-away", "fail");

    assertThat(node.publish("a", "0").toCompletableFuture()).isCompletedExceptionally();
    server.start();
    BackplaneContract.get(node.started());
    BackplaneContract.get(node.publish("a", "1"));
    server.stop();
    awaitAvailable(node, false);
    Throwable failure = failure(node.publish("a", "2"));

    assertThat(failure).isInstanceOf(BackplaneException.class).hasMessage("the broker is away");
    assertThat(((BackplaneException) failure).isUnknown()).isFalse();
  }

  @Test
  void whatIsNotStoredInTimeFails() {
    BackplaneContract.Node node = starting("starcast.backplane.publish-timeout", "PT1S");

    Throwable failure = failure(node.publish("a", "0"));

    assertThat(failure)
        .isInstanceOf(BackplaneException.class)
        .hasMessageStartingWith("starcast.backplane.publish-timeout: ");
    assertThat(((BackplaneException) failure).isUnknown()).isFalse();
    server.start();
    BackplaneContract.get(node.started());
    BackplaneContract.get(node.publish("a", "1"));
    node.receiver().awaitEvents(1);
    assertThat(node.receiver().data()).containsExactly("1");
  }

  @Test
  void aBrokerThatIsKilledAmidPublishesLosesAndDoublesNothing() {
    server.start();
    BackplaneContract.Node one = node();
    BackplaneContract.Node two = node();

    List<CompletionStage<Long>> stages = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      stages.add(one.publish("a", "" + i));
      if (i == 6_000 || i == 13_000) {
        long enough = i - 3_000;
        await()
            .atMost(Duration.ofSeconds(30))
            .pollInterval(Duration.ofMillis(1))
            .until(() -> one.backplane().status().stored() > enough);
        server.kill();
        server.start();
      }
    }

    List<Long> sequences = stages.stream().map(BackplaneContract::get).toList();
    one.receiver().awaitEvents(20_000);
    two.receiver().awaitEvents(20_000);
    assertThat(one.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 20_000));
    assertThat(two.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 20_000));
    assertThat(two.receiver().calls("received").stream().map(RecordingReceiver.Call::sequence))
        .isEqualTo(sequences);
    assertThat(two.receiver().epochs()).hasSize(1);
    assertThat(one.backplane().status().repeated()).isPositive();
  }

  @Test
  void aSlowBrokerDelaysOnly() {
    server.start();
    BackplaneContract.Node node = node();
    node.publishAll("a", 0, 10);

    server.signal("STOP");
    List<CompletionStage<Long>> stages = new ArrayList<>();
    for (int i = 10; i < 1_000; i++) {
      stages.add(node.publish("a", "" + i));
    }
    await()
        .pollDelay(Duration.ofSeconds(1))
        .untilAsserted(() -> assertThat(node.backplane().status().waiting()).isPositive());
    server.signal("CONT");

    stages.forEach(BackplaneContract::get);
    node.receiver().awaitEvents(1_000);
    assertThat(node.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 1_000));
  }

  @Test
  void aBrokerThatHasHungForLongIsLeftAndFoundAgain() {
    server.start();
    BackplaneContract.Node node = node();
    node.publishAll("a", 0, 10);

    server.signal("STOP");
    CompletionStage<Long> late = node.publish("a", "10");
    awaitAvailable(node, false);
    server.signal("CONT");

    BackplaneContract.get(late);
    awaitAvailable(node, true);
    node.publishAll("a", 11, 20);
    node.receiver().awaitEvents(20);
    assertThat(node.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 20));
    assertThat(node.receiver().epochs()).hasSize(1);
  }

  @Test
  void dataThatIsWipedBeginsAnotherEpochOnAllNodes() {
    server.start();
    BackplaneContract.Node one = node();
    BackplaneContract.Node two = node();
    one.publishAll("a", 0, 100);
    two.receiver().awaitEvents(100);

    server.kill();
    server.wipe();
    server.start();

    awaitEpochs(one, 2);
    awaitEpochs(two, 2);
    one.publishAll("a", 100, 110);
    one.receiver().awaitEvents(110);
    two.receiver().awaitEvents(110);
    assertThat(one.receiver().epochs()).isEqualTo(two.receiver().epochs());
    assertThat(two.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 110));
  }

  private static void awaitEpochs(BackplaneContract.Node node, int count) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(node.receiver().epochs()).hasSize(count));
  }

  @Test
  void anOlderCopyOfTheDataBeginsAnotherEpochOnAllNodesEachTime() {
    server.start();
    BackplaneContract.Node one = node();
    BackplaneContract.Node two = node();
    one.publishAll("a", 0, 100);
    two.receiver().awaitEvents(100);
    server.stop();
    Path copy = server.backup();
    server.start();

    for (int time = 1; time <= 2; time++) {
      awaitAvailable(one, true);
      awaitAvailable(two, true);
      int from = 100 * time;
      one.publishAll("b", from, from + 50);
      one.receiver().awaitEvents(one.receiver().data().indexOf("" + (from + 49)) + 1);
      long last = one.receiver().last();
      await().until(() -> two.receiver().last() == last);
      server.kill();
      server.restore(copy);
      server.start();
      awaitEpochs(one, 1 + time);
      awaitEpochs(two, 1 + time);
    }

    awaitAvailable(one, true);
    one.publishAll("c", 1_000, 1_010);
    await().untilAsserted(() -> assertThat(two.receiver().data()).endsWith("1009"));
    assertThat(one.receiver().epochs()).isEqualTo(two.receiver().epochs());
    assertThat(one.receiver().epochs()).doesNotHaveDuplicates();
    // a node that starts now is of the same epoch, and has what is there
    BackplaneContract.Node three = node();
    assertThat(three.receiver().epochs()).containsExactly(one.receiver().epochs().get(2));
    assertThat(three.receiver().data()).hasSize(110);
  }

  @Test
  void anOlderCopyThatHasGrownPastThisNodeIsFoundToo() throws Exception {
    server.start();
    BackplaneContract.Node one = node();
    one.publishAll("a", 0, 100);
    one.receiver().awaitEvents(100);
    server.stop();
    Path copy = server.backup();
    server.start();
    awaitAvailable(one, true);
    one.publishAll("a", 100, 150);
    one.receiver().awaitEvents(150);
    server.kill();
    server.restore(copy);
    // on another port first, where this node does not see it
    try (NatsServer elsewhere = NatsServer.running("-sd", server.store().toString());
        NatsPublisher publisher = NatsPublisher.connect(elsewhere.url())) {
      for (int i = 0; i < 200; i++) {
        BackplaneContract.get(publisher.publish(SseMessage.of("x" + i)));
      }
    }

    server.start();

    awaitEpochs(one, 2);
    one.receiver().awaitEvents(450);
  }

  @Test
  void aNodeThatMayNotChangeTheStreamBeginsAnEpochOfItsOwn(@TempDir Path directory)
      throws Exception {
    server.close();
    Path permissions = directory.resolve("nats.conf");
    Files.writeString(
        permissions,
        "authorization { users = [ { user: u, password: p, permissions: { publish: "
            + "{ allow: \">\", deny: \"$JS.API.STREAM.UPDATE.>\" } } } ] }\n");
    server = NatsServer.running("-c", permissions.toString());
    BackplaneContract.Node node =
        node("starcast.backplane.nats.username", "u", "starcast.backplane.nats.password", "p");
    node.publishAll("a", 0, 10);
    server.stop();
    Path copy = server.backup();
    server.start();
    awaitAvailable(node, true);
    node.publishAll("a", 10, 20);
    node.receiver().awaitEvents(20);

    server.kill();
    server.restore(copy);
    server.start();

    awaitEpochs(node, 2);
    awaitAvailable(node, true);
    node.publishAll("b", 20, 30);
    await().untilAsserted(() -> assertThat(node.receiver().data()).endsWith("29"));
    assertThat(node.receiver().epochs()).hasSize(2);
  }

  @Test
  void theOldestEventOfANewStreamIsTheFirstThatWillCome() {
    server.start();
    BackplaneContract.Node node = node();

    assertThat(node.backplane().oldest()).isEqualTo(1);
    assertThat(BackplaneContract.get(node.publish("a", "0"))).isEqualTo(1);
  }

  @Test
  void whatIsStoredCanBeReadByANodeThatHasNotReceivedIt() {
    server.start();
    BackplaneContract.Node one = node();
    BackplaneContract.Node two = node();

    // at times the second node has not received it yet
    for (int i = 0; i < 300; i++) {
      long stored = BackplaneContract.get(one.publish("a", "" + i));
      List<StoredEvent> read = BackplaneContract.get(two.backplane().read(stored, stored));
      assertThat(read).extracting(StoredEvent::sequence).containsExactly(stored);
    }
  }

  @Test
  void whatAReadFindsDroppedIsKnownRightAfterIt() throws Exception {
    server.start();
    BackplaneContract.Node node = node();
    node.publishAll("a", 0, 20);
    node.receiver().awaitEvents(20);
    try (Connection connection = server.connect()) {
      connection
          .jetStreamManagement()
          .purgeStream(STREAM, PurgeOptions.builder().sequence(11).build());
    }

    List<StoredEvent> read = BackplaneContract.get(node.backplane().read(1, 20));

    assertThat(node.backplane().oldest()).isEqualTo(11);
    assertThat(read)
        .extracting(StoredEvent::sequence)
        .containsExactlyElementsOf(LongStream.rangeClosed(11, 20).boxed().toList());
  }

  @Test
  void aStreamThatIsDeletedIsMadeAnew() throws Exception {
    server.start();
    BackplaneContract.Node node = node();
    node.publishAll("a", 0, 100);
    node.receiver().awaitEvents(100);

    try (Connection connection = server.connect()) {
      connection.jetStreamManagement().deleteStream(STREAM);
    }
    node.publishAll("a", 100, 200);

    awaitEpochs(node, 2);
    node.receiver().awaitEvents(200);
    assertThat(node.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 200));
  }

  @Test
  void eventsThatAreGoneBeforeThisNodeReadThemAreMissed() throws Exception {
    server.start();
    BackplaneContract.Node one = node();
    BackplaneContract.Node two = node();
    one.publishAll("a", 0, 10);
    two.receiver().awaitEvents(10);
    server.stop();
    awaitAvailable(two, false);
    // elsewhere, where the nodes do not see it
    try (NatsServer elsewhere = NatsServer.running("-sd", server.store().toString());
        NatsPublisher publisher = NatsPublisher.connect(elsewhere.url());
        Connection connection = elsewhere.connect()) {
      for (int i = 0; i < 10; i++) {
        BackplaneContract.get(publisher.publish(SseMessage.of("x" + i)));
      }
      JetStreamManagement broker = connection.jetStreamManagement();
      for (long sequence = 11; sequence <= 15; sequence++) {
        broker.deleteMessage(STREAM, sequence);
      }
      broker.deleteMessage(STREAM, 18);
      broker.deleteMessage(STREAM, 20);
      elsewhere.stop();
    }

    server.start();

    two.receiver().awaitEvents(13);
    one.publishAll("a", 100, 101);
    two.receiver().awaitEvents(14);
    assertThat(
            two.receiver().calls().stream()
                .skip(11)
                .map(call -> call.kind() + " " + call.sequence() + " " + call.text()))
        .containsExactly(
            "missed 15 ",
            "received 16 x5",
            "received 17 x6",
            "missed 18 ",
            "received 19 x8",
            "missed 20 ",
            "received 21 100");
  }

  @Test
  void anEmptiedStreamIsMissed() throws Exception {
    server.start();
    BackplaneContract.Node one = node();
    one.publishAll("a", 0, 10);
    one.receiver().awaitEvents(10);
    server.stop();
    awaitAvailable(one, false);
    try (NatsServer elsewhere = NatsServer.running("-sd", server.store().toString());
        NatsPublisher publisher = NatsPublisher.connect(elsewhere.url());
        Connection connection = elsewhere.connect()) {
      BackplaneContract.get(publisher.publish(SseMessage.of("x")));
      connection.jetStreamManagement().purgeStream(STREAM);
      elsewhere.stop();
    }

    server.start();

    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(
                        one.receiver().calls("missed").stream()
                            .map(RecordingReceiver.Call::sequence))
                    .containsExactly(11L));
    awaitAvailable(one, true);
    assertThat(one.backplane().oldest()).isEqualTo(12);
  }

  @Test
  void aStreamThatIsOtherThanConfiguredFailsTheStart() throws Exception {
    server.start();
    node();

    assertConflict("replicas", "starcast.backplane.nats.replicas", "3");
    assertConflict("storage", "starcast.backplane.nats.storage", "memory");
    assertConflict("max-age", "starcast.backplane.nats.max-age", "PT2H");
    assertConflict("max-bytes", "starcast.backplane.nats.max-bytes", "2000000");
    assertConflict("subject-prefix", "starcast.backplane.nats.subject-prefix", "other");
    assertConflict("subject-prefix", "starcast.backplane.nats.stream", "OTHER");
    node("starcast.backplane.nats.storage", "file", "starcast.backplane.nats.max-age", "PT1H");
  }

  @Test
  void aStreamThatCannotBeSharedFailsTheStart() throws Exception {
    server.start();
    StreamConfiguration.Builder stream =
        StreamConfiguration.builder()
            .name(STREAM)
            .storageType(StorageType.Memory)
            .subjects("starcast.>")
            .duplicateWindow(Duration.ofMinutes(2));
    try (Connection connection = server.connect()) {
      JetStreamManagement broker = connection.jetStreamManagement();
      broker.addStream(stream.retentionPolicy(RetentionPolicy.Interest).build());
      assertConflict("stream", "starcast.backplane", "nats");
      broker.deleteStream(STREAM);
      stream.retentionPolicy(RetentionPolicy.Limits);
      broker.addStream(stream.noAck(true).build());
      assertConflict("stream", "starcast.backplane", "nats");
      broker.deleteStream(STREAM);
      broker.addStream(stream.noAck(false).maxMessagesPerSubject(5).build());
      assertConflict("stream", "starcast.backplane", "nats");
      broker.deleteStream(STREAM);
      stream.maxMessagesPerSubject(-1);
      broker.addStream(stream.duplicateWindow(Duration.ofSeconds(1)).build());
      assertConflict("stream", "starcast.backplane", "nats");
      broker.deleteStream(STREAM);
      broker.addStream(stream.duplicateWindow(Duration.ofMinutes(2)).build());
      node().publishAll("a", 0, 10);
    }
  }

  private void assertConflict(String key, String... settings) {
    assertThat(failure(starting(settings).started()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("starcast.backplane.nats." + key + ": ");
  }

  @Test
  void whatIsMalformedIsLeftOutAndNotMissed() throws Exception {
    server.start();
    BackplaneContract.Node node = node("starcast.message.max-bytes", "1024");
    try (Connection connection = server.connect()) {
      Headers frame = new Headers().put("Starcast-Frame", "1");
      send(connection, "starcast.t.ok", null, "first");
      send(connection, "starcast.t.a+b", null, "no topic");
      send(connection, "starcast.t.ok", frame, "no frame");
      send(connection, "starcast.t.ok", frame, "id: 1\ndata: x\n");
      send(connection, "starcast.t.ok", new Headers().put("Starcast-Frame", "2"), "data: x\n");
      send(connection, "starcast.t.ok", null, "x".repeat(2_000));
      send(connection, "starcast.t.ok", new Headers().put("Starcast-Sender", "%"), "x");
      send(connection, "starcast.t.ok", new Headers().put("Starcast-Topics", "other"), "x");
      send(connection, "starcast.c.NO", null, "x");
      send(connection, "starcast.t.ok", new Headers().put("Starcast-Sender", "%FF"), "x");
      for (String body :
          List.of(
              "event: x\n",
              "event: \ndata: x\n",
              "event: " + "x".repeat(257) + "\ndata: x\n",
              "event: a\nevent: b\ndata: x\n",
              "event: starcast-client\ndata: x\n",
              "event: starcast-presence\ndata: x\n",
              "retry: 99999999\n",
              "retry: 1\nretry: 2\n")) {
        send(connection, "starcast.t.ok", frame, body);
      }
      connection.publish("starcast.t.ok", new byte[] {(byte) 0xff});
      connection.publish("starcast.t.ok", frame, new byte[] {'d', 'a', 't', 'a', ':', ' ', -1, 10});
      send(connection, "starcast.t.ok", null, "last");
      connection.flush(Duration.ofMinutes(1));
    }

    node.receiver().awaitEvents(2);
    assertThat(node.receiver().data()).containsExactly("first", "last");
    assertThat(node.receiver().calls("received").get(1).sequence()).isEqualTo(21);
    assertThat(node.receiver().calls("missed")).isEmpty();
    assertThat(node.backplane().status().skipped()).isEqualTo(19);
    assertThat(BackplaneContract.get(node.backplane().read(1, 21)))
        .extracting(StoredEvent::sequence)
        .containsExactly(1L, 21L);
    assertThatThrownBy(
            () ->
                BackplaneContract.get(
                    node.backplane()
                        .append(
                            new EncodedEvent(
                                List.of("ok"),
                                null,
                                List.of(),
                                null,
                                SseFormat.draft("starcast-client", null, "x", null)))))
        .hasMessageContaining("event: names that begin with starcast");
  }

  private static void send(Connection connection, String subject, Headers headers, String text)
      throws Exception {
    connection.publish(subject, headers, text.getBytes(StandardCharsets.UTF_8));
    // what is written last may be lost when the connection is closed
    connection.flush(Duration.ofMinutes(1));
  }

  @Test
  void headersThatTheClientDoesNotTakeCostThatMessageAlone() throws Exception {
    server.start();
    BackplaneContract.Node one = node();
    BackplaneContract.Node two = node();
    for (int i = 0; i < 10; i++) {
      raw(
          withHeaders("NATS/1.0\r\nName: \u00fc\r\n\r\n")
              + withHeaders("NATS/1.0\r\nnone\r\n\r\n"));
      one.publishAll("a", 2 * i, 2 * i + 2);
    }

    one.receiver().awaitEvents(20);
    two.receiver().awaitEvents(20);
    assertThat(two.receiver().data()).isEqualTo(BackplaneContract.numbers(0, 20));
    assertThat(BackplaneContract.get(two.backplane().read(1, 40))).hasSize(20);
    for (BackplaneContract.Node node : List.of(one, two)) {
      assertThat(node.backplane().status().skipped()).isEqualTo(20);
      assertThat(node.backplane().status().outages()).isZero();
      assertThat(node.receiver().calls()).noneMatch(call -> call.kind().equals("missed"));
    }
    assertThat(one.backplane().status().failed()).isZero();
    BackplaneContract.Node late = node();
    late.receiver().awaitEvents(20);
    assertThat(late.backplane().status().outages()).isZero();
  }

  private static String withHeaders(String headers) {
    int length = headers.getBytes(StandardCharsets.UTF_8).length;
    return "HPUB starcast.t.a " + length + " " + (length + 1) + "\r\n" + headers + "x\r\n";
  }

  private void raw(String protocol) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      OutputStream out = socket.getOutputStream();
      String text = "CONNECT {\"verbose\":false,\"headers\":true}\r\n" + protocol + "PING\r\n";
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
      StringBuilder answer = new StringBuilder();
      while (answer.indexOf("PONG") < 0) {
        answer.append((char) socket.getInputStream().read());
      }
    }
  }

  @Test
  void aMessageOfAnybodyIsAnEventWithItsTextAsData() throws Exception {
    server.start();
    BackplaneContract.Node node = node();
    try (Connection connection = server.connect()) {
      send(connection, "starcast.t.orders.created", null, "{\"id\":1}\n\u00fc");
      send(connection, "starcast.all", new Headers().put("Starcast-Sender", "cron%20job"), "x");
    }

    node.receiver().awaitEvents(2);
    StoredEvent first = node.receiver().calls("received").get(0).event();
    StoredEvent second = node.receiver().calls("received").get(1).event();
    assertThat(node.receiver().data()).containsExactly("{\"id\":1}\n\u00fc", "x");
    assertThat(first.topics()).containsExactly("orders.created");
    assertThat(second.topics()).isEmpty();
    assertThat(second.sender()).isEqualTo("cron job");
  }

  @Test
  void anEventBeyondTheBrokersLimitFailsAndOthersDoNot() {
    server.start();
    BackplaneContract.Node node = node();

    Throwable failure = failure(node.publish("a", "x".repeat(2 << 20)));

    assertThat(failure).isInstanceOf(BackplaneException.class).hasMessageContaining("max_payload");
    assertThat(((BackplaneException) failure).isUnknown()).isFalse();
    node.publishAll("a", 0, 10);
    node.receiver().awaitEvents(10);
  }

  @Test
  void theBuffersBytesAreBounded() {
    BackplaneContract.Node node = starting("starcast.backplane.buffer-bytes", "65536");
    String half = "x".repeat(40_000);
    CompletionStage<Long> first = node.publish("a", half);

    assertThat(failure(node.publish("a", half)))
        .hasMessageStartingWith("starcast.backplane.buffer-bytes: ");
    server.start();
    BackplaneContract.get(first);
    BackplaneContract.get(node.publish("a", half));
  }

  @Test
  void rangesCannotBeReadWhileTheBrokerIsAway() {
    BackplaneContract.Node node = starting();

    assertThat(failure(node.backplane().read(1, 2))).isInstanceOf(BackplaneException.class);
    assertThat(node.backplane().oldest()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void credentialsThatAreRefusedAreTriedAgain() throws Exception {
    server.close();
    server = NatsServer.running("--user", "u", "--pass", "p w");
    BackplaneContract.Node bad =
        starting(
            "starcast.backplane.nats.username", "u", "starcast.backplane.nats.password", "bad");
    BackplaneContract.Node good =
        node("starcast.backplane.nats.username", "u", "starcast.backplane.nats.password", "p w");

    good.publishAll("a", 0, 10);

    assertThat(bad.backplane().status().available()).isFalse();
    assertThatThrownBy(() -> bad.started().toCompletableFuture().getNow(fail()))
        .isInstanceOf(IllegalStateException.class);
  }

  private static Void fail() {
    throw new IllegalStateException();
  }
}
