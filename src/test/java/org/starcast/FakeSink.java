package org.starcast;

import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A JAX-RS sink in memory, whose sends complete at once or when a test says so. Thread-safe. */
public final class FakeSink implements SseEventSink {

  private final boolean manual;
  private final List<OutboundSseEvent> sent = new ArrayList<>();
  private final List<CompletableFuture<Object>> outstanding = new ArrayList<>();
  private RuntimeException refusal;
  private int mostOutstanding;
  private int closes;

  private final Consumer<OutboundSseEvent> taker;

  private FakeSink(boolean manual, Consumer<OutboundSseEvent> taker) {
    this.manual = manual;
    this.taker = taker;
  }

  /** A sink whose sends complete at once. */
  public static FakeSink instant() {
    return new FakeSink(false, event -> {});
  }

  /** As {@link #instant}, and each event is given to the taker, on the thread that sends it. */
  public static FakeSink instant(Consumer<OutboundSseEvent> taker) {
    return new FakeSink(false, taker);
  }

  /** A sink whose sends are outstanding until {@link #complete} or {@link #fail}. */
  public static FakeSink manual() {
    return new FakeSink(true, event -> {});
  }

  @Override
  public synchronized CompletionStage<?> send(OutboundSseEvent event) {
    if (closes > 0) {
      throw new IllegalStateException("closed");
    }
    if (refusal != null) {
      throw refusal;
    }
    sent.add(event);
    taker.accept(event);
    CompletableFuture<Object> stage = new CompletableFuture<>();
    if (manual) {
      outstanding.add(stage);
      mostOutstanding = Math.max(mostOutstanding, outstanding.size());
    } else {
      stage.complete(null);
    }
    return stage;
  }

  @Override
  public synchronized boolean isClosed() {
    return closes > 0;
  }

  @Override
  public synchronized void close() {
    closes++;
  }

  /** Completes the oldest outstanding send. */
  public void complete() {
    oldest().complete(null);
  }

  /** Fails the oldest outstanding send. */
  public void fail(Throwable cause) {
    oldest().completeExceptionally(cause);
  }

  /** Makes the sends to come throw. */
  public synchronized void refuse(RuntimeException refusal) {
    this.refusal = refusal;
  }

  private synchronized CompletableFuture<Object> oldest() {
    return outstanding.remove(0);
  }

  /** What was sent so far, whether complete or not. */
  public synchronized List<OutboundSseEvent> sent() {
    return List.copyOf(sent);
  }

  /** The data of the events so far that have some. */
  public List<Object> data() {
    return sent().stream().map(OutboundSseEvent::getData).filter(data -> data != null).toList();
  }

  /** Sends that have not completed. */
  public synchronized int outstanding() {
    return outstanding.size();
  }

  /** The most sends that were ever outstanding together. */
  public synchronized int mostOutstanding() {
    return mostOutstanding;
  }

  /** How often it was closed. */
  public synchronized int closes() {
    return closes;
  }
}
