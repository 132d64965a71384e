package org.starcast.demo.answer;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.security.SameOrigin;

/** An answer, whichever page asked for it: its stream, and its end. */
@Path("answer/{id: " + Answers.ID + "}")
@ApplicationScoped
@SameOrigin
public class AnswerResource {

  @Inject Answers answers;

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void watch(@Context SseEventSink sink, @PathParam("id") String id) {
    answers.watch(sink, id);
  }

  @DELETE
  public void stop(@PathParam("id") String id) {
    answers.stop(id);
  }
}
