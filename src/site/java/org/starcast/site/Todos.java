package org.starcast.site;

import static org.starcast.datastar.PatchElements.Mode.APPEND;

import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.Signals;
import org.starcast.security.SameOrigin;

/** Datastar: signals read, and answered by patches. */
@SameOrigin
@Path("todos")
public class Todos {

  public record NewTodo(@NotBlank String text) {}

  @Inject DatastarSse datastar;

  // snippet: add
  @POST
  public Response add(@Signals NewTodo todo) { // 400 with the path if it does not fit
    return datastar.response(
        datastar.patchElements(row(todo)).selector("#todos").mode(APPEND),
        datastar.patchSignals(Map.of("text", "")));
  }

  // end snippet

  private static Html row(NewTodo todo) {
    return Html.format("<li>{}</li>", todo.text());
  }
}
