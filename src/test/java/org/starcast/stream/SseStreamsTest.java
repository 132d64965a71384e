package org.starcast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.stream.Source.Emitter;
import org.starcast.stream.SseStream.End;

/** Streams over a real engine. */
class SseStreamsTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Harness harness = new Harness();
  private final SseStreams streams = harness.streams;
  private final TestSink sink = new TestSink();

  @AfterEach
  void stop() {
    sink.resume();
    harness.close();
  }

  private static End end(SseStream stream) {
    return stream.completion().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private void awaitReceived(String... data) {
    await().untilAsserted(() -> assertThat(sink.received()).containsExactly(data));
  }

  /** Counts from 0, for ever unless told otherwise, and notes what is done to it. */
  private static final class Counter implements Iterator<Integer>, AutoCloseable {
    final AtomicInteger given = new AtomicInteger();
    final AtomicInteger closes = new AtomicInteger();
    private final int end;

    Counter(int end) {
      this.end = end;
    }

    @Override
    public boolean hasNext() {
      return given.get() < end;
    }

    @Override
    public Integer next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return given.getAndIncrement();
    }

    @Override
    public void close() {
      closes.incrementAndGet();
    }
  }

  @Test
  void allItemsComeInTheirOrderAndTheResponseEnds() {
    Counter counter = new Counter(1000);

    SseStream stream = streams.stream(sink, Source.of(counter));

    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    await().until(sink::isClosed);
    assertThat(sink.received())
        .isEqualTo(IntStream.range(0, 1000).mapToObj(Integer::toString).toList());
    assertThat(counter.closes).hasValue(1);
    assertThat(stream.taken()).isEqualTo(1000);
    assertThat(stream.sent()).isEqualTo(1000);
    assertThat(stream.client().closeReason()).contains(CloseReason.APPLICATION);
    assertThat(stream.client().type()).isEqualTo("stream");
  }

  @Test
  void aClientThatTakesNothingIsNotRunAheadOf() {
    sink.stall();
    Counter counter = new Counter(Integer.MAX_VALUE);

    SseStream stream = streams.stream(sink, Source.of(counter));

    await().until(() -> stream.client().queued() >= Harness.QUEUE / 2);
    assertThat(counter.given).hasValueLessThanOrEqualTo(Harness.QUEUE + 1);
    sink.resume();
    await().until(() -> counter.given.get() > 10_000);
    stream.stop();
    assertThat(end(stream)).isEqualTo(End.STOPPED);
    assertThat(stream.client().closeReason()).contains(CloseReason.APPLICATION);
    assertThat(counter.closes).hasValue(1);
  }

  @Test
  void theSourceIsClosedOnceWhenTheClientIsGone() {
    Counter counter = new Counter(Integer.MAX_VALUE);
    SseStream stream = streams.stream(sink, Source.of(counter));
    await().until(() -> sink.received().size() > 10);

    sink.breakDown();

    assertThat(end(stream)).isEqualTo(End.CLIENT_CLOSED);
    assertThat(counter.closes).hasValue(1);
    stream.stop();
    assertThat(end(stream)).isEqualTo(End.CLIENT_CLOSED);
    assertThat(counter.closes).hasValue(1);
  }

  @Test
  void anIdleSourceIsClosedWhenItsClientIsClosed() {
    AtomicInteger cancelled = new AtomicInteger();
    SseStream stream =
        streams.stream(sink, Source.emitter(e -> e.onClose(cancelled::incrementAndGet)));
    await().until(() -> stream.client().state() == SseClient.State.OPEN);

    stream.client().close();

    assertThat(end(stream)).isEqualTo(End.CLIENT_CLOSED);
    assertThat(cancelled).hasValue(1);
  }

  @Test
  void aFailureIsTheLastEventAndTellsNothingOfItself() {
    List<String> items = List.of("a", "b");
    SseStream stream =
        streams.stream(
            sink,
            Source.of(
                items.stream()
                    .map(
                        item -> {
                          if (item.equals("b")) {
                            throw new IllegalStateException("secret");
                          }
                          return item;
                        })));

    assertThat(end(stream)).isEqualTo(End.FAILED);
    awaitReceived("a", "error={\"error\":\"the stream failed\"}");
    await().until(sink::isClosed);
    assertThat(stream.failure()).get().hasToString("java.lang.IllegalStateException: secret");
  }

  @Test
  void anApplicationSaysWhatAFailureLooksLike() {
    SseStream stream =
        streams.stream(
            sink,
            Source.of(List.of("a")),
            StreamOptions.defaults()
                .transform(
                    (String item) -> {
                      throw new IllegalArgumentException("no " + item);
                    })
                .onError(failure -> Optional.of(SseMessage.of(failure.getMessage())))
                .closing(SseMessage.of("never")));

    assertThat(end(stream)).isEqualTo(End.FAILED);
    awaitReceived("no a");
  }

  @Test
  void theOptionsFrameNameAndTransformTheItems() {
    SseStream stream =
        streams.stream(
            sink,
            Source.of(Stream.of(1, 2, 3, 4)),
            StreamOptions.defaults()
                .retry(Duration.ofMillis(1234))
                .initial(SseMessage.builder().comment("Connected").build())
                .closing(SseMessage.builder().event("done").data("").build())
                .event("number")
                .transform(
                    (Integer n) ->
                        n % 2 == 0
                            ? null
                            : n == 3
                                ? SseMessage.builder().event("own").data("three").build()
                                : "n" + n));

    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    awaitReceived("number=n1", "own=three", "done=");
    assertThat(sink.comments()).containsExactly("Connected");
    assertThat(sink.retries()).contains(1234L);
    assertThat(stream.dropped()).isEqualTo(2);
    assertThat(stream.sent()).isEqualTo(2);
  }

  @Test
  void anIntervalIsWaitedForByTheTimer() {
    SseStream stream =
        streams.stream(
            sink, Source.of(List.of("a", "b", "c")), StreamOptions.defaults().interval(SECOND));
    awaitReceived("a");
    await().until(() -> harness.timer.armed() == 1);

    harness.timer.advance(SECOND.minusMillis(1));
    assertThat(stream.taken()).isEqualTo(1);
    harness.timer.advance(Duration.ofMillis(1));

    awaitReceived("a", "b");
    assertThat(stream.taken()).isEqualTo(2);
  }

  @Test
  void aTimeoutEndsTheStreamEvenWhileTheSourceBlocks() throws InterruptedException {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger closes = new AtomicInteger();
    Stream<String> blocking =
        Stream.generate(
                () -> {
                  entered.countDown();
                  try {
                    release.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  return "late";
                })
            .onClose(closes::incrementAndGet);
    SseStream stream =
        streams.stream(
            sink,
            Source.of(blocking),
            StreamOptions.defaults().timeout(SECOND).closing(SseMessage.of("time is up")));
    entered.await();

    harness.timer.advance(SECOND);

    await().until(sink::isClosed);
    assertThat(sink.received()).containsExactly("time is up");
    assertThat(closes).hasValue(0);
    release.countDown();
    assertThat(end(stream)).isEqualTo(End.TIMEOUT);
    assertThat(closes).hasValue(1);
    assertThat(stream.sent()).isZero();
  }

  @Test
  void anIdleTimeoutEndsAStreamWhoseSourceGivesNothing() {
    LinkedBlockingQueue<String> queue = new LinkedBlockingQueue<>(List.of("first"));
    SseStream stream =
        streams.stream(
            sink,
            Source.queue(queue),
            StreamOptions.defaults().idleTimeout(SECOND.multipliedBy(3)));
    awaitReceived("first");

    await()
        .until(
            () -> {
              harness.timer.advance(Duration.ofMillis(100));
              return stream.completion().toCompletableFuture().isDone();
            });

    assertThat(end(stream)).isEqualTo(End.IDLE);
    assertThat(harness.timer.now()).isGreaterThanOrEqualTo(Duration.ofSeconds(3).toNanos());
  }

  @Test
  void aPingOfTheApplicationsFollowsSilence() {
    AtomicInteger pings = new AtomicInteger();
    streams.stream(
        sink,
        Source.emitter(e -> {}),
        StreamOptions.defaults()
            .heartbeat(
                SECOND,
                () -> SseMessage.builder().comment("ping " + pings.incrementAndGet()).build()));
    await().until(() -> harness.timer.armed() == 1);

    harness.timer.advance(SECOND);
    await().untilAsserted(() -> assertThat(sink.comments()).containsExactly("ping 1"));
    await()
        .untilAsserted(
            () -> {
              // once is too little while the thread of the first one has not returned
              harness.timer.advance(SECOND);
              assertThat(sink.comments()).startsWith("ping 1", "ping 2");
            });
  }

  @Test
  void aPingThatNoThreadTookIsMadeTheNextTime() {
    AtomicBoolean full = new AtomicBoolean();
    AtomicInteger refused = new AtomicInteger();
    Executor application =
        task -> {
          if (full.get()) {
            refused.incrementAndGet();
            throw new RejectedExecutionException("expected by the test");
          }
          harness.executor.execute(task);
        };
    harness.streams(new StreamThreads(application, harness.executor, harness.timer)).stream(
        sink,
        Source.emitter(e -> {}),
        StreamOptions.defaults()
            .heartbeat(SECOND, () -> SseMessage.builder().comment("ping").build()));
    await().until(() -> harness.timer.armed() == 1);

    full.set(true);
    harness.timer.advance(SECOND);
    await().until(() -> refused.get() == 1 && harness.timer.armed() == 1);
    assertThat(sink.comments()).isEmpty();
    full.set(false);
    harness.timer.advance(SECOND);
    await().untilAsserted(() -> assertThat(sink.comments()).containsExactly("ping"));
  }

  @Test
  void aSupplierIsPolledUntilItIsDone() {
    LinkedBlockingQueue<String> given = new LinkedBlockingQueue<>(List.of("a"));
    AtomicBoolean done = new AtomicBoolean();
    SseStream stream =
        streams.stream(
            sink,
            Source.pollOptional(() -> Optional.ofNullable(given.poll()), done::get),
            StreamOptions.defaults().interval(SECOND));
    awaitReceived("a");

    await()
        .until(
            () -> {
              harness.timer.advance(SECOND);
              if (sink.received().size() == 1) {
                given.offer("b");
              } else {
                done.set(true);
              }
              return stream.completion().toCompletableFuture().isDone();
            });

    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    await().until(sink::isClosed);
    assertThat(sink.received()).startsWith("a", "b");
  }

  @Test
  void aQueueEndsAtItsMarker() {
    LinkedBlockingQueue<String> queue = new LinkedBlockingQueue<>(List.of("a", "b", "END", "c"));

    SseStream stream = streams.stream(sink, Source.queue(queue, "END"));

    await()
        .until(
            () -> {
              harness.timer.advance(SECOND);
              return stream.completion().toCompletableFuture().isDone();
            });
    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    awaitReceived("a", "b");
    assertThat(queue).containsExactly("c");
  }

  @Test
  void anEmitterTakesFromManyThreadsAndKeepsEachOnesOrder() {
    int threads = 4;
    int each = 500;
    AtomicReference<Emitter<String>> emitter = new AtomicReference<>();
    SseStream stream = streams.<String>stream(sink, Source.emitter(emitter::set));
    await().until(() -> emitter.get() != null);

    for (int t = 0; t < threads; t++) {
      String name = t + ":";
      harness.executor.execute(() -> produce(emitter.get(), name, each));
    }
    await().until(() -> sink.received().size() == threads * each);
    emitter.get().complete();

    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    for (int t = 0; t < threads; t++) {
      String name = t + ":";
      assertThat(sink.received().stream().filter(item -> item.startsWith(name)))
          .isEqualTo(IntStream.range(0, each).mapToObj(i -> name + i).toList());
    }
    assertThat(emitter.get().emit("late")).isFalse();
  }

  private static void produce(Emitter<String> emitter, String name, int count) {
    for (int i = 0; i < count; ) {
      if (emitter.emit(name + i)) {
        i++;
      } else if (!emitter.ready().toCompletableFuture().join()) {
        return;
      }
    }
  }

  @Test
  void aFullEmitterRefusesAndSaysWhenItHasRoom() {
    sink.stall();
    AtomicReference<Emitter<Integer>> given = new AtomicReference<>();
    SseStream stream = streams.<Integer>stream(sink, Source.emitter(4, given::set));
    await().until(() -> given.get() != null);
    Emitter<Integer> emitter = given.get();
    await().until(() -> !emitter.emit(1));

    var ready = emitter.ready().toCompletableFuture();
    assertThat(ready).isNotDone();
    sink.resume();

    await().until(ready::isDone);
    assertThat(ready.join()).isTrue();
    stream.stop();
    end(stream);
    assertThat(emitter.ready().toCompletableFuture().join()).isFalse();
    assertThat(emitter.isOpen()).isFalse();
  }

  @Test
  void aProducerThatThrowsFailsTheStreamBehindWhatItEmitted() {
    SseStream stream =
        streams.<String>stream(
            sink,
            Source.emitter(
                emitter -> {
                  emitter.emit("before");
                  throw new IllegalStateException("broken");
                }));

    assertThat(end(stream)).isEqualTo(End.FAILED);
    awaitReceived("before", "error={\"error\":\"the stream failed\"}");
  }

  /** Application code that fails in the worst of places: what it throws, and where. */
  private enum Failing {
    ON_ERROR_RETHROWS,
    ON_ERROR_FAILS,
    ON_ERROR_GIVES_NULL,
    LAST_MESSAGE_TOO_LARGE,
    TRANSFORM_BEHIND_A_THROTTLE,
    KEY_OF_A_THROTTLE,
    PING,
    CLOSE
  }

  @ParameterizedTest
  @EnumSource
  void theSourceIsClosedAndTheClientEndedWhateverFails(Failing failing) {
    IllegalStateException constant = new IllegalStateException("always the same");
    AtomicInteger closes = new AtomicInteger();
    boolean ping = failing == Failing.PING;
    Source<Integer> source =
        Source.of(
            Stream.iterate(1, i -> i + 1)
                .peek(
                    i -> {
                      if (i == 4 && !ping) {
                        throw constant;
                      }
                    })
                .onClose(
                    () -> {
                      closes.incrementAndGet();
                      if (failing == Failing.CLOSE) {
                        throw new AssertionError("close");
                      }
                    }));
    StreamOptions<Integer> options = StreamOptions.defaults().transform((Integer i) -> "" + i);
    options =
        switch (failing) {
          case ON_ERROR_RETHROWS ->
              options.onError(
                  failure -> {
                    throw (RuntimeException) failure;
                  });
          case ON_ERROR_FAILS ->
              options.onError(
                  failure -> {
                    throw new AssertionError("onError");
                  });
          case ON_ERROR_GIVES_NULL -> options.onError(failure -> null);
          case LAST_MESSAGE_TOO_LARGE ->
              options.onError(failure -> Optional.of(SseMessage.of("x".repeat(10_000_000))));
          case TRANSFORM_BEHIND_A_THROTTLE ->
              options
                  .throttle(Throttle.buffer(SECOND, 10))
                  .transform(
                      (Integer i) -> {
                        throw constant;
                      });
          case KEY_OF_A_THROTTLE ->
              options.throttle(
                  Throttle.conflate(
                      SECOND,
                      i -> {
                        throw new AssertionError("key");
                      },
                      10));
          case PING ->
              options
                  .interval(Duration.ofDays(1))
                  .heartbeat(
                      SECOND,
                      () -> {
                        throw new AssertionError("ping");
                      });
          case CLOSE -> options;
        };

    SseStream stream = streams.stream(sink, source, options);
    if (ping) {
      await().until(() -> stream.sent() == 1);
      harness.timer.advance(SECOND);
    }

    assertThat(end(stream)).isEqualTo(End.FAILED);
    assertThat(closes).hasValue(1);
    assertThat(stream.failure()).isPresent();
    await().until(sink::isClosed);
    assertThat(stream.client().state()).isEqualTo(SseClient.State.CLOSED);
    List<String> received = sink.received();
    if (failing == Failing.LAST_MESSAGE_TOO_LARGE) {
      assertThat(received).containsExactly("1", "2", "3");
    } else {
      assertThat(received.get(received.size() - 1))
          .isEqualTo("error={\"error\":\"the stream failed\"}");
    }
  }

  @Test
  void aRefusedClientLeavesTheSourceClosed() {
    Counter counter = new Counter(3);
    SseStreams refusing =
        new StreamsBean(
            (sink, subscription) -> {
              throw new IllegalStateException("full");
            },
            SseMessage::of,
            harness.threads(harness.timer),
            null,
            () -> null);

    assertThatThrownBy(() -> refusing.stream(sink, Source.of(counter))).hasMessage("full");

    assertThat(counter.closes).hasValue(1);
    assertThat(counter.given).hasValue(0);
  }

  @Test
  void aSourceIsUsedOnce() {
    Source<Integer> source = Source.of(List.of(1));
    end(streams.stream(sink, source));

    assertThatThrownBy(() -> streams.stream(new TestSink(), source))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("source: ");
  }

  @Test
  void anExistingClientStaysOpenBehindTheStream() {
    SseStream first = streams.stream(sink, Source.emitter(e -> {}));
    SseClient client = first.client();

    assertThat(end(streams.stream(client, Source.of(List.of("x"))))).isEqualTo(End.COMPLETED);

    awaitReceived("x");
    assertThat(client.send("more")).isTrue();
    awaitReceived("x", "more");
  }

  @Test
  void anApplicationThatStopsEndsItsStreams() {
    Counter counter = new Counter(Integer.MAX_VALUE);
    SseStream stream = streams.stream(sink, Source.of(counter));
    await().until(() -> counter.given.get() > 0);

    harness.engine.stop();

    assertThat(end(stream)).isEqualTo(End.CLIENT_CLOSED);
    assertThat(counter.closes).hasValue(1);
  }

  @Test
  void theLastOfAThrottleIsSentByTheTimer() {
    AtomicReference<Emitter<Integer>> emitter = new AtomicReference<>();
    SseStream stream =
        streams.stream(
            sink,
            Source.<Integer>emitter(emitter::set),
            StreamOptions.defaults().throttle(Throttle.latest(SECOND)));
    await().until(() -> emitter.get() != null);
    for (int i = 1; i <= 5; i++) {
      int next = i;
      await().until(() -> emitter.get().emit(next));
    }
    await().until(() -> stream.taken() == 5);
    awaitReceived("1");

    harness.timer.advance(SECOND);

    awaitReceived("1", "5");
    emitter.get().complete();
    assertThat(end(stream)).isEqualTo(End.COMPLETED);
    assertThat(stream.dropped()).isEqualTo(3);
  }

  @Test
  void messagesThatWaitForRoomKeepTheirOrderAndAreRefusedByAClosedClient() {
    sink.stall();
    SseClient client = streams.stream(sink, Source.emitter(e -> {})).client();
    List<String> expected = new ArrayList<>();
    var last = client.sendWhenRoom(SseMessage.of("0")).toCompletableFuture();
    expected.add("0");
    for (int i = 1; i < Harness.QUEUE; i++) {
      last = client.sendWhenRoom(SseMessage.of(i)).toCompletableFuture();
      expected.add(Integer.toString(i));
    }
    assertThat(last).isNotDone();
    assertThat(client.queued()).isLessThanOrEqualTo(Harness.QUEUE / 2);

    sink.resume();

    assertThat(last.orTimeout(20, TimeUnit.SECONDS).join()).isTrue();
    awaitReceived(expected.toArray(String[]::new));
    client.close();
    client.whenClosed().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    assertThat(client.sendWhenRoom(SseMessage.of("late")).toCompletableFuture().join()).isFalse();
  }
}
