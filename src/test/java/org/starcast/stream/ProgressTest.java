package org.starcast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starcast.SseMessage;
import org.starcast.stream.SseStream.End;
import org.starcast.stream.SseStreams.Progress;

/** Progress streams. */
class ProgressTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Harness harness = new Harness();
  private final TestSink sink = new TestSink();
  private final AtomicReference<Progress> job = new AtomicReference<>();
  private final AtomicInteger looks = new AtomicInteger();

  @AfterEach
  void stop() {
    harness.close();
  }

  private SseStream follow() {
    return harness.streams.progress(
        sink,
        "7",
        id -> {
          looks.incrementAndGet();
          assertThat(id).isEqualTo("7");
          return Optional.ofNullable(job.get());
        },
        SECOND);
  }

  /** Moves the clock until the stream has looked again. */
  private void look() {
    int before = looks.get();
    await()
        .until(
            () -> {
              if (harness.timer.armed() > 0) {
                harness.timer.advance(SECOND);
              }
              return looks.get() > before;
            });
  }

  private static End end(SseStream stream) {
    return stream.completion().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private void awaitEvents(int count) {
    await().untilAsserted(() -> assertThat(sink.received()).hasSize(count));
  }

  @Test
  void onlyChangesAreSentAndTheLastStateEndsTheStream() {
    job.set(Progress.running(0, "begins"));
    SseStream stream = follow();
    awaitEvents(1);
    look();
    look();
    job.set(new Progress(50, "half", Duration.ofSeconds(9), Progress.State.RUNNING));
    look();
    awaitEvents(2);
    job.set(Progress.completed("done"));
    look();

    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    await().until(sink::isClosed);
    assertThat(sink.received())
        .containsExactly(
            json("running", "0.0", "begins", "null"),
            json("running", "50.0", "half", "9.0"),
            json("completed", "100.0", "done", "0.0"));
  }

  private static String json(String state, String percent, String message, String eta) {
    return "progress={\"job\":\"7\",\"state\":\"%s\",\"percent\":%s,\"message\":\"%s\",\"etaSeconds\":%s}"
        .formatted(state, percent, message, eta);
  }

  @Test
  void aJobThatFailsIsToldAsItsLastState() {
    job.set(Progress.failed(40, "no space"));

    assertThat(end(follow())).isEqualTo(End.COMPLETED);
    await().until(sink::isClosed);
    assertThat(sink.received()).containsExactly(json("failed", "40.0", "no space", "null"));
  }

  @Test
  void anUnknownJobIsAnErrorAndNotAFinishedOne() {
    SseStream stream = follow();

    assertThat(end(stream)).isEqualTo(End.FAILED);
    assertThat(stream.failure()).get().isInstanceOf(Progress.UnknownJobException.class);
    awaitEvents(1);
    assertThat(sink.received()).containsExactly("error={\"error\":\"unknown job\",\"job\":\"7\"}");
  }

  @Test
  void aJobThatVanishesIsAnErrorToo() {
    job.set(Progress.running(1, ""));
    SseStream stream = follow();
    awaitEvents(1);
    job.set(null);
    look();

    assertThat(end(stream)).isEqualTo(End.FAILED);
    awaitEvents(2);
    assertThat(sink.received().get(1)).startsWith("error=");
  }

  @Test
  void theTimeLeftIsEstimatedFromTheSpeedSoFar() {
    ProgressReader reader = new ProgressReader("7", id -> Optional.of(job.get()), harness.timer);
    job.set(Progress.running(20, ""));
    assertThat(reader.poll().eta()).isNull();

    harness.timer.advance(Duration.ofSeconds(10));
    job.set(Progress.running(40, ""));

    assertThat(reader.poll().eta()).isEqualTo(Duration.ofSeconds(30));
    assertThat(reader.poll()).isNull();
  }

  @Test
  void theApplicationMayShowProgressItsOwnWay() {
    job.set(Progress.completed("done"));

    SseStream stream =
        harness.streams.progress(
            sink,
            "7",
            id -> Optional.of(job.get()),
            SECOND,
            StreamOptions.defaults()
                .transform((Progress p) -> SseMessage.of("<b>" + p.percent() + "</b>")));

    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    awaitEvents(1);
    assertThat(sink.received()).containsExactly("progress=<b>100.0</b>");
  }

  @Test
  void valuesAreChecked() {
    assertThatThrownBy(() -> Progress.running(Double.NaN, ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("percent: must be 0 to 100, is NaN");
    assertThatThrownBy(() -> Progress.running(100.5, "")).hasMessageStartingWith("percent: ");
  }
}
