package org.starcast.internal.engine;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.starcast.MessageSource;
import org.starcast.PublishResult;
import org.starcast.SseMessage;

/**
 * Stands in for the broadcaster where a test is about what reaches it; deploy it in the place of
 * {@link Broadcaster}.
 */
@ApplicationScoped
public class RecordingBroadcaster extends Broadcaster {

  private final Queue<SseMessage> published = new ConcurrentLinkedQueue<>();
  private final AtomicReference<RuntimeException> failure = new AtomicReference<>();

  @Override
  void start(Object application) {
    // there is no engine to start
  }

  @Override
  void stop(Object application) {
    // nor to stop
  }

  @Override
  void close() {
    // nor to close
  }

  @Override
  public PublishResult publish(MessageSource message) {
    RuntimeException thrown = failure.getAndSet(null);
    if (thrown != null) {
      throw thrown;
    }
    published.add(message.toSseMessage());
    return new PublishResult("", 0, 0, 0, 0, 0);
  }

  /** What has been published so far, in its order. */
  public List<SseMessage> published() {
    return List.copyOf(published);
  }

  /** The data of what has been published so far. */
  public List<Object> data() {
    return published.stream().map(message -> message.data().orElseThrow()).toList();
  }

  /** The topics of what has been published so far. */
  public List<List<String>> topics() {
    return published.stream().map(SseMessage::topics).toList();
  }

  /** Makes the next publish throw. */
  public void failNext(RuntimeException thrown) {
    failure.set(thrown);
  }
}
