package org.starcast.stream;

import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A client's end: takes events, or stalls, or breaks. */
final class TestSink implements SseEventSink {

  private final List<OutboundSseEvent> events = new ArrayList<>();
  private CompletableFuture<Object> stalled;
  private boolean stalls;
  private boolean broken;
  private boolean closed;

  @Override
  public synchronized CompletionStage<?> send(OutboundSseEvent event) {
    if (broken) {
      return CompletableFuture.failedStage(new IOException("connection reset"));
    }
    events.add(event);
    if (stalls) {
      stalled = new CompletableFuture<>();
      return stalled;
    }
    return CompletableFuture.completedStage(null);
  }

  synchronized void stall() {
    stalls = true;
  }

  void resume() {
    CompletableFuture<Object> waiting;
    synchronized (this) {
      stalls = false;
      waiting = stalled;
      stalled = null;
    }
    if (waiting != null) {
      waiting.complete(null);
    }
  }

  synchronized void breakDown() {
    broken = true;
  }

  /** The data of the events so far, with the name before those that have one. */
  synchronized List<String> received() {
    return events.stream()
        .filter(event -> event.getData() != null)
        .map(event -> (event.getName() == null ? "" : event.getName() + "=") + event.getData())
        .toList();
  }

  synchronized List<String> comments() {
    return events.stream()
        .map(OutboundSseEvent::getComment)
        .filter(comment -> comment != null && !comment.isEmpty())
        .toList();
  }

  synchronized List<Long> retries() {
    return events.stream()
        .filter(OutboundSseEvent::isReconnectDelaySet)
        .map(OutboundSseEvent::getReconnectDelay)
        .toList();
  }

  @Override
  public synchronized boolean isClosed() {
    return closed;
  }

  @Override
  public synchronized void close() {
    closed = true;
  }
}
