package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.starcast.internal.engine.EngineFixture.until;

import jakarta.ws.rs.sse.OutboundSseEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.FakeSink;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.wire.SseFormat;
import org.starcast.internal.writer.PortableSinkWriter;
import org.starcast.internal.writer.SinkWriter;

class PortableSinkWriterTest {

  /** Counts what the writer tells. */
  private static final class Told implements SinkWriter.Listener {
    private int writable;
    private final List<Throwable> failures = new ArrayList<>();

    @Override
    public void writable() {
      writable++;
    }

    @Override
    public void failed(Throwable cause) {
      failures.add(cause);
    }
  }

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final Told told = new Told();
  private final FakeSink sink = FakeSink.manual();
  private final PortableSinkWriter writer = new PortableSinkWriter(sink, tasks::add, told);

  /** What the executor would do by itself, on its own threads. */
  private void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  private void complete() {
    sink.complete();
    runTasks();
  }

  private void open() {
    writer.start();
    runTasks();
    complete();
  }

  private static byte[] frames(String... data) {
    StringBuilder all = new StringBuilder();
    for (String text : data) {
      all.append(
          new String(SseFormat.encode(null, null, null, text, null), StandardCharsets.UTF_8));
    }
    return all.toString().getBytes(StandardCharsets.UTF_8);
  }

  private boolean write(String... data) throws IOException {
    byte[] bytes = frames(data);
    boolean more = writer.write(bytes, 0, bytes.length);
    runTasks();
    return more;
  }

  @Test
  void opensTheResponseByACommentAndIsThenWritable() throws IOException {
    writer.start();
    assertThat(sink.sent()).as("nothing is sent on the caller's thread").isEmpty();
    runTasks();
    assertThat(sink.sent()).singleElement().extracting(OutboundSseEvent::getComment).isEqualTo("");
    assertThat(told.writable).isZero();
    assertThat(writer.resume()).isFalse();
    complete();
    assertThat(told.writable).isEqualTo(1);
    assertThat(writer.resume()).isTrue();
  }

  @Test
  void hasOneSendOutstandingAndIsWritableAfterTheLast() throws IOException {
    open();
    assertThat(write("one", "two", "three")).isFalse();
    for (int sent = 1; sent <= 3; sent++) {
      assertThat(sink.data()).hasSize(sent);
      assertThat(sink.outstanding()).isEqualTo(1);
      assertThat(told.writable).isEqualTo(1);
      assertThat(writer.resume()).isFalse();
      complete();
    }
    assertThat(told.writable).isEqualTo(2);
    assertThat(writer.resume()).isTrue();
    assertThat(sink.data()).containsExactly("one", "two", "three");
    assertThat(sink.mostOutstanding()).isEqualTo(1);
  }

  @Test
  void aCommentLineBelongsToTheEventBehindIt() throws IOException {
    open();
    byte[] line = SseFormat.commentLine();
    writer.write(line, 0, line.length);
    runTasks();
    complete();
    byte[] both = (":\n" + new String(frames("one"), StandardCharsets.UTF_8)).getBytes();
    writer.write(both, 0, both.length);
    runTasks();
    complete();
    assertThat(sink.sent()).extracting(OutboundSseEvent::getComment).containsExactly("", "", "");
    assertThat(sink.data()).containsExactly("one");
  }

  @Test
  void eachEventThatIsSentIsProgress() throws IOException {
    open();
    write("one", "two");
    assertThat(writer.progressed()).isFalse();
    complete();
    assertThat(writer.progressed()).isTrue();
    assertThat(writer.progressed()).isFalse();
  }

  @Test
  void takesOnlyTheBytesItIsGiven() throws IOException {
    open();
    byte[] one = frames("one");
    byte[] all = frames("zero", "one", "two");
    writer.write(all, frames("zero").length, one.length);
    java.util.Arrays.fill(all, (byte) 'x');
    runTasks();
    complete();
    assertThat(sink.data()).containsExactly("one");
  }

  @Test
  void aSendThatFailsOrThrowsIsAFailureAndNoMoreIsSent() throws IOException {
    open();
    write("one", "two");
    IOException cause = new IOException("broken pipe");
    sink.fail(cause);
    runTasks();
    assertThat(told.failures).singleElement().isInstanceOf(IOException.class);
    assertThat(told.failures.get(0)).hasRootCause(cause);
    assertThat(told.writable).isEqualTo(1);
    assertThat(sink.data()).containsExactly("one");
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> write("three"));
    assertThatExceptionOfType(IOException.class).isThrownBy(writer::resume);
    assertThat(sink.data()).containsExactly("one");
  }

  @Test
  void aSinkThatRefusesIsAFailure() throws IOException {
    open();
    sink.refuse(new IllegalStateException("closed"));
    write("one");
    assertThat(told.failures).singleElement().isInstanceOf(IOException.class);
  }

  @Test
  void closesTheSinkOnTheExecutor() {
    open();
    writer.close();
    assertThat(sink.closes()).isZero();
    runTasks();
    assertThat(sink.closes()).isEqualTo(1);
  }

  private static final String[] PIECES = {
    "", " ", ":", "data: x", "id: 1", "a", "é", "日本", "\n", "\n\n", "\r", "\r\n", "event: e", "\t"
  };

  private static String any(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  private static String asReceived(String text) {
    return text.replace("\r\n", "\n").replace('\r', '\n');
  }

  @Test
  void readsBackWhatTheEncoderWrote() {
    Random random = new Random(11);
    for (int round = 0; round < 20_000; round++) {
      List<String> expected = new ArrayList<>();
      StringBuilder frames = new StringBuilder();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        String event = random.nextBoolean() ? null : "e " + random.nextInt(10) + ": x";
        String id = random.nextBoolean() ? null : "7:" + random.nextInt(10);
        Duration retry = random.nextInt(4) > 0 ? null : Duration.ofMillis(random.nextInt(5_000));
        String comment = random.nextInt(4) > 0 ? null : any(random);
        String data =
            random.nextInt(8) == 0 && (comment != null || retry != null) ? null : any(random);
        frames.append(
            new String(SseFormat.encode(event, id, retry, data, comment), StandardCharsets.UTF_8));
        expected.add(
            describe(
                event,
                id,
                retry == null ? OutboundSseEvent.RECONNECT_NOT_SET : retry.toMillis(),
                data == null ? null : asReceived(data),
                comment == null ? null : asReceived(comment)));
      }
      List<String> actual =
          PortableSinkWriter.events(frames.toString(), PortableSinkWriter.Runtime.OTHER).stream()
              .map(
                  e ->
                      describe(
                          e.getName(),
                          e.getId(),
                          e.getReconnectDelay(),
                          e.getData(),
                          e.getComment()))
              .toList();
      assertThat(actual).as("frames %s", frames).isEqualTo(expected);
    }
  }

  /** Apache CXF writes {@code data:} once, and then the data as it is. */
  @Test
  void allLinesOfTheDataGetThroughCxf() {
    Random random = new Random(12);
    for (int round = 0; round < 5_000; round++) {
      String data = any(random);
      String frame =
          new String(SseFormat.encode("e", null, null, data, null), StandardCharsets.UTF_8);
      OutboundSseEvent event =
          PortableSinkWriter.events(frame, PortableSinkWriter.Runtime.CXF).get(0);

      String written = "event: " + event.getName() + "\ndata: " + event.getData() + "\n\n";

      assertThat(SseFormat.decode(written).data()).as(frame).contains(asReceived(data));
    }
  }

  @Test
  void anEventWithoutDataHasSomeForJerseyAlone() {
    String frames = "id: 1\nretry: 2000\n\n:\n\n";
    for (PortableSinkWriter.Runtime runtime : PortableSinkWriter.Runtime.values()) {
      assertThat(PortableSinkWriter.events(frames, runtime))
          .extracting(OutboundSseEvent::getData)
          .as("%s", runtime)
          .containsExactly(runtime == PortableSinkWriter.Runtime.JERSEY ? "" : null, null);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "org.glassfish.jersey.media.sse.internal.JerseyEventSink, JERSEY",
    "org.apache.cxf.jaxrs.sse.SseEventSinkImpl, CXF",
    "org.jboss.resteasy.plugins.providers.sse.SseEventOutputImpl, OTHER"
  })
  void theRuntimeIsKnownByItsSink(String type, PortableSinkWriter.Runtime runtime) {
    assertThat(PortableSinkWriter.Runtime.of(type)).isEqualTo(runtime);
  }

  private static String describe(String event, String id, long retry, Object data, String comment) {
    return event + "|" + id + "|" + retry + "|" + data + "|" + comment;
  }

  private static SseClient register(EngineFixture fixture, FakeSink sink) throws IOException {
    return fixture.engine().register(sink, Subscription.all(), null);
  }

  @Test
  void aClientOfItGetsItsEventsInOrder() throws IOException {
    FakeSink instant = FakeSink.instant();
    try (EngineFixture fixture = new EngineFixture()) {
      SseClient client = register(fixture, instant);
      assertThat(client.writer()).isEqualTo("portable");
      List<Object> expected = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        fixture.publish("a", "line " + i + "\nand another");
        expected.add("line " + i + "\nand another");
      }
      until(() -> instant.data().size() == 500);
      assertThat(instant.data()).isEqualTo(expected);
      assertThat(instant.sent().get(0).getComment()).isEmpty();
      assertThat(instant.sent().get(1).getReconnectDelay()).isEqualTo(2_000);
      assertThat(fixture.engine().statisticsSnapshot().byWriter()).containsEntry("portable", 1);
      client.close();
      until(() -> instant.closes() == 1);
      assertThat(fixture.closed(1)).containsExactly(client.id() + " APPLICATION");
    }
    assertThat(instant.closes()).isEqualTo(1);
  }

  @Test
  void aClientWhoseSendFailsIsClosed() throws IOException {
    try (EngineFixture fixture = new EngineFixture()) {
      SseClient client = register(fixture, sink);
      until(() -> sink.outstanding() == 1);
      sink.complete();
      until(() -> sink.outstanding() == 1);
      sink.fail(new IOException("broken pipe"));
      until(() -> sink.closes() == 1);
      assertThat(fixture.closed(1)).containsExactly(client.id() + " CLIENT_GONE");
    }
    assertThat(sink.closes()).isEqualTo(1);
  }

  @Test
  void aSendThatNeverCompletesIsEndedByTheWatchdog() throws IOException {
    try (EngineFixture fixture = new EngineFixture("send-timeout", "PT10M")) {
      Client client = (Client) register(fixture, sink);
      until(() -> sink.outstanding() == 1);
      sink.complete();
      until(() -> sink.outstanding() == 1);
      until(
          () -> {
            // the writer has it before the cycle has noted that the client is blocked
            client.onTime(System.nanoTime() + Duration.ofMinutes(11).toNanos());
            return sink.closes() == 1;
          });
      assertThat(fixture.closed(1)).containsExactly(client.id() + " TIMEOUT");
      assertThat(client.closeReason()).contains(CloseReason.TIMEOUT);
      // what completes too late changes nothing
      sink.complete();
      assertThat(client.send((org.starcast.MessageSource) SseMessage.of("late"))).isFalse();
    }
    assertThat(sink.closes()).isEqualTo(1);
  }

  @Test
  void theWriterInUseIsLoggedOnceAtTheFirstStream() {
    try (LogCapture log = new LogCapture("org.starcast.internal.engine");
        EngineFixture fixture = new EngineFixture()) {
      fixture.engine().started();
      assertThat(log.records()).noneMatch(record -> record.getMessage().contains("portable"));

      fixture.connect(Subscription.all());
      fixture.connect(Subscription.all());

      assertThat(log.records())
          .extracting(LogRecord::getMessage)
          .filteredOn(message -> message.startsWith("STARCAST-1071"))
          .containsExactly(
              "STARCAST-1071: the first stream is written by the writer portable, of "
                  + FakeSink.class.getName());
    }
  }
}
