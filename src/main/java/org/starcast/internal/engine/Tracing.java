package org.starcast.internal.engine;

import java.util.List;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseMessage;

/** Told where the time goes; its spans mean nothing to the engine. Thread-safe. */
public interface Tracing {

  /** A message is about to be published, on this thread; returns its span, or null for none. */
  Object publishing(SseMessage message);

  /** It is published, on the same thread; or has failed, and the result is null. */
  void published(Object span, PublishResult result);

  /** What of the span its event keeps, for the deliveries; null for nothing. */
  Object context(Object span);

  /**
   * Whether deliveries are asked for; if not, {@link #context} and the other two are not called.
   */
  boolean deliveries();

  /**
   * Events are about to be written to a client; returns the span of that.
   *
   * @param published what these events keep of their spans, at most 128; only good for this call
   */
  Object delivering(SseClient client, List<Object> published);

  /** They have been written, or that has failed. */
  void delivered(Object span);
}
