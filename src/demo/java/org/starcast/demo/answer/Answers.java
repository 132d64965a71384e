package org.starcast.demo.answer;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Flow;
import org.starcast.datastar.Html;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.StreamOptions;

/** Answers as named streams, for all three pages: they differ in what an item of theirs is. */
@ApplicationScoped
public class Answers {

  /** An answer's id. */
  static final String ID = "[0-9a-f-]{36}";

  @Inject SseStreams streams;

  /** Has the items streamed, whoever watches, and returns the id: who knows it may see them. */
  <T> String start(Flow.Publisher<T> items, StreamOptions<T> options) {
    String id = UUID.randomUUID().toString();
    streams.named(
        topic(id),
        Source.of(items),
        options.timeout(Duration.ofMinutes(5)).unwatchedTimeout(Duration.ofMinutes(1)));
    return id;
  }

  /** All of it to a window that is new, the rest to one that comes back. */
  void watch(SseEventSink sink, String id) {
    if (find(id).isEmpty()) {
      throw new WebApplicationException(Response.noContent().build()); // do not ask again
    }
    streams.watch(sink, topic(id));
  }

  /** Ends it for everybody: the model's call is cancelled. */
  void stop(String id) {
    find(id).ifPresent(NamedStream::stop);
  }

  /** How it stands, as an element of the pages. */
  Html status(String id) {
    Optional<NamedStream> answer = find(id);
    if (answer.isEmpty()) {
      return status("closed", id.isEmpty() ? "Nothing asked yet" : "There is no such answer");
    }
    return switch (answer.get().state()) {
      case RUNNING -> status("connected", "Being written\u2026");
      case COMPLETED -> status("closed", "Complete");
      case FAILED -> status("failed", "The model failed");
      case CANCELLED -> status("closed", "Stopped");
    };
  }

  private static Html status(String state, String text) {
    return Html.format("<span class=\"status\" data-state=\"{}\">{}</span>", state, text);
  }

  private Optional<NamedStream> find(String id) {
    return id.isEmpty() ? Optional.empty() : streams.named(topic(id));
  }

  private static String topic(String id) {
    return "answers." + id;
  }

  /** All that was said so far, with each token: what Markdown is made of. */
  static Flow.Publisher<String> soFar(Flow.Publisher<String> tokens) {
    return subscriber ->
        tokens.subscribe(
            new Flow.Subscriber<>() {
              private final StringBuilder text = new StringBuilder();

              @Override
              public void onSubscribe(Flow.Subscription subscription) {
                subscriber.onSubscribe(subscription);
              }

              @Override
              public void onNext(String token) {
                subscriber.onNext(text.append(token).toString());
              }

              @Override
              public void onError(Throwable failure) {
                subscriber.onError(failure);
              }

              @Override
              public void onComplete() {
                subscriber.onComplete();
              }
            });
  }
}
