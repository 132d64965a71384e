package org.starcast.stream;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.starcast.internal.logging.LogMessage;
import org.starcast.stream.Source.Emitter;

/** The buffer between a producer and its stream. */
final class EmitterReader<T> extends SourceReader<T> implements Emitter<T> {

  private static final System.Logger LOG = System.getLogger("org.starcast.stream");

  private final int capacity;
  private final Consumer<? super Emitter<T>> producer;
  private Runnable wake;
  private Executor executor;

  // guarded by this
  private final ArrayDeque<T> items = new ArrayDeque<>();
  private final List<Runnable> actions = new ArrayList<>();
  private CompletableFuture<Boolean> ready;
  private Throwable failure;
  private boolean complete;
  private boolean closed;

  EmitterReader(int capacity, Consumer<? super Emitter<T>> producer) {
    this.capacity = capacity;
    this.producer = producer;
  }

  /** The producer has a task of its own: it may emit, or block, for as long as it likes. */
  @Override
  void open(Runnable wake, Executor executor) {
    this.wake = wake;
    this.executor = executor;
    executor.execute(
        () -> {
          try {
            producer.accept(this);
          } catch (RuntimeException | Error e) {
            fail(e);
          }
        });
  }

  @Override
  public boolean emit(T item) {
    Objects.requireNonNull(item, "item");
    synchronized (this) {
      if (!isOpen() || items.size() >= capacity) {
        return false;
      }
      items.add(item);
    }
    wake.run();
    return true;
  }

  @Override
  public synchronized CompletionStage<Boolean> ready() {
    if (!isOpen()) {
      return CompletableFuture.completedStage(false);
    }
    if (items.size() < capacity) {
      return CompletableFuture.completedStage(true);
    }
    if (ready == null) {
      ready = new CompletableFuture<>();
    }
    return ready.minimalCompletionStage();
  }

  @Override
  public void complete() {
    end(null);
  }

  @Override
  public void fail(Throwable cause) {
    end(Objects.requireNonNull(cause, "cause"));
  }

  private void end(Throwable cause) {
    CompletableFuture<Boolean> waiting;
    synchronized (this) {
      if (!isOpen()) {
        return;
      }
      complete = true;
      failure = cause;
      waiting = ready;
      ready = null;
    }
    tell(waiting, false);
    wake.run();
  }

  @Override
  public synchronized boolean isOpen() {
    return !complete && !closed;
  }

  @Override
  public void onClose(Runnable action) {
    Objects.requireNonNull(action, "action");
    synchronized (this) {
      if (!closed) {
        actions.add(action);
        return;
      }
    }
    action.run();
  }

  @Override
  T poll() throws Exception {
    T item;
    CompletableFuture<Boolean> waiting = null;
    synchronized (this) {
      item = items.poll();
      if (item == null && failure != null) {
        throw Failures.asException(failure);
      }
      if (items.size() <= capacity / 2) {
        waiting = ready;
        ready = null;
      }
    }
    tell(waiting, true);
    return item;
  }

  private void tell(CompletableFuture<Boolean> waiting, boolean value) {
    if (waiting == null) {
      return;
    }
    try {
      executor.execute(() -> waiting.complete(value));
    } catch (RuntimeException e) {
      // it has no thread for now, or the application is being stopped and its executor with it
      waiting.complete(value);
    }
  }

  @Override
  synchronized boolean ended() {
    return complete && failure == null && items.isEmpty();
  }

  @Override
  boolean wakes() {
    return true;
  }

  @Override
  void close() {
    List<Runnable> due;
    CompletableFuture<Boolean> waiting;
    synchronized (this) {
      closed = true;
      items.clear();
      due = List.copyOf(actions);
      actions.clear();
      waiting = ready;
      ready = null;
    }
    tell(waiting, false);
    for (Runnable action : due) {
      try {
        action.run();
      } catch (Throwable e) { // the other actions run all the same
        LogMessage.CLOSE_ACTION_FAILED.log(LOG, e);
      }
    }
  }
}
