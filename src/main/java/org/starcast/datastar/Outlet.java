package org.starcast.datastar;

import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.PublishResult;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.Subscription;

/** What this package needs of the broadcaster. */
interface Outlet {

  PublishResult publish(SseMessage message);

  SseClient open(SseEventSink sink);

  static Outlet of(SseBroadcaster broadcaster) {
    return new Outlet() {
      @Override
      public PublishResult publish(SseMessage message) {
        return broadcaster.publish(message);
      }

      @Override
      public SseClient open(SseEventSink sink) {
        return broadcaster.register(sink, Subscription.none());
      }
    };
  }
}
