package org.jboss.resteasy;

import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A sink that by its name is of a runtime that Starcast knows, and does nothing. */
public final class StandInSink implements SseEventSink {

  @Override
  public boolean isClosed() {
    return false;
  }

  @Override
  public CompletionStage<?> send(OutboundSseEvent event) {
    return new CompletableFuture<>();
  }

  @Override
  public void close() {}
}
