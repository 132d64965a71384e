package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * What every {@link Backplane} does. Of an application's own one, too: copy this class and {@link
 * RecordingReceiver}, which use nothing of Starcast but {@code org.starcast.spi}, and extend it.
 */
public abstract class BackplaneContract {

  private final List<Backplane> made = new ArrayList<>();
  private final ConcurrentLinkedQueue<Thread> threads = new ConcurrentLinkedQueue<>();

  /**
   * Another node of the same application.
   *
   * @param settings keys and values, by turns
   */
  public abstract Backplane create(String... settings);

  /** Ends what is still open. */
  @AfterEach
  public void closeAll() {
    made.forEach(Backplane::close);
  }

  /** A node that is created and started, and has got all that was stored. */
  public final Node node(String... settings) {
    Node node = starting(settings);
    get(node.started);
    return node;
  }

  /** A node that is created and started. */
  public final Node starting(String... settings) {
    Backplane backplane = create(settings);
    made.add(backplane);
    RecordingReceiver receiver = new RecordingReceiver();
    ThreadFactory factory =
        task -> {
          Thread thread = new Thread(task);
          thread.setDaemon(true);
          threads.add(thread);
          return thread;
        };
    return new Node(backplane, receiver, backplane.start(receiver, factory));
  }

  /** A node: its backplane and what it received. */
  public record Node(
      Backplane backplane, RecordingReceiver receiver, CompletionStage<Void> started) {

    CompletionStage<Long> publish(String topic, String data) {
      return backplane.append(envelope(data, topic));
    }

    /** Publishes, and waits for all of them. */
    List<Long> publishAll(String topic, int from, int to) {
      List<CompletionStage<Long>> stages =
          IntStream.range(from, to).mapToObj(i -> publish(topic, Integer.toString(i))).toList();
      return stages.stream().map(BackplaneContract::get).toList();
    }
  }

  public static OutgoingEvent envelope(String data, String... topics) {
    return OutgoingEvent.of(
        List.of(topics), null, List.of(), null, null, body("data: " + data + "\n"));
  }

  private static byte[] body(String lines) {
    return lines.getBytes(StandardCharsets.UTF_8);
  }

  public static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new CompletionException(e);
    }
  }

  public static List<String> numbers(int from, int to) {
    return IntStream.range(from, to).mapToObj(Integer::toString).toList();
  }

  private static String data(StoredEvent event) {
    return RecordingReceiver.field("data", event);
  }

  private static void assumeShared(Node node) {
    Assumptions.assumeTrue(node.backplane.isShared(), "a backplane of one node alone");
  }

  @Test
  public void anEventIsReceivedWithTheSequenceThatAppendTells() {
    Node node = node();
    OutgoingEvent envelope =
        OutgoingEvent.of(
            List.of("a.b", "c,\u00fc%"),
            "Ann, 100% \u00fcber",
            Set.of("client,1", "client 2"),
            "key=\u00fc",
            null,
            body(": note\nevent: named\nretry: 3000\ndata: one\ndata: \ndata: two \u00fc\n"));

    long sequence = get(node.backplane.append(envelope));

    node.receiver.awaitEvents(1);
    StoredEvent event = node.receiver.calls("received").get(0).event();
    assertThat(event.sequence()).isEqualTo(sequence);
    assertThat(event.topics()).containsExactly("a.b", "c,\u00fc%");
    assertThat(event.sender()).isEqualTo("Ann, 100% \u00fcber");
    assertThat(event.except()).containsExactlyInAnyOrder("client,1", "client 2");
    assertThat(event.time())
        .isBetween(System.currentTimeMillis() - 60_000, System.currentTimeMillis() + 60_000);
    assertThat(new String(event.bytes(), 0, event.length(), StandardCharsets.UTF_8))
        .isEqualTo(
            ": note\nevent: named\nretry: 3000\ndata: one\ndata: \ndata: two \u00fc\nid: "
                + node.receiver.epochs().get(0)
                + "-"
                + sequence
                + "\n\n");
    assertThat(node.receiver.envelopes()).containsExactly(envelope);
  }

  @Test
  public void eventsOfOnePublisherKeepTheirOrderInOneEpoch() {
    Node node = node();

    List<Long> sequences = node.publishAll("a", 0, 3_000);

    node.receiver.awaitEvents(3_000);
    assertThat(node.receiver.data()).isEqualTo(numbers(0, 3_000));
    assertThat(sequences).isSorted().doesNotHaveDuplicates();
    assertThat(node.receiver.calls("received").stream().map(RecordingReceiver.Call::sequence))
        .isEqualTo(sequences);
    assertThat(node.receiver.epochs()).hasSize(1);
    assertThat(node.receiver.calls("missed")).isEmpty();
  }

  @Test
  public void anEventWithoutTopicsIsForEveryClient() {
    Node node = node();

    get(node.backplane.append(envelope("x")));

    node.receiver.awaitEvents(1);
    assertThat(node.receiver.calls("received").get(0).event().topics()).isEmpty();
  }

  @Test
  public void commandsComeInTheOrderOfEvents() {
    Node node = node();

    for (int i = 0; i < 100; i++) {
      CompletionStage<Long> event = node.publish("a", Integer.toString(i));
      CompletionStage<Void> command =
          node.backplane.command("drop-it", Integer.toString(i).getBytes(StandardCharsets.UTF_8));
      get(event);
      get(command);
    }

    await().untilAsserted(() -> assertThat(node.receiver.calls("commanded")).hasSize(100));
    assertThat(node.receiver.calls().stream().skip(1).map(RecordingReceiver.Call::text))
        .isEqualTo(
            IntStream.range(0, 100)
                .boxed()
                .flatMap(i -> Stream.of("" + i, "drop-it:" + i))
                .toList());
  }

  @Test
  public void aCommandWithoutATypeIsRefused() {
    Node node = node();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> node.backplane.command("Drop", new byte[0]))
        .withMessageStartingWith("type: ");
  }

  @Test
  public void rangesAreReadAgain() {
    Node node = node();
    List<Long> sequences = node.publishAll("a", 0, 1_000);
    node.receiver.awaitEvents(1_000);
    if (node.backplane.oldest() == Long.MAX_VALUE) {
      assertThat(get(node.backplane.read(sequences.get(0), sequences.get(999)))).isEmpty();
      assertThat(node.backplane.isShared()).as("what is shared can be read").isFalse();
      return;
    }

    List<StoredEvent> read = readAll(node.backplane, sequences.get(100), sequences.get(899));

    assertThat(read.stream().map(StoredEvent::sequence)).isEqualTo(sequences.subList(100, 900));
    assertThat(read.stream().map(BackplaneContract::data)).isEqualTo(numbers(100, 900));
    String id = node.receiver.epochs().get(0) + "-" + sequences.get(100);
    assertThat(RecordingReceiver.field("id", read.get(0))).isEqualTo(id);
    assertThat(node.backplane.oldest()).isLessThanOrEqualTo(sequences.get(0));
    assertThat(get(node.backplane.read(sequences.get(999) + 1, Long.MAX_VALUE))).isEmpty();
  }

  private static List<StoredEvent> readAll(Backplane backplane, long from, long to) {
    List<StoredEvent> all = new ArrayList<>();
    for (long at = from; at <= to; at = all.get(all.size() - 1).sequence() + 1) {
      List<StoredEvent> some = get(backplane.read(at, to));
      if (some.isEmpty()) {
        break;
      }
      assertThat(some.size()).isLessThanOrEqualTo(256);
      all.addAll(some);
    }
    return all;
  }

  @Test
  public void whatDoesNotFitTheBufferFailsAtOnceAndTheRestIsStored() {
    Node node = node("starcast.backplane.buffer-events", "10");

    List<CompletionStage<Long>> stages =
        IntStream.range(0, 5_000).mapToObj(i -> node.publish("a", "" + i)).toList();

    List<String> stored = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      try {
        get(stages.get(i));
        stored.add("" + i);
      } catch (CompletionException e) {
        assertThat(e).hasRootCauseInstanceOf(BackplaneException.class);
        assertThat(e.getCause().getCause())
            .hasMessageStartingWith("starcast.backplane.buffer-events: 10 events wait already");
        assertThat(((BackplaneException) e.getCause().getCause()).isUnknown()).isFalse();
      }
    }
    node.receiver.awaitEvents(stored.size());
    assertThat(node.receiver.data()).isEqualTo(stored);
    assertThat(node.backplane.status().waiting()).isZero();
    assertThat(node.backplane.status().waitingBytes()).isZero();
    assertThat(node.backplane.status().stored()).isEqualTo(stored.size());
    assertThat(node.backplane.status().failed()).isEqualTo(5_000 - stored.size());
  }

  @Test
  public void twoNodesReceiveTheSameInTheSameOrder() {
    Node one = node();
    assumeShared(one);
    Node two = node();

    List<CompletionStage<Long>> stages = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      stages.add((i % 2 == 0 ? one : two).publish("a", "" + i));
    }
    stages.forEach(BackplaneContract::get);

    one.receiver.awaitEvents(2_000);
    two.receiver.awaitEvents(2_000);
    assertThat(lines(one)).isEqualTo(lines(two));
    assertThat(one.receiver.data()).containsExactlyInAnyOrderElementsOf(numbers(0, 2_000));
    assertThat(one.receiver.data().stream().filter(text -> Integer.parseInt(text) % 2 == 0))
        .isEqualTo(IntStream.range(0, 1_000).mapToObj(i -> "" + 2 * i).toList());
  }

  @Test
  public void whatTwoNodesAppendWithTheSameKeyIsStoredOnce() {
    Node one = node();
    assumeShared(one);
    Node two = node();

    List<Long> stored = new ArrayList<>();
    for (Node node : List.of(one, two, one)) {
      stored.add(get(node.backplane.append(keyed("first", "p-1-0"))));
    }
    long other = get(two.backplane.append(keyed("other", "p-1-1")));
    get(one.backplane.command("mark", new byte[0]));

    assertThat(stored).containsOnly(stored.get(0));
    assertThat(other).isGreaterThan(stored.get(0));
    for (Node node : List.of(one, two)) {
      await().untilAsserted(() -> assertThat(node.receiver.calls("commanded")).hasSize(1));
      assertThat(node.receiver.data()).containsExactly("first", "other");
      assertThat(node.receiver.envelopes().stream().map(OutgoingEvent::key))
          .containsExactly("p-1-0", "p-1-1");
    }
    assertThat(one.receiver.calls("commanded")).isEqualTo(two.receiver.calls("commanded"));
  }

  private static OutgoingEvent keyed(String data, String key) {
    return new EncodedEvent(
        List.of("a"), null, List.of(), null, key, SseFormat.draft(null, null, data, null));
  }

  private static List<String> lines(Node node) {
    return node.receiver.calls("received").stream().map(RecordingReceiver.Call::line).toList();
  }

  @Test
  public void aNodeThatStartsGetsTheLatestEvents() {
    Node one = node();
    assumeShared(one);
    List<Long> sequences = one.publishAll("a", 0, 100);

    Node two = node("starcast.log.events", "30");

    assertThat(two.receiver.data()).isEqualTo(numbers(70, 100));
    assertThat(two.receiver.epochs()).isEqualTo(one.receiver.epochs());
    assertThat(two.receiver.calls().get(0).sequence()).isEqualTo(sequences.get(70) - 1);
    one.publishAll("a", 100, 110);
    two.receiver.awaitEvents(40);
    assertThat(two.receiver.data()).isEqualTo(numbers(70, 110));
  }

  @Test
  public void aNodeThatStartsGetsTheStatesFromBefore() {
    String[] settings = {
      "starcast.log.retain.\"state.*\"", "latest",
      "starcast.log.retain.\"*.last\"", "latest",
      "starcast.log.retain.\"room-*.+\"", "latest",
      "starcast.log.events", "16"
    };
    Node one = node(settings);
    assumeShared(one);
    for (String data : List.of("old", "new")) {
      get(one.publish("state.a", "a " + data));
      get(one.publish("state.b.c", "b " + data));
      get(one.publish("x.y.last", "last " + data));
      get(one.publish("room-1.x", "room " + data));
      get(one.publish("room-1.x.y", "no room " + data));
      get(one.publish("other", "other " + data));
    }
    get(one.backplane.append(envelope("two new", "other", "state.d")));
    one.publishAll("noise", 0, 16);

    Node two = node(settings);

    assertThat(two.receiver.states(0).stream().map(BackplaneContract::data))
        .containsExactly("a new", "b new", "last new", "room new", "two new");
    assertThat(two.receiver.states(0).stream().map(StoredEvent::sequence).toList()).isSorted();
    assertThat(two.receiver.data()).isEqualTo(numbers(0, 16));
  }

  @Test
  public void statesAreBounded() {
    String[] settings = {
      "starcast.log.retain.\"*\"", "latest",
      "starcast.log.retain-topics", "10",
      "starcast.log.events", "16"
    };
    Node one = node(settings);
    assumeShared(one);
    for (int i = 0; i < 50; i++) {
      get(one.publish("topic." + i, "" + i));
    }
    one.publishAll("noise", 0, 16);

    Node two = node(settings);

    assertThat(two.receiver.states(0).stream().map(BackplaneContract::data))
        .isEqualTo(numbers(40, 50));
  }

  @Test
  public void closeStoresWhatWasAppendedAndEndsTheThreads() {
    Node node = node();
    List<CompletionStage<Long>> stages =
        LongStream.range(0, 500).mapToObj(i -> node.publish("a", "" + i)).toList();

    node.backplane.close();

    stages.forEach(BackplaneContract::get);
    int received = node.receiver.calls().size();
    await().untilAsserted(() -> assertThat(threads).noneMatch(Thread::isAlive));
    assertThat(node.receiver.calls()).hasSize(received);
    assertThatThrownBy(() -> get(node.publish("a", "late")))
        .hasRootCauseInstanceOf(BackplaneException.class);
  }

  @Test
  public void closeBeforeStartIsNoError() {
    create().close();
  }
}
