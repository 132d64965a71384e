package org.starcast.demo.tasks;

import static jakarta.enterprise.event.TransactionPhase.AFTER_SUCCESS;

import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
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
import java.util.Map;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.Topic;
import org.starcast.datastar.DatastarAction;
import org.starcast.datastar.DatastarAttributes;
import org.starcast.datastar.DatastarEvent;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.Signals;
import org.starcast.demo.ProblemsAsSignals;
import org.starcast.demo.todo.TodoChange;
import org.starcast.demo.todo.TodoItem;
import org.starcast.demo.todo.TodoList;
import org.starcast.security.SameOrigin;

/** The to-do list's Datastar page: each committed change shows the whole list anew. */
@Path("tasks")
@ApplicationScoped
@ProblemsAsSignals
@SameOrigin
public class TasksResource {

  private static final String ID = "{id: [0-9]{1,18}}";
  private static final String URL = "../api/tasks/";

  /** The button that is clicked will be gone: the keyboard goes on from its neighbour. */
  private static final String FOCUS_NEXT =
      "((el.closest('li').nextElementSibling ?? el.closest('li').previousElementSibling)"
          + "?.querySelector('button') ?? document.getElementById('text')).focus()";

  @Inject SseBroadcaster broadcaster;

  @Inject DatastarSse datastar;

  @Inject TodoList todos;

  @Resource ManagedExecutorService executor;

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public synchronized void stream(@Context SseEventSink sink) {
    SseClient client =
        broadcaster.register(
            sink, Subscription.to("tasks").type("tasks").overflow(Overflow.COALESCE));
    list().sendTo(client);
  }

  /** Not called when the transaction is rolled back. It still holds the thread when this runs. */
  void changed(@Observes(during = AFTER_SUCCESS) @Topic("todo.*") TodoChange change) {
    executor.execute(this::publish);
  }

  private synchronized void publish() {
    list().publish("tasks");
  }

  @POST
  public Response add(@Signals NewTask task) {
    todos.add(task.text().strip(), task.fail());
    return datastar.response(datastar.patchSignals(Map.of("text", "")));
  }

  @PATCH
  @Path(ID)
  public void tick(
      @PathParam("id") long id, @QueryParam("done") boolean done, @Signals Options options) {
    todos.markDone(id, done, options.fail());
  }

  @DELETE
  @Path(ID)
  public void remove(@PathParam("id") long id, @Signals Options options) {
    todos.remove(id, options.fail());
  }

  /** A key for each of the two, so that a slow page gets the newest of both. */
  private DatastarEvent.Batch list() {
    return datastar.batch(
        datastar
            .patchElements(
                Html.format(
                    "<ul class=\"todos\" id=\"todos\" role=\"list\" aria-labelledby=\"list-title\""
                        + " data-empty=\"Nothing to do.\">{}</ul>",
                    todos.all().stream().map(TasksResource::row).toList()))
            .coalesce("list"),
        datastar.patchSignals(Map.of("_live", true)).coalesce("live"));
  }

  /** A click leaves the box as it is: it changes when the change has been committed. */
  private static Html row(TodoItem item) {
    String url = URL + item.id();
    return Html.format(
        """
        <li id="task-{}" class="{}">
          <label><input type="checkbox"{}{}><span>{}</span></label>
          <button class="quiet" aria-label="Delete {}"{}>Delete</button>
        </li>
        """,
        item.id(),
        item.done() ? "done" : "",
        item.done() ? " checked" : "",
        html(
            DatastarAttributes.none()
                .on("click", DatastarAction.patch(url + "?done=" + !item.done()))
                .prevent()),
        item.text(),
        item.text(),
        html(
            DatastarAttributes.none().on("click", FOCUS_NEXT + "; " + DatastarAction.delete(url))));
  }

  private static Html html(DatastarAttributes attributes) {
    return Html.of(attributes.toString());
  }

  /** The page's signals when a task is added. */
  public record NewTask(
      @NotBlank(message = "must not be empty")
          @Size(max = 200, message = "must be at most 200 characters")
          String text,
      boolean fail) {}

  /** The page's signals that every change heeds. */
  public record Options(boolean fail) {}
}
