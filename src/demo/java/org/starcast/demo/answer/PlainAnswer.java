package org.starcast.demo.answer;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
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

  /** What the model gave last. */
  public record Token(String text) {}
}
