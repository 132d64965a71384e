package org.starcast.web;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.starcast.PublishResult;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.StarcastConfig;
import org.starcast.Subscription;
import org.starcast.topic.TopicName;

/**
 * The ready-made endpoint, under the application's own JAX-RS path; off by default.
 *
 * <ul>
 *   <li>{@code GET starcast/stream?topic=…&topic=…&mute=…&sender=…&history=…&lastEventId=…} opens a
 *       stream ({@code starcast.endpoint.enabled}). {@code topic}: one pattern or more; {@code
 *       mute}: patterns to leave out; {@code sender}: only what these senders send; {@code
 *       history}: how many of the latest events a new client gets first; {@code lastEventId}: where
 *       to go on, for clients that cannot send {@code Last-Event-ID}.
 *   <li>{@code POST starcast/publish} with the form fields {@code topic} (one or more), {@code
 *       data}, and if wanted {@code event} and {@code sender}, publishes ({@code
 *       starcast.endpoint.publish.enabled}) and answers 202 with the event's id as JSON.
 * </ul>
 *
 * <p>Bad input is answered by 400 and a problem body that names the parameter; a body larger than
 * {@code starcast.message.max-bytes} allows, by 413.
 */
@Path("starcast")
@ApplicationScoped
public class EndpointResource {

  /** A byte of data takes at most three in a form; the rest is for the other fields. */
  private static final int FORM_FACTOR = 3;

  private static final int FORM_EXTRA = 16 << 10;

  /** {@code lastEventId} is read where clients are registered, {@code datastar} by nobody here. */
  private static final Set<String> STREAM_PARAMETERS =
      Set.of("topic", "mute", "sender", "history", "lastEventId", "datastar");

  private final SseBroadcaster broadcaster;
  private final StarcastConfig config;

  /** For the container's proxy. */
  public EndpointResource() {
    this(null, null);
  }

  /** The beans it serves; public, as JAX-RS asks for (Jakarta REST 3.1, section 3.1.2). */
  @Inject
  public EndpointResource(SseBroadcaster broadcaster, StarcastConfig config) {
    this.broadcaster = broadcaster;
    this.config = config;
  }

  /** Opens a stream. */
  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public void stream(@Context SseEventSink sink, @Context UriInfo uri) {
    if (!config.endpoint()) {
      throw new NotFoundException();
    }
    Map<String, List<String>> query = known(uri.getQueryParameters(), STREAM_PARAMETERS);
    String[] senders = query.getOrDefault("sender", List.of()).toArray(String[]::new);
    for (String sender : senders) {
      checked("sender", () -> TopicName.checkSender(sender));
    }
    Subscription subscription = Subscription.none();
    for (String topic : required(query, "topic")) {
      Subscription before = subscription;
      subscription = checked("topic", () -> before.topic(topic, senders));
    }
    for (String mute : query.getOrDefault("mute", List.of())) {
      Subscription before = subscription;
      subscription = checked("mute", () -> before.mute(mute));
    }
    String history = single(query, "history");
    if (history != null) {
      Subscription before = subscription;
      subscription = checked("history", () -> before.history(number("history", history)));
    }
    Subscription complete = subscription;
    checked("topic", () -> broadcaster.register(sink, complete));
  }

  /** Publishes. */
  @POST
  @Path("publish")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Produces(MediaType.APPLICATION_JSON)
  public Response publish(InputStream body) throws IOException {
    if (!config.endpointPublish()) {
      throw new NotFoundException();
    }
    Map<String, List<String>> form = known(form(body), Set.of("topic", "data", "event", "sender"));
    SseMessage.Builder message = SseMessage.builder();
    checked("topic", () -> message.topics(required(form, "topic")));
    String data = single(form, "data");
    if (data == null) {
      throw bad("data: is missing");
    }
    if (data.length() > config.messageBytes()) {
      throw tooLarge();
    }
    message.data(data);
    String event = single(form, "event");
    if (event != null) {
      checked("event", () -> message.event(event));
    }
    String sender = single(form, "sender");
    if (sender != null) {
      checked("sender", () -> message.sender(sender));
    }
    PublishResult result;
    try {
      result = broadcaster.publish(message.build());
    } catch (IllegalArgumentException e) {
      throw tooLarge();
    }
    return Response.accepted(Json.createObjectBuilder().add("id", result.id()).build().toString())
        .build();
  }

  private Map<String, List<String>> form(InputStream body) throws IOException {
    int most = FORM_FACTOR * config.messageBytes() + FORM_EXTRA;
    byte[] bytes = body.readNBytes(most + 1);
    if (bytes.length > most) {
      throw tooLarge();
    }
    Map<String, List<String>> form = new LinkedHashMap<>();
    for (String field : new String(bytes, StandardCharsets.US_ASCII).split("&")) {
      if (!field.isEmpty()) {
        int equals = field.indexOf('=');
        String name = decode(equals < 0 ? field : field.substring(0, equals));
        String value = equals < 0 ? "" : decode(field.substring(equals + 1));
        form.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
      }
    }
    return form;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw bad("body: is not application/x-www-form-urlencoded");
    }
  }

  private static Map<String, List<String>> known(
      Map<String, List<String>> parameters, Set<String> names) {
    for (String name : parameters.keySet()) {
      if (!names.contains(name)) {
        throw bad(printable(name) + ": is not a parameter here");
      }
    }
    return parameters;
  }

  private static List<String> required(Map<String, List<String>> parameters, String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    if (values.isEmpty()) {
      throw bad(name + ": is missing");
    }
    return values;
  }

  private static int number(String parameter, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw bad(parameter + ": must be a whole number");
    }
  }

  private static String single(Map<String, List<String>> parameters, String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    if (values.size() > 1) {
      throw bad(name + ": is given " + values.size() + " times, at most once");
    }
    return values.isEmpty() ? null : values.get(0);
  }

  /** Names the HTTP parameter in place of the Java one in what an argument's check says. */
  private static <T> T checked(String parameter, Supplier<T> action) {
    try {
      return action.get();
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      throw bad(parameter + ": " + message.substring(message.indexOf(": ") + 2));
    }
  }

  private static String printable(String name) {
    String shown = name.length() > 40 ? name.substring(0, 40) + "..." : name;
    return shown.replaceAll("[^\\x20-\\x7e]", "?");
  }

  private static BadRequestException bad(String detail) {
    return new BadRequestException(detail, Problem.of(400, detail).build());
  }

  private WebApplicationException tooLarge() {
    String detail = "data: the message is larger than " + config.messageBytes() + " bytes";
    return new WebApplicationException(detail, Problem.of(413, detail).build());
  }
}
