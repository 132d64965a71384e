package org.starcast.internal.engine;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.starcast.MessageSource;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.wire.EventId;

/**
 * The states that clients begin with, made by the application: those with a key once for all
 * clients that want the same at the same time. Each knows the last event before it began to be
 * made, which is what its clients go on from. No code of the application runs under a lock.
 * Thread-safe.
 */
final class InitialStates {

  /** A state, whose frames all its clients share. */
  static final class State {
    private final EventId at;
    private final byte[] bytes;
    private volatile Frame whole;
    private volatile Frame part;

    State(EventId at, byte[] bytes) {
      this.at = at;
      this.bytes = bytes;
    }

    /** The last event before it began to be made; null where nothing is logged. */
    EventId at() {
      return at;
    }

    /**
     * How a stream begins with it.
     *
     * @param whole whether that is all that comes before the events, so that the client has the id
     */
    Frame greeting(ControlFrames frames, boolean whole) {
      Frame made = whole ? this.whole : part;
      if (made == null) {
        made = frames.greeting(whole ? at : null, bytes);
        if (whole) {
          this.whole = made;
        } else {
          part = made;
        }
      }
      return made;
    }
  }

  /** One that is being made, or has been. */
  private static final class Making {
    final EventId at;
    final long since = System.nanoTime();
    final CompletableFuture<State> state = new CompletableFuture<>();

    Making(EventId at) {
      this.at = at;
    }

    boolean isYoung(long nanos) {
      return !state.isDone() || System.nanoTime() - since < nanos;
    }

    long bytes() {
      return state.isDone() && !state.isCompletedExceptionally() ? state.join().bytes.length : 0;
    }
  }

  private final Supplier<EventId> last;
  private final Function<SseMessage, byte[]> encoder;
  private final long maxAge;
  private final long maxBytes;
  private final long timeout;

  /** Those made longest ago first. */
  private final Map<String, Making> makings = new LinkedHashMap<>();

  /**
   * Knows no states yet.
   *
   * @param last the last event by now; null where nothing is logged
   * @param encoder makes the bytes of a message, or refuses it
   */
  InitialStates(
      StarcastConfig config, Supplier<EventId> last, Function<SseMessage, byte[]> encoder) {
    this.last = last;
    this.encoder = encoder;
    this.maxAge = config.log().initialAge().toNanos();
    this.maxBytes = config.log().initialBytes();
    this.timeout = config.writer().sendTimeout().toNanos();
  }

  /**
   * The state that a subscription begins with, on this thread or that of another client. What the
   * application throws is thrown.
   *
   * @throws TimeoutException if another client's thread has not made it in time
   * @throws IllegalArgumentException if the message is too large
   */
  State get(Subscription subscription) throws TimeoutException {
    MessageSource source = subscription.initial().orElseThrow();
    String key = subscription.initialKey().orElse(null);
    EventId now = last.get();
    if (key == null || now == null) {
      return make(now, source);
    }
    return await(making(key, source, now, at -> at.epoch().equals(now.epoch())));
  }

  /** Forgets a state that nobody can go on from: what came after it is gone. */
  void forget(Subscription subscription, State state) {
    synchronized (makings) {
      String key = subscription.initialKey().orElse(null);
      Making making = makings.get(key);
      if (making != null && making.at == state.at) {
        makings.remove(key);
      }
    }
  }

  /**
   * The bytes of a state that has all that was published by now, for a client that missed some of
   * it; made on this thread, or that of another client.
   */
  CompletionStage<byte[]> renew(String key, MessageSource source) {
    EventId now = last.get();
    if (key == null || now == null) {
      return CompletableFuture.completedStage(make(now, source).bytes);
    }
    return making(key, source, now, now::equals).state.thenApply(state -> state.bytes);
  }

  /**
   * The one that others make, or have made, if it will do; else one that is made on this thread.
   *
   * @param does whether a state of this event will do
   */
  private Making making(String key, MessageSource source, EventId now, Predicate<EventId> does) {
    Making mine = new Making(now);
    synchronized (makings) {
      Making others = makings.get(key);
      if (others != null && others.isYoung(maxAge) && does.test(others.at)) {
        return others;
      }
      put(key, mine);
    }
    run(key, mine, source);
    return mine;
  }

  private State make(EventId at, MessageSource source) {
    return new State(at, encoder.apply(source.toSseMessage()));
  }

  private void run(String key, Making mine, MessageSource source) {
    try {
      State state = make(mine.at, source);
      synchronized (makings) {
        mine.state.complete(state);
        forgetSome();
      }
    } catch (RuntimeException | Error e) {
      synchronized (makings) {
        makings.remove(key, mine);
      }
      mine.state.completeExceptionally(e);
    }
  }

  private State await(Making making) throws TimeoutException {
    try {
      return making.state.get(timeout, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TimeoutException("interrupted");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new CompletionException(e.getCause());
    }
  }

  /** As the newest; with the lock. */
  private void put(String key, Making making) {
    makings.remove(key);
    makings.put(key, making);
    forgetSome();
  }

  /** What is old, and what is too much; with the lock. */
  private void forgetSome() {
    long bytes = makings.values().stream().mapToLong(Making::bytes).sum();
    Iterator<Making> oldest = makings.values().iterator();
    while (oldest.hasNext()) {
      Making making = oldest.next();
      if (!making.isYoung(maxAge) || bytes > maxBytes && making.state.isDone()) {
        bytes -= making.bytes();
        oldest.remove();
      }
    }
  }
}
