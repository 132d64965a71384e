package org.starcast.it.app;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import jakarta.ws.rs.GET;
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
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.datastar.DatastarAction;
import org.starcast.datastar.DatastarAttributes;
import org.starcast.datastar.DatastarEvent;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.DispatchCustomEvent;
import org.starcast.datastar.ExecuteScript;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchElements;
import org.starcast.datastar.Signals;
import org.starcast.htmx.OobSwap;
import org.starcast.htmx.OobSwap.SwapMode;

/** Does each of Datastar's operations to a page that a test has open. */
@Path("operations/{page}")
@ApplicationScoped
public class OperationsResource {

  @Inject SseBroadcaster broadcaster;
  @Inject DatastarSse datastar;

  /** The signals that came with each request for a page's stream. */
  private final Map<String, List<String>> asked = new ConcurrentHashMap<>();

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(
      @Context SseEventSink sink,
      @PathParam("page") String page,
      @QueryParam("datastar") String signals) {
    asked.computeIfAbsent(page, p -> new CopyOnWriteArrayList<>()).add(signals);
    var client =
        broadcaster.register(sink, Subscription.to("operations." + page).queue(5000, 8 << 20));
    datastar.patchSignals(Map.of("_live", true)).sendTo(client);
  }

  /** 204, or 400 with what is refused. */
  @POST
  @Produces(MediaType.TEXT_PLAIN)
  public Response operate(@PathParam("page") String page, @Signals JsonObject operation) {
    try {
      event(operation).publish("operations." + page);
      return Response.noContent().build();
    } catch (IllegalArgumentException e) {
      return Response.status(400).entity(e.getMessage()).build();
    }
  }

  @GET
  @Path("asked")
  @Produces(MediaType.APPLICATION_JSON)
  public List<String> asked(@PathParam("page") String page) {
    return asked.get(page);
  }

  /** Ends the page's stream. */
  @POST
  @Path("end")
  public void end(@PathParam("page") String page) {
    broadcaster.clientsOn("operations." + page).forEach(SseClient::close);
  }

  @POST
  @Path("burst")
  public void burst(@PathParam("page") String page, @Signals Burst burst) {
    for (int i = 0; i < burst.count(); i++) {
      datastar
          .patchElements(Html.format("<li>{}</li>", i))
          .selector("#list")
          .mode(PatchElements.Mode.APPEND)
          .publish("operations." + page);
      datastar.patchSignals(Map.of("n", i)).publish("operations." + page);
    }
  }

  /** The same for htmx. */
  @POST
  @Path("swap")
  @Produces(MediaType.TEXT_PLAIN)
  public Response swap(@PathParam("page") String page, @Signals Swap swap) {
    try {
      SwapMode mode = SwapMode.valueOf(swap.mode());
      OobSwap oob = OobSwap.none();
      oob =
          swap.text() == null
              ? oob.add(swap.target(), mode, swap.markup())
              : oob.add(swap.target(), mode, Html.text(swap.text()));
      broadcaster.publish(oob.toSseMessage().toBuilder().topic("operations." + page).build());
      return Response.noContent().build();
    } catch (IllegalArgumentException e) {
      return Response.status(400).entity(e.getMessage()).build();
    }
  }

  @POST
  @Path("swap/burst")
  public void swaps(@PathParam("page") String page, @Signals Burst burst) {
    for (int i = 0; i < burst.count(); i++) {
      OobSwap swap = OobSwap.none().add("list", SwapMode.BEFORE_END, "<li>" + i + "</li>");
      broadcaster.publish(swap.toSseMessage().toBuilder().topic("operations." + page).build());
    }
  }

  /** How many patches in a row. */
  public record Burst(int count) {}

  /** An out-of-band swap of markup, or of text. */
  public record Swap(String target, String mode, String markup, String text) {}

  private DatastarEvent event(JsonObject in) {
    String value = in.getString("value", "");
    String nonce = in.getString("nonce", "none");
    return switch (in.getString("do")) {
      case "patch" -> patch(in, datastar.patchElements(value));
      // the text as content, as an attribute's value, and as a value in an expression
      case "text" ->
          datastar.patchElements(
              Html.format(
                  "<p id=\"target\" title=\"{}\"><b>{}</b><i{}{}></i></p>",
                  value,
                  value,
                  Html.of(
                      DatastarAttributes.none().text(DatastarAttributes.value(value)).toString()),
                  Html.of(
                      DatastarAttributes.none().signals(Map.of("attribute", value)).toString())));
      case "remove" -> datastar.removeElements(value);
      case "removeById" -> datastar.removeElementById(value);
      case "signals" ->
          datastar
              .patchSignals(in.getJsonObject("signals"))
              .onlyIfMissing(in.getBoolean("onlyIfMissing", false));
      case "signal" -> datastar.patchSignals(Map.of("held", value));
      case "removeSignals" -> datastar.removeSignals(value.split(","));
      case "script" ->
          datastar.executeScript(value).autoRemove(in.getBoolean("autoRemove", true)).nonce(nonce);
      case "literal" ->
          datastar
              .executeScript("window.got = " + ExecuteScript.literal(value))
              .nonce(nonce)
              .attribute("title", note(value));
      case "redirect" -> datastar.redirect(value).nonce(nonce);
      case "replaceUrl" -> datastar.replaceUrl(value).nonce(nonce);
      case "event" -> {
        DispatchCustomEvent event =
            datastar
                .dispatchCustomEvent(
                    in.getString("name"), in.getOrDefault("detail", JsonValue.NULL))
                .nonce(nonce);
        yield in.containsKey("selector") ? event.selector(in.getString("selector")) : event;
      }
      case "log" -> datastar.consoleLog(value).nonce(nonce);
      case "error" -> datastar.consoleError(value).nonce(nonce);
      case "action" ->
          datastar.patchElements(
              Html.format(
                  "<p id=\"target\"{}>acted</p>",
                  Html.of(DatastarAttributes.none().init(DatastarAction.get(value)).toString())));
      default -> throw new IllegalArgumentException("do: is unknown");
    };
  }

  /** Browsers ignore the nonce of an element that has {@code <script} in an attribute. */
  private static String note(String value) {
    return value.substring(0, Math.min(100, value.length())).replaceAll("[^ -;=-~]", "") + ".";
  }

  private static PatchElements patch(JsonObject in, PatchElements elements) {
    PatchElements patch =
        elements
            .mode(PatchElements.Mode.parse(in.getString("mode", "outer")))
            .namespace(PatchElements.Namespace.parse(in.getString("namespace", "html")))
            .useViewTransition(in.getBoolean("useViewTransition", false));
    if (in.containsKey("selector")) {
      patch = patch.selector(in.getString("selector"));
    }
    return in.containsKey("viewTransitionSelector")
        ? patch.viewTransitionSelector(in.getString("viewTransitionSelector"))
        : patch;
  }
}
