package org.starcast.demo.answer;

import static java.time.Duration.ofMillis;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import org.starcast.security.SameOrigin;
import org.starcast.stream.StreamOptions;
import org.starcast.stream.Throttle;

/** For htmx 4: the answer so far, ten times a second, as markup that is morphed in. */
@Path("answer/htmx")
@ApplicationScoped
@SameOrigin
public class HtmxAnswer {

  @Inject Answers answers;
  @Inject FakeModel model;

  /** The page that it leads to has the answer's id in its address: it can be loaded anew. */
  @POST
  public Response ask(@FormParam("question") @NotBlank @Size(max = 200) String question) {
    String id =
        answers.start(
            Answers.soFar(model.ask(question)),
            StreamOptions.defaults()
                .throttle(Throttle.<String>latest(ofMillis(100)))
                .transform(Markdown::html));
    return Response.seeOther(URI.create("../answer/htmx.html?answer=" + id)).build();
  }

  @GET
  @Path("status")
  @Produces(MediaType.TEXT_HTML)
  public String status(@QueryParam("id") @NotNull @Pattern(regexp = "|" + Answers.ID) String id) {
    return answers.status(id).asString();
  }
}
