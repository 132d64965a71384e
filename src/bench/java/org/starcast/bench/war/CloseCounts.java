package org.starcast.bench.war;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.starcast.ClientEvent;
import org.starcast.SseClient.CloseReason;

/**
 * Counts the library's clients that were closed, by reason, for the scenario of stalled readers.
 */
@ApplicationScoped
public class CloseCounts {

  private final AtomicLongArray counts = new AtomicLongArray(CloseReason.values().length);

  void closed(@Observes @ClientEvent.Closed ClientEvent event) {
    event.reason().ifPresent(reason -> counts.incrementAndGet(reason.ordinal()));
  }

  /** An object with a member for each reason, in lower case. */
  public String toJson() {
    return Stream.of(CloseReason.values())
        .map(r -> "\"" + r.name().toLowerCase(Locale.ROOT) + "\":" + counts.get(r.ordinal()))
        .collect(Collectors.joining(",", "{", "}"));
  }
}
