package org.starcast.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.stream.Source.Emitter;
import org.starcast.stream.SseStream.End;

/**
 * Streams of random parts, of which any may fail, that are stopped, cut and stalled at any point,
 * against a plain model: what a source gives, one after the other, up to what fails. By {@code
 * -Dstarcast.test.seed} one again, by {@code -Dstarcast.test.streams} more of them.
 */
class PumpModelTest {

  private static final Duration MS = Duration.ofMillis(1);
  private static final String CLOSING = "closing";
  private static final String FAILED = "error={\"error\":\"the stream failed\"}";

  /** Every level but those that tell of failures, which are expected here by the thousand. */
  private static final Logger LOG = Logger.getLogger("org.starcast.stream");

  private final Harness harness = new Harness();

  @AfterEach
  void stop() {
    LOG.setLevel(null);
    harness.close();
  }

  @Test
  void streamsDoAsTheModelSays() throws Exception {
    LOG.setLevel(Level.OFF);
    Long one = Long.getLong("starcast.test.seed");
    int count = one != null ? 1 : Integer.getInteger("starcast.test.streams", 500);
    long first = one != null ? one : System.nanoTime();
    for (long seed = first; seed < first + count; seed++) {
      try {
        new Run(new Random(seed)).run();
      } catch (Exception | AssertionError e) {
        throw new AssertionError("repeat with -Dstarcast.test.seed=" + seed, e);
      }
    }
  }

  private enum Kind {
    ITERABLE,
    ITERATOR,
    STREAM,
    POLL,
    QUEUE,
    EMITTER,
    PUBLISHER
  }

  /** What somebody does to the stream while it runs. */
  private enum Cut {
    NONE,
    STOP,
    CLOSE_CLIENT,
    BREAK,
    TIMEOUT
  }

  private final class Run {
    private final Random random;
    private final TestSink sink = new TestSink();
    private final ManualTimer timer = new ManualTimer();
    private final AtomicInteger closes = new AtomicInteger();

    /** There is something to close; known later for what is only made when it is opened. */
    private final AtomicBoolean opened = new AtomicBoolean();

    // the parts
    private final Kind kind;
    private final int items;
    private final boolean sourceFails;
    private final int transformFailsAt;
    private final int leftOut;
    private final boolean withError;
    private final boolean constant;
    private final int throttle;
    private final int onError;
    private final boolean closeFails;
    private final boolean owned;
    private final Cut cut;
    private boolean wasCut;

    private final RuntimeException same = new IllegalStateException("the same each time");

    Run(Random random) {
      this.random = random;
      kind = Kind.values()[random.nextInt(Kind.values().length)];
      items = random.nextInt(3) == 0 ? random.nextInt(150) : random.nextInt(30);
      sourceFails = kind != Kind.QUEUE && random.nextInt(3) == 0;
      transformFailsAt = random.nextInt(3) == 0 ? random.nextInt(items + 1) : -1;
      leftOut = 2 + random.nextInt(5);
      withError = random.nextBoolean();
      constant = random.nextBoolean();
      throttle = random.nextInt(6);
      onError = random.nextInt(5);
      closeFails = random.nextInt(5) == 0;
      owned = random.nextInt(4) != 0;
      cut = random.nextBoolean() ? Cut.NONE : Cut.values()[random.nextInt(Cut.values().length)];
    }

    void run() throws Exception {
      SseStreams streams =
          new StreamsBean(
              (s, subscription) -> register(s, subscription),
              payload -> SseMessage.of(payload),
              harness.threads(timer),
              null,
              () -> null);
      if (random.nextBoolean()) {
        sink.stall();
      }
      SseClient client = owned ? null : register(sink, Subscription.none());
      SseStream stream =
          owned
              ? streams.stream(sink, source(), options())
              : streams.stream(client, source(), options());
      CompletableFuture<End> completion = stream.completion().toCompletableFuture();
      int cutAt = random.nextInt(10);
      for (int step = 0; !completion.isDone(); step++) {
        assertThat(step).as("the stream ends: " + this).isLessThan(20_000);
        switch (random.nextInt(4)) {
          case 0 -> sink.resume();
          case 1 -> {
            if (step < 50) {
              sink.stall();
            }
          }
          default -> timer.advance(MS.multipliedBy(1 + random.nextInt(300)));
        }
        if (step == cutAt) {
          wasCut = true;
          switch (cut) {
            case STOP -> stream.stop();
            case CLOSE_CLIENT -> stream.client().close();
            case BREAK -> sink.breakDown();
            default -> {
              // by the timer, or not at all
            }
          }
        }
        if (step > 20) {
          try {
            completion.get(1, TimeUnit.MILLISECONDS);
          } catch (TimeoutException e) {
            // another step
          }
        }
      }
      sink.resume();
      check(stream, completion.join());
    }

    private SseClient register(jakarta.ws.rs.sse.SseEventSink s, Subscription subscription) {
      try {
        return harness.engine.register(s, subscription, null);
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    private void check(SseStream stream, End end) throws Exception {
      if (opened.get()) {
        // a producer that has just begun closes what it registers when the stream has ended
        await(toString()).pollDelay(Duration.ZERO).pollInterval(MS).until(() -> closes.get() > 0);
        assertThat(closes).as("closed: " + this).hasValue(1);
      }
      boolean whole = !wasCut || cut != Cut.CLOSE_CLIENT && cut != Cut.BREAK;
      if (owned || !whole) {
        stream.client().send(SseMessage.of("behind")); // whose failure shows that it is broken
        stream.client().whenClosed().toCompletableFuture().get(20, TimeUnit.SECONDS);
      } else {
        assertThat(stream.client().state()).isNotEqualTo(SseClient.State.CLOSED);
        // behind all that was queued
        stream.client().sendWhenRoom(SseMessage.of("behind"));
        await(toString())
            .pollDelay(Duration.ZERO)
            .pollInterval(MS)
            .until(() -> sink.received().contains("behind"));
      }
      List<String> received = new ArrayList<>(sink.received());
      received.remove("behind");
      assertThat(stream.failure().isPresent())
          .as("a failure: " + this)
          .isEqualTo(end == End.FAILED);

      // the last message, by the way out
      if (!received.isEmpty()) {
        String last = received.get(received.size() - 1);
        Optional<String> expected =
            switch (end) {
              case COMPLETED, STOPPED, TIMEOUT -> Optional.of(CLOSING);
              case FAILED -> onError == 1 ? Optional.empty() : Optional.of(FAILED);
              default -> Optional.empty();
            };
        if (whole && expected.isPresent()) {
          assertThat(last).as("the last: " + this).isEqualTo(expected.get());
        }
        if (last.equals(CLOSING) || last.equals(FAILED)) {
          assertThat(expected).as("the last: " + this).contains(last);
          received.remove(received.size() - 1);
        }
      }

      // the items: what the model gives, all of it or, with a throttle, some; in order
      List<String> model = model();
      if (throttle == 0) {
        assertThat(received)
            .as("items: " + this)
            .isEqualTo(model.subList(0, Math.min(received.size(), model.size())));
      } else if (!received.isEmpty()) {
        assertThat(model).as("items: " + this).containsSubsequence(received);
      }

      // how it must have ended, unless somebody cut it off
      if (cut == Cut.NONE) {
        boolean mustFail = throttle == 0 && failsAt() >= 0 || sourceFails;
        boolean mayFail = failsAt() >= 0 || sourceFails;
        if (mustFail) {
          assertThat(end).as("how: " + this).isEqualTo(End.FAILED);
        } else if (!mayFail) {
          assertThat(end).as("how: " + this).isEqualTo(End.COMPLETED);
        }
        if (throttle == 0) {
          assertThat(received).as("items: " + this).isEqualTo(model);
        } else if (end == End.COMPLETED
            && throttle != 5
            && !model.isEmpty()
            && last(items - 1).isPresent()) {
          // the last is always sent, but by a throttle that keeps the first
          assertThat(received).as("items: " + this).endsWith(model.get(model.size() - 1));
        }
      }

      // nothing comes behind the end
      int count = sink.received().size();
      timer.advance(Duration.ofHours(1));
      assertThat(sink.received()).as("behind the end: " + this).hasSize(count);
      assertThat(timer.armed()).as("timers: " + this).isZero();
      stream.client().close();
    }

    /** What the item becomes; none if it is left out. */
    private Optional<String> last(int item) {
      return item < 0 || item % leftOut == 1 ? Optional.empty() : Optional.of("" + item);
    }

    /** The item whose transform fails, or -1. */
    private int failsAt() {
      return transformFailsAt < items ? transformFailsAt : -1;
    }

    private List<String> model() {
      // a throttle may leave out what would fail
      int end = failsAt() >= 0 && throttle == 0 ? failsAt() : items;
      return IntStream.range(0, end)
          .filter(item -> item != failsAt())
          .mapToObj(this::last)
          .flatMap(Optional::stream)
          .toList();
    }

    private RuntimeException failure(String what) {
      if (withError) {
        throw new AssertionError(what);
      }
      return constant ? same : new IllegalStateException(what);
    }

    private StreamOptions<Integer> options() {
      StreamOptions<Integer> options =
          StreamOptions.defaults()
              .transform(
                  (Integer item) -> {
                    if (item == transformFailsAt) {
                      throw failure("transform");
                    }
                    return last(item).orElse(null);
                  });
      options = options.closing(SseMessage.of(CLOSING));
      options =
          switch (throttle) {
            case 1 -> options.throttle(Throttle.latest(MS.multipliedBy(random.nextInt(50))));
            case 2 ->
                options.throttle(Throttle.buffer(MS.multipliedBy(20), 1 + random.nextInt(40)));
            case 3 ->
                options.throttle(
                    Throttle.conflate(MS.multipliedBy(random.nextInt(30)), item -> item % 7, 5));
            case 4 ->
                options.throttle(
                    Throttle.conflate(
                        MS.multipliedBy(30),
                        item -> {
                          if (item == transformFailsAt) {
                            throw failure("key");
                          }
                          return item;
                        },
                        1 + random.nextInt(10)));
            case 5 -> options.throttle(Throttle.first(MS.multipliedBy(10)));
            default -> options;
          };
      options =
          switch (onError) {
            case 1 -> options.onError(cause -> Optional.empty());
            case 2 -> options.onError(cause -> null);
            case 3 ->
                options.onError(
                    cause -> {
                      if (cause instanceof Error error) {
                        throw error;
                      }
                      throw (RuntimeException) cause;
                    });
            case 4 ->
                options.onError(
                    cause -> {
                      throw failure("onError");
                    });
            default -> options;
          };
      if (random.nextInt(3) == 0) {
        options = options.interval(MS.multipliedBy(random.nextInt(3)));
      }
      if (cut == Cut.TIMEOUT) {
        options = options.timeout(MS.multipliedBy(1 + random.nextInt(200)));
      }
      return options;
    }

    private void closed() {
      closes.incrementAndGet();
      if (closeFails) {
        throw failure("close");
      }
    }

    private Source<Integer> source() {
      Counter counter = new Counter();
      opened.set(kind != Kind.EMITTER && kind != Kind.PUBLISHER);
      return switch (kind) {
        case ITERABLE -> Source.of(new CloseableItems());
        case ITERATOR -> Source.of((Iterator<Integer>) counter);
        case STREAM ->
            Source.of(
                IntStream.range(0, items + (sourceFails ? 1 : 0))
                    .mapToObj(item -> counter.next())
                    .onClose(this::closed));
        case POLL -> {
          AtomicBoolean pause = new AtomicBoolean();
          CloseableSupplier supplier =
              new CloseableSupplier(
                  () ->
                      !counter.hasNext() || pause.getAndSet(!pause.get()) ? null : counter.next());
          yield Source.poll(supplier, () -> !counter.hasNext());
        }
        case QUEUE -> {
          LinkedBlockingQueue<Object> queue = new LinkedBlockingQueue<>();
          IntStream.range(0, items).forEach(queue::add);
          queue.add("end");
          closes.incrementAndGet(); // a queue is nothing to close
          @SuppressWarnings({"unchecked", "rawtypes"}) // the marker is not given
          Source<Integer> source = Source.queue((LinkedBlockingQueue) queue, "end");
          yield source;
        }
        case EMITTER ->
            Source.emitter(
                1 + random.nextInt(40),
                emitter -> {
                  opened.set(true);
                  emitter.onClose(this::closed);
                  emit(emitter, 0);
                });
        case PUBLISHER -> Source.of(new Numbers());
      };
    }

    private void emit(Emitter<Integer> emitter, int from) {
      int item = from;
      while (item < items && emitter.emit(item)) {
        item++;
      }
      int next = item;
      if (item < items) {
        emitter
            .ready()
            .thenAccept(
                ready -> {
                  if (ready) {
                    emit(emitter, next);
                  }
                });
      } else if (!sourceFails) {
        emitter.complete();
      } else if (from == 0) {
        throw failure("producer");
      } else {
        emitter.fail(new IllegalStateException("producer"));
      }
    }

    @Override
    public String toString() {
      return "%s, %d items, source fails %s, transform fails at %d, throttle %d, onError %d, %s, %s"
          .formatted(
              kind,
              items,
              sourceFails,
              transformFailsAt,
              throttle,
              onError,
              owned ? "a sink" : "a client",
              cut);
    }

    /** The items, and then the end or a failure. */
    private class Counter implements Iterator<Integer>, AutoCloseable {
      private int next;

      @Override
      public boolean hasNext() {
        return next < items || sourceFails;
      }

      @Override
      public Integer next() {
        if (next == items) {
          throw failure("source");
        }
        return next++;
      }

      @Override
      public void close() {
        closed();
      }
    }

    private final class CloseableItems implements Iterable<Integer>, AutoCloseable {
      @Override
      public Iterator<Integer> iterator() {
        return new Counter();
      }

      @Override
      public void close() {
        closed();
      }
    }

    private final class CloseableSupplier
        implements java.util.function.Supplier<Integer>, AutoCloseable {
      private final java.util.function.Supplier<Integer> items;

      CloseableSupplier(java.util.function.Supplier<Integer> items) {
        this.items = items;
      }

      @Override
      public Integer get() {
        return items.get();
      }

      @Override
      public void close() {
        closed();
      }
    }

    /** Gives an item when it is asked for one; closed by its end, or by being cancelled. */
    private final class Numbers implements Flow.Publisher<Integer> {
      @Override
      public void subscribe(Flow.Subscriber<? super Integer> subscriber) {
        opened.set(true);
        subscriber.onSubscribe(
            new Flow.Subscription() {
              private int next;
              private boolean over;

              @Override
              public void request(long n) {
                if (over) {
                  return;
                }
                if (next < items) {
                  subscriber.onNext(next++);
                  return;
                }
                over = true;
                closes.incrementAndGet();
                if (sourceFails) {
                  subscriber.onError(new IllegalStateException("publisher"));
                } else {
                  subscriber.onComplete();
                }
              }

              @Override
              public void cancel() {
                if (!over) {
                  over = true;
                  closed();
                }
              }
            });
      }
    }
  }
}
