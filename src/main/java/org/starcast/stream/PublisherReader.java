package org.starcast.stream;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicReference;

/** Asks a publisher for one item after the other (Reactive Streams, rules 1.1 and 2.1). */
final class PublisherReader<T> extends SourceReader<T> implements Flow.Subscriber<T> {

  private final Flow.Publisher<? extends T> publisher;
  private final AtomicReference<T> item = new AtomicReference<>();
  private Runnable wake;

  /** An item is asked for and not yet polled; touched by {@link #poll} only. */
  private boolean requested;

  private volatile Throwable failure;
  private volatile boolean complete;
  private boolean ended;

  // guarded by this
  private Flow.Subscription subscription;
  private boolean closed;

  PublisherReader(Flow.Publisher<? extends T> publisher) {
    this.publisher = publisher;
  }

  @Override
  void open(Runnable wake, Executor executor) {
    this.wake = wake;
    publisher.subscribe(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    boolean refused;
    synchronized (this) {
      refused = closed || subscription != null;
      if (!refused) {
        subscription = given;
      }
    }
    if (refused) {
      given.cancel();
    } else {
      wake.run();
    }
  }

  @Override
  public void onNext(T next) {
    if (!item.compareAndSet(null, Objects.requireNonNull(next, "item"))) {
      onError(new IllegalStateException("publisher: gave more items than it was asked for"));
      return;
    }
    wake.run();
  }

  @Override
  public void onError(Throwable cause) {
    failure = Objects.requireNonNull(cause, "cause");
    complete = true;
    wake.run();
  }

  @Override
  public void onComplete() {
    complete = true;
    wake.run();
  }

  @Override
  T poll() throws Exception {
    // before the item: what was published last comes before the end
    boolean last = complete;
    T next = item.getAndSet(null);
    if (next == null && !last && !requested) {
      Flow.Subscription source;
      synchronized (this) {
        source = subscription;
      }
      if (source == null) {
        return null;
      }
      requested = true;
      source.request(1);
      last = complete;
      next = item.getAndSet(null);
    }
    if (next != null) {
      requested = false;
    } else if (last) {
      if (failure != null) {
        throw Failures.asException(failure);
      }
      ended = true;
    }
    return next;
  }

  @Override
  boolean ended() {
    return ended;
  }

  @Override
  boolean wakes() {
    return true;
  }

  @Override
  void close() {
    Flow.Subscription cancelled;
    synchronized (this) {
      closed = true;
      cancelled = subscription;
    }
    if (cancelled != null && !ended) {
      cancelled.cancel();
    }
  }
}
