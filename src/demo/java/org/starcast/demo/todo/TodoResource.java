package org.starcast.demo.todo;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.List;
import org.starcast.SseBroadcaster;
import org.starcast.Subscription;
import org.starcast.security.SameOrigin;

/**
 * The to-do list over HTTP. With {@code ?fail=true} a change is saved, announced, and then rolled
 * back.
 */
@Path("todos")
@ApplicationScoped
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
@SameOrigin
public class TodoResource {

  private static final String ID = "{id: [0-9]{1,18}}";

  @Inject SseBroadcaster broadcaster;

  @Inject TodoList todos;

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink) {
    broadcaster.register(sink, Subscription.to("todo.*").type("todo"));
  }

  @GET
  public List<TodoItem> list() {
    return todos.all();
  }

  @POST
  public Response add(@NotNull @Valid NewTodo todo, @QueryParam("fail") boolean fail) {
    TodoItem added = todos.add(todo.text().strip(), fail);
    return Response.status(Response.Status.CREATED).entity(added).build();
  }

  @PATCH
  @Path(ID)
  public TodoItem change(
      @PathParam("id") long id, @NotNull @Valid Tick tick, @QueryParam("fail") boolean fail) {
    return todos.markDone(id, tick.done(), fail);
  }

  @DELETE
  @Path(ID)
  public void remove(@PathParam("id") long id, @QueryParam("fail") boolean fail) {
    todos.remove(id, fail);
  }

  /** The body that adds a to-do. */
  public record NewTodo(
      @NotBlank(message = "must not be empty")
          @Size(max = 200, message = "must be at most 200 characters")
          String text) {}

  /** The body that ticks a to-do, or takes the tick back. */
  public record Tick(@NotNull(message = "must be true or false") Boolean done) {}
}
