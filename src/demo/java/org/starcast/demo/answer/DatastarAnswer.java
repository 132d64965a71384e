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
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import org.starcast.datastar.DatastarEvent;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchElements.Mode;
import org.starcast.security.SameOrigin;
import org.starcast.stream.StreamOptions;
import org.starcast.stream.Throttle;

/** For Datastar: the answer so far, ten times a second, as a patch that is morphed in. */
@Path("answer/datastar")
@ApplicationScoped
@SameOrigin
public class DatastarAnswer {

  @Inject Answers answers;
  @Inject DatastarSse datastar;
  @Inject FakeModel model;

  /** The page that it leads to has the answer's id in its address: it can be loaded anew. */
  @POST
  public Response ask(@FormParam("question") @NotBlank @Size(max = 200) String question) {
    // snippet: answer
    String id =
        answers.start(
            Answers.soFar(model.ask(question)),
            StreamOptions.defaults()
                .throttle(Throttle.<String>latest(ofMillis(100)))
                .transform(text -> patch("#answer", Markdown.html(text))));
    // end snippet
    return Response.seeOther(URI.create("../answer/datastar.html?answer=" + id)).build();
  }

  @GET
  @Path("status")
  public Response status(@QueryParam("id") @NotNull @Pattern(regexp = "|" + Answers.ID) String id) {
    return datastar.response(patch("#status", answers.status(id)));
  }

  private DatastarEvent patch(String selector, Html html) {
    return datastar.patchElements(html).selector(selector).mode(Mode.INNER);
  }
}
