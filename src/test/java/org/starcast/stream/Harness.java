package org.starcast.stream;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.starcast.MessageSource;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.DeliveryEngine;
import org.starcast.internal.engine.EngineListener;
import org.starcast.internal.payload.PayloadRule;
import org.starcast.internal.wire.EventId;

/** Streams over a real engine, with sinks and a clock of the test's own. */
final class Harness implements AutoCloseable {

  static final int QUEUE = 16;

  final ManualTimer timer = new ManualTimer();
  final ExecutorService executor =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "stream-test");
            thread.setDaemon(true);
            return thread;
          });
  final DeliveryEngine engine;
  final SseStreams streams;

  Harness() {
    Map<String, String> config =
        Map.of(
            "starcast.queue.messages",
            Integer.toString(QUEUE),
            "starcast.heartbeat",
            "PT0S",
            "starcast.drain-window",
            "PT0S");
    StarcastConfig settings =
        StarcastConfig.read(key -> Optional.ofNullable(config.get(key)), List.of());
    engine =
        new DeliveryEngine(
            settings,
            new LocalBackplane(settings),
            task -> {
              Thread thread = new Thread(task);
              thread.setDaemon(true);
              return thread;
            },
            executor,
            executor,
            new PayloadRule()::apply,
            null,
            null,
            new EngineListener() {
              @Override
              public void opened(SseClient client) {}

              @Override
              public void closed(SseClient client, CloseReason reason) {}

              @Override
              public void unpublished(SseMessage message, Throwable failure) {}

              @Override
              public void commanded(EventId at, String type, byte[] body) {}
            });
    streams = streams(threads(timer));
  }

  /** Streams on these threads. */
  SseStreams streams(StreamThreads threads) {
    return new StreamsBean(
        (sink, subscription) -> {
          try {
            return engine.register(sink, subscription, null);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        payload ->
            payload instanceof MessageSource source
                ? source.toSseMessage()
                : SseMessage.of(payload),
        threads,
        null,
        () -> null);
  }

  /** Those of here, and another clock. */
  StreamThreads threads(Timer timer) {
    return new StreamThreads(executor, executor, timer);
  }

  @Override
  public void close() {
    engine.stop();
    executor.shutdownNow();
  }
}
