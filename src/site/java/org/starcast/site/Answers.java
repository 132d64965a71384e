package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import java.time.Duration;
import java.util.function.Consumer;
import org.starcast.SseMessage;
import org.starcast.security.SameOrigin;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.StreamOptions;

/** Tokens of a language model, to the client that asked. */
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

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void answer(@Context SseEventSink sink, @QueryParam("question") String question) {
    Source<String> tokens =
        Source.emitter(
            4_096,
            emitter -> {
              Model.Call call =
                  model.ask(
                      question,
                      token -> {
                        if (!emitter.emit(token)) {
                          emitter.fail(new IllegalStateException("the client is too slow"));
                        }
                      },
                      emitter::complete,
                      emitter::fail);
              emitter.onClose(call::cancel); // the client has gone, or the answer is complete
            });
    streams.stream(
        sink,
        tokens,
        StreamOptions.defaults()
            .event("token")
            .timeout(Duration.ofMinutes(5))
            .closing(SseMessage.builder().event("done").data("").build()));
  }
}
// end snippet
