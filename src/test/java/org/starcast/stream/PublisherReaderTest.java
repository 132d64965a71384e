package org.starcast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starcast.stream.SseStream.End;

/** Publishers as sources. */
class PublisherReaderTest {

  private final Harness harness = new Harness();
  private final TestSink sink = new TestSink();

  @AfterEach
  void stop() {
    sink.resume();
    harness.close();
  }

  private static End end(SseStream stream) {
    return stream.completion().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** Publishes on the thread that requests, and notes what is asked of it. */
  private static final class Numbers implements Flow.Publisher<Integer> {
    final AtomicLong requested = new AtomicLong();
    final AtomicInteger cancels = new AtomicInteger();
    private final int end;
    private final int tooMany;

    Numbers(int end, int tooMany) {
      this.end = end;
      this.tooMany = tooMany;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Integer> subscriber) {
      subscriber.onSubscribe(
          new Flow.Subscription() {
            private int next;

            @Override
            public void request(long n) {
              requested.addAndGet(n);
              for (int i = 0; i < n + tooMany && next < end; i++) {
                subscriber.onNext(next++);
              }
              if (next == end) {
                subscriber.onComplete();
              }
            }

            @Override
            public void cancel() {
              cancels.incrementAndGet();
            }
          });
    }
  }

  @Test
  void everyItemIsTakenInOrderAndACompletedPublisherIsNotCancelled() {
    Numbers numbers = new Numbers(2000, 0);

    SseStream stream = harness.streams.stream(sink, Source.of(numbers));

    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    await().until(sink::isClosed);
    assertThat(sink.received())
        .isEqualTo(IntStream.range(0, 2000).mapToObj(Integer::toString).toList());
    assertThat(numbers.cancels).hasValue(0);
  }

  @Test
  void onlyWhatTheClientTakesIsRequested() {
    sink.stall();
    Numbers numbers = new Numbers(Integer.MAX_VALUE, 0);

    SseStream stream = harness.streams.stream(sink, Source.of(numbers));

    await().until(() -> stream.client().queued() >= Harness.QUEUE / 2);
    assertThat(numbers.requested).hasValueLessThanOrEqualTo(Harness.QUEUE + 1);
    stream.stop();
    assertThat(end(stream)).isEqualTo(End.STOPPED);
    assertThat(numbers.cancels).hasValue(1);
  }

  @Test
  void aPublisherThatGivesMoreThanItWasAskedForFails() {
    Numbers numbers = new Numbers(100, 1);

    SseStream stream = harness.streams.stream(sink, Source.of(numbers));

    assertThat(end(stream)).isEqualTo(End.FAILED);
    assertThat(stream.failure()).get().isInstanceOf(IllegalStateException.class);
    assertThat(numbers.cancels).hasValue(1);
  }

  @Test
  void aPublisherOnOtherThreadsIsFollowedToItsEnd() {
    List<Integer> items = IntStream.range(0, 1000).boxed().toList();
    SseStream stream;
    try (SubmissionPublisher<Integer> publisher = new SubmissionPublisher<>()) {
      stream = harness.streams.stream(sink, Source.of(publisher));
      await().until(publisher::hasSubscribers);
      items.forEach(publisher::submit);
    }

    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    await().until(sink::isClosed);
    assertThat(sink.received()).isEqualTo(items.stream().map(Object::toString).toList());
  }

  @Test
  void aPublishersErrorIsTheStreams() {
    try (SubmissionPublisher<Integer> publisher = new SubmissionPublisher<>()) {
      SseStream stream = harness.streams.stream(sink, Source.of(publisher));
      await().until(publisher::hasSubscribers);
      publisher.submit(1);
      await().until(() -> stream.sent() == 1);
      publisher.closeExceptionally(new IllegalStateException("broken"));

      assertThat(end(stream)).isEqualTo(End.FAILED);
      await().until(sink::isClosed);
      assertThat(sink.received()).containsExactly("1", "error={\"error\":\"the stream failed\"}");
      assertThat(stream.failure()).get().hasToString("java.lang.IllegalStateException: broken");
    }
  }
}
