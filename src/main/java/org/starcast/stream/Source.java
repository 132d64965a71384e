package org.starcast.stream;

import java.util.Iterator;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.starcast.internal.Arguments;

/**
 * Where the items of a stream come from. Used once, by one stream, which asks for an item when its
 * client has taken the last one, and closes the source exactly once: when it is exhausted or fails,
 * when the client is gone, when the stream is stopped or reaches a time-out.
 *
 * <p>Sources are called on the container's managed executor, one call at a time. A call may block,
 * and then holds a thread of it, of which there may be only a few for the whole application: for
 * what waits long, an emitter, a publisher or a queue is the better source. A source that blocks is
 * closed when its call has returned. What a publisher or an emitter gave is passed on by 16 threads
 * of the container for all such streams, which also ask the publisher for more, cancel it, and do
 * what an emitter's {@code onClose} is to do: none of that should block. No request is active
 * there, and no transaction: open what a source needs in it, and close it with it.
 *
 * @param <T> the items
 */
public final class Source<T> {

  private final SourceReader<T> reader;
  private final AtomicBoolean used = new AtomicBoolean();

  Source(SourceReader<T> reader) {
    this.reader = reader;
  }

  /**
   * The reader, for the stream that uses it.
   *
   * @throws IllegalStateException if there is one already
   */
  SourceReader<T> use() {
    if (!used.compareAndSet(false, true)) {
      throw new IllegalStateException("source: is in use by another stream");
    }
    return reader;
  }

  /** The elements of an iterable; closed at the end if it is {@link AutoCloseable}. */
  public static <T> Source<T> of(Iterable<? extends T> items) {
    return new Source<>(new IteratorReader<>(items::iterator, closer(items)));
  }

  /** What is left of an iterator; closed at the end if it is {@link AutoCloseable}. */
  public static <T> Source<T> of(Iterator<? extends T> items) {
    Objects.requireNonNull(items, "items");
    return new Source<>(new IteratorReader<>(() -> items, closer(items)));
  }

  /** The elements of a stream, which is closed at the end. */
  public static <T> Source<T> of(Stream<? extends T> items) {
    return new Source<>(new IteratorReader<>(items::iterator, items));
  }

  /** What a publisher publishes; one item at a time is requested. Cancelled at the end. */
  public static <T> Source<T> of(Flow.Publisher<? extends T> publisher) {
    return new Source<>(new PublisherReader<T>(Objects.requireNonNull(publisher, "publisher")));
  }

  /**
   * What a supplier gives, again and again, as long as the client is there. Null means nothing at
   * present: it is asked again after the {@linkplain StreamOptions#interval interval}, or 50 ms.
   */
  public static <T> Source<T> poll(Supplier<? extends T> supplier) {
    return poll(supplier, () -> false);
  }

  /**
   * What a supplier gives, until it is done: when {@code done} was true and the supplier then gives
   * null, the stream ends.
   */
  public static <T> Source<T> poll(Supplier<? extends T> supplier, BooleanSupplier done) {
    Objects.requireNonNull(done, "done");
    return new Source<>(
        new PolledReader<>(Objects.requireNonNull(supplier, "supplier"), closer(supplier)) {
          private boolean over;

          @Override
          T poll() {
            boolean last = done.getAsBoolean();
            T item = super.poll();
            over = last && item == null;
            return item;
          }

          @Override
          boolean ended() {
            return over;
          }
        });
  }

  /** As {@link #poll(Supplier)}, with an empty optional in place of null. */
  public static <T> Source<T> pollOptional(Supplier<Optional<T>> supplier) {
    return poll(() -> supplier.get().orElse(null));
  }

  /** As {@link #poll(Supplier, BooleanSupplier)}, with an empty optional in place of null. */
  public static <T> Source<T> pollOptional(Supplier<Optional<T>> supplier, BooleanSupplier done) {
    return poll(() -> supplier.get().orElse(null), done);
  }

  /**
   * What is put into a queue, which is polled and never waited for: at every {@linkplain
   * StreamOptions#interval interval}, or 50 ms after it was found empty.
   */
  public static <T> Source<T> queue(BlockingQueue<? extends T> queue) {
    return new Source<>(new PolledReader<>(queue::poll, () -> {}));
  }

  /** As {@link #queue(BlockingQueue)}, up to an item that equals the marker, which is not sent. */
  public static <T> Source<T> queue(BlockingQueue<? extends T> queue, Object endMarker) {
    Objects.requireNonNull(endMarker, "endMarker");
    return new Source<>(
        new PolledReader<T>(queue::poll, () -> {}) {
          private boolean over;

          @Override
          T poll() {
            T item = super.poll();
            over = endMarker.equals(item);
            return over ? null : item;
          }

          @Override
          boolean ended() {
            return over;
          }
        });
  }

  /**
   * What a producer emits: it is called once, with an {@link Emitter} that it may keep and that any
   * thread may call, until the stream has ended. Up to 256 items wait in it.
   */
  public static <T> Source<T> emitter(Consumer<? super Emitter<T>> producer) {
    return emitter(256, producer);
  }

  /**
   * As {@link #emitter(Consumer)}, with a buffer of another size.
   *
   * @throws IllegalArgumentException if {@code capacity} is not 1 to 1,000,000
   */
  public static <T> Source<T> emitter(int capacity, Consumer<? super Emitter<T>> producer) {
    return new Source<>(
        new EmitterReader<>(
            Arguments.range("capacity", capacity, 1, 1_000_000),
            Objects.requireNonNull(producer, "producer")));
  }

  private static AutoCloseable closer(Object items) {
    Objects.requireNonNull(items, "items");
    return items instanceof AutoCloseable closeable ? closeable : () -> {};
  }

  private static final class IteratorReader<T> extends SourceReader<T> {
    private final Supplier<? extends Iterator<? extends T>> items;
    private final AutoCloseable closer;
    private Iterator<? extends T> iterator;
    private boolean ended;

    IteratorReader(Supplier<? extends Iterator<? extends T>> items, AutoCloseable closer) {
      this.items = items;
      this.closer = closer;
    }

    @Override
    T poll() {
      if (iterator == null) {
        iterator = items.get();
      }
      if (!iterator.hasNext()) {
        ended = true;
        return null;
      }
      return Objects.requireNonNull(iterator.next(), "source: gave null");
    }

    @Override
    boolean ended() {
      return ended;
    }

    @Override
    void close() throws Exception {
      closer.close();
    }
  }

  private static class PolledReader<T> extends SourceReader<T> {
    private final Supplier<? extends T> supplier;
    private final AutoCloseable closer;

    PolledReader(Supplier<? extends T> supplier, AutoCloseable closer) {
      this.supplier = supplier;
      this.closer = closer;
    }

    @Override
    T poll() {
      return supplier.get();
    }

    @Override
    boolean ended() {
      return false;
    }

    @Override
    void close() throws Exception {
      closer.close();
    }
  }

  /**
   * Takes what a producer has for one stream. Thread-safe; no method waits. Items emitted by one
   * thread keep their order.
   *
   * @param <T> the items
   * @see Source#emitter
   */
  public interface Emitter<T> {

    /**
     * Hands an item over.
     *
     * @return false if it was not taken: the buffer is full, or the stream has ended
     */
    boolean emit(T item);

    /**
     * Completes when there is room for an item: with false if the stream has ended, after which
     * nothing is taken. Completes on a thread of the container, or has completed.
     */
    CompletionStage<Boolean> ready();

    /** Ends the stream behind what was emitted; nothing more is taken. */
    void complete();

    /** Ends the stream, behind what was emitted, with an error. */
    void fail(Throwable cause);

    /** Whether items are taken, if there is room. */
    boolean isOpen();

    /**
     * Has an action run once when the stream has ended, for whatever reason; at once if it has. The
     * place to take listeners back.
     */
    void onClose(Runnable action);
  }
}
