package org.starcast.demo.conformance;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.starcast.datastar.DatastarEvent;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.ExecuteScript;
import org.starcast.datastar.PatchElements;
import org.starcast.datastar.PatchSignals;
import org.starcast.datastar.Signals;
import org.starcast.demo.Problem;
import org.starcast.security.SameOrigin;

/**
 * Answers with the events that the signals describe, as Datastar's SDK test suite asks (sdk/tests
 * in starfederation/datastar).
 */
@Path("test")
@ApplicationScoped
@SameOrigin
public class ConformanceResource {

  @Inject DatastarSse datastar;

  @GET
  public Response get(@Signals JsonObject signals) {
    return answer(signals);
  }

  @POST
  public Response post(@Signals JsonObject signals) {
    return answer(signals);
  }

  private Response answer(JsonObject signals) {
    try {
      DatastarEvent.Batch batch = datastar.batch();
      JsonArray events = signals.getJsonArray("events");
      for (JsonValue event : events == null ? JsonValue.EMPTY_JSON_ARRAY : events) {
        batch = batch.and(event(event.asJsonObject()));
      }
      return batch.toResponse();
    } catch (IllegalArgumentException | ClassCastException | JsonException e) {
      throw new BadRequestException(
          Problem.of(Response.Status.BAD_REQUEST, "events: " + e.getMessage()));
    }
  }

  private DatastarEvent event(JsonObject event) {
    return switch (event.getString("type", "")) {
      case "patchElements" -> patchElements(event);
      case "patchSignals" -> patchSignals(event);
      case "executeScript" -> executeScript(event);
      default -> throw new IllegalArgumentException("type: is unknown");
    };
  }

  private PatchElements patchElements(JsonObject event) {
    PatchElements patch =
        datastar
            .patchElements(event.getString("elements", ""))
            .mode(PatchElements.Mode.parse(event.getString("mode", "outer")))
            .namespace(PatchElements.Namespace.parse(event.getString("namespace", "html")))
            .useViewTransition(event.getBoolean("useViewTransition", false))
            // the suite's elements have no ids
            .withoutTargetCheck();
    if (event.containsKey("selector")) {
      patch = patch.selector(event.getString("selector"));
    }
    if (event.containsKey("viewTransitionSelector")) {
      patch = patch.viewTransitionSelector(event.getString("viewTransitionSelector"));
    }
    if (event.containsKey("eventId")) {
      patch = patch.eventId(event.getString("eventId"));
    }
    return event.containsKey("retryDuration") ? patch.retry(retry(event)) : patch;
  }

  private PatchSignals patchSignals(JsonObject event) {
    PatchSignals patch =
        datastar
            .patchSignals(
                event.containsKey("signals-raw")
                    ? event.getString("signals-raw")
                    : event.getJsonObject("signals"))
            .onlyIfMissing(event.getBoolean("onlyIfMissing", false));
    if (event.containsKey("eventId")) {
      patch = patch.eventId(event.getString("eventId"));
    }
    return event.containsKey("retryDuration") ? patch.retry(retry(event)) : patch;
  }

  private ExecuteScript executeScript(JsonObject event) {
    Map<String, String> attributes = new LinkedHashMap<>();
    if (event.containsKey("attributes")) {
      event
          .getJsonObject("attributes")
          .forEach((name, value) -> attributes.put(name, ((JsonString) value).getString()));
    }
    ExecuteScript execute =
        datastar
            .executeScript(event.getString("script", ""))
            .attributes(attributes)
            .autoRemove(event.getBoolean("autoRemove", true));
    if (event.containsKey("eventId")) {
      execute = execute.eventId(event.getString("eventId"));
    }
    return event.containsKey("retryDuration") ? execute.retry(retry(event)) : execute;
  }

  private static Duration retry(JsonObject event) {
    try {
      return Duration.ofMillis(event.getJsonNumber("retryDuration").longValueExact());
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("retryDuration: must be whole milliseconds", e);
    }
  }
}
