package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Consumer;
import org.starcast.TopicPattern;
import org.starcast.security.SameOrigin;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.StreamOptions;

/** Tokens of a language model: an answer that survives a reload. */
// snippet: answers
@Path("answers")
@ApplicationScoped
@SameOrigin
public class Answers {

  /** What the library of your model has: it calls back on threads of its own. */
  public interface Model {
    Call ask(String question, Consumer<String> token, Runnable done, Consumer<Throwable> failed);

    interface Call {
      void cancel();
    }
  }

  @Inject SseStreams streams;
  @Inject Model model;

  @POST
  public String ask(@FormParam("question") String question) {
    String id = UUID.randomUUID().toString(); // who knows it may see the answer
    streams.named(
        topic(id),
        Source.<String>emitter(4_096, emitter -> ask(question, emitter)),
        StreamOptions.defaults()
            .event("token")
            .timeout(Duration.ofMinutes(5))
            .unwatchedTimeout(Duration.ofMinutes(1)));
    return id;
  }

  @GET
  @Path("{id}")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void watch(@Context SseEventSink sink, @PathParam("id") String id) {
    streams.watch(sink, topic(id));
  }

  @DELETE
  @Path("{id}")
  public void stop(@PathParam("id") String id) {
    streams.named(topic(id)).ifPresent(NamedStream::stop);
  }

  private void ask(String question, Source.Emitter<String> emitter) {
    Model.Call call =
        model.ask(
            question,
            token -> {
              if (!emitter.emit(token)) {
                emitter.fail(new IllegalStateException("4,096 tokens wait"));
              }
            },
            emitter::complete,
            emitter::fail);
    emitter.onClose(call::cancel); // it was stopped, or is complete
  }

  private static String topic(String id) {
    return "answers." + TopicPattern.escape(id);
  }
}
// end snippet
