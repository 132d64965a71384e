package org.starcast.demo.answer;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.SseEventSink;
import org.starcast.security.SameOrigin;
import org.starcast.stream.StreamOptions;

/** For plain JavaScript: each token as JSON. */
@Path("answer/plain")
@ApplicationScoped
@SameOrigin
public class PlainAnswer {

  @Inject Answers answers;
  @Inject FakeModel model;

  @POST
  @Produces(MediaType.TEXT_PLAIN)
  public String ask(@FormParam("question") @NotBlank @Size(max = 200) String question) {
    return answers.start(
        model.ask(question), StreamOptions.defaults().event("token").transform(Token::new));
  }

  @GET
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void watch(
      @Context SseEventSink sink,
      @QueryParam("id") @NotNull @Pattern(regexp = Answers.ID) String id) {
    answers.watch(sink, id);
  }

  @DELETE
  public void stop(@QueryParam("id") @NotNull @Pattern(regexp = Answers.ID) String id) {
    answers.stop(id);
  }

  /** What the model gave last. */
  public record Token(String text) {}
}
