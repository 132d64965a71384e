package org.starcast.stream;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/** A throttle between a publisher, which is asked for everything, and one subscriber. */
final class ThrottleProcessor<T> implements Flow.Processor<T, T> {

  private final Executor executor;
  private final Timer timer;
  private final AtomicInteger requests = new AtomicInteger();

  // guarded by this
  private final RateWindow<T> window;
  private Flow.Subscription upstream;
  private Flow.Subscriber<? super T> downstream;
  private long demand;
  private Throwable failure;
  private boolean complete;
  private boolean over;
  private long armedAt = RateWindow.NEVER;

  ThrottleProcessor(Throttle<? super T> throttle, Executor executor, Timer timer) {
    this.window = new RateWindow<>(throttle);
    this.executor = executor;
    this.timer = timer;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super T> subscriber) {
    Objects.requireNonNull(subscriber, "subscriber");
    boolean second;
    synchronized (this) {
      second = downstream != null;
      if (!second) {
        downstream = subscriber;
      }
    }
    if (second) {
      subscriber.onSubscribe(new Nothing());
      subscriber.onError(new IllegalStateException("subscriber: there is one already"));
      return;
    }
    subscriber.onSubscribe(new Demand());
    drain();
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    boolean refused;
    synchronized (this) {
      refused = over || upstream != null;
      if (!refused) {
        upstream = subscription;
      }
    }
    if (refused) {
      subscription.cancel();
    } else {
      subscription.request(Long.MAX_VALUE);
    }
  }

  @Override
  public void onNext(T item) {
    Objects.requireNonNull(item, "item");
    try {
      synchronized (this) {
        if (over || complete) {
          return;
        }
        window.offer(item);
      }
    } catch (Throwable e) { // the throttle's key: no publisher's business (rule 2.13)
      fail(e);
      return;
    }
    drain();
  }

  /** Ends with a failure of its own, what waits dropped. */
  private void fail(Throwable cause) {
    Flow.Subscription cancelled;
    synchronized (this) {
      cancelled = over || complete ? null : upstream;
      window.clear();
      failure = cause;
      complete = true;
    }
    if (cancelled != null) {
      cancelled.cancel();
    }
    drain();
  }

  @Override
  public void onError(Throwable cause) {
    Objects.requireNonNull(cause, "cause");
    synchronized (this) {
      failure = complete ? failure : cause;
      complete = true;
    }
    drain();
  }

  @Override
  public void onComplete() {
    synchronized (this) {
      complete = true;
    }
    drain();
  }

  private void cancel() {
    Flow.Subscription cancelled;
    synchronized (this) {
      cancelled = over ? null : upstream;
      over = true;
    }
    if (cancelled != null) {
      cancelled.cancel();
    }
  }

  /** Gives what is due, one call at a time (Reactive Streams, rule 1.3). */
  private void drain() {
    if (requests.getAndIncrement() != 0) {
      return;
    }
    int seen = requests.get();
    do {
      while (giveOne()) {
        // and the next
      }
      seen = requests.addAndGet(-seen);
    } while (seen != 0);
  }

  private boolean giveOne() {
    T item;
    Flow.Subscriber<? super T> to;
    synchronized (this) {
      if (over || downstream == null) {
        return false;
      }
      to = downstream;
      item = demand > 0 ? window.poll(timer.now()) : null;
      if (item != null) {
        demand -= demand == Long.MAX_VALUE ? 0 : 1;
      } else if (complete && window.isEmpty()) {
        over = true;
      } else {
        if (demand > 0) {
          arm(window.readyAt());
        }
        return false;
      }
    }
    if (item == null) {
      if (failure == null) {
        to.onComplete();
      } else {
        to.onError(failure);
      }
      return false;
    }
    try {
      to.onNext(item);
    } catch (Throwable e) { // rule 2.13 forbids it, and others wait for the drain
      cancel();
      to.onError(e);
    }
    return true;
  }

  private void arm(long at) {
    if (at < armedAt) {
      armedAt = at;
      timer.after(Math.max(0, at - timer.now()), this::onTime);
    }
  }

  private void onTime() {
    synchronized (this) {
      armedAt = RateWindow.NEVER;
    }
    try {
      executor.execute(this::drain);
    } catch (RejectedExecutionException e) {
      fail(e);
    }
  }

  private final class Demand implements Flow.Subscription {

    @Override
    public void request(long items) {
      if (items <= 0) {
        fail(new IllegalArgumentException("items: must be positive, is " + items));
        return;
      }
      synchronized (ThrottleProcessor.this) {
        demand = demand + items < 0 ? Long.MAX_VALUE : demand + items;
      }
      drain();
    }

    @Override
    public void cancel() {
      ThrottleProcessor.this.cancel();
    }
  }

  private static final class Nothing implements Flow.Subscription {

    @Override
    public void request(long items) {
      // there is nothing to give
    }

    @Override
    public void cancel() {
      // nor to end
    }
  }
}
