package org.starcast.it.app;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starcast.datastar.Signals;

/** Says what it read, so that a test sees how signals of each kind of request are bound. */
@Path("signals")
@Produces(MediaType.TEXT_PLAIN)
public class SignalsResource {

  /** Who, with a bound that JSON cannot say. */
  public record Person(@Size(min = 1, max = 10) String name, @Max(150) int age) {}

  /** What the page holds. */
  public record Page(@Valid Person user, List<@Max(1000) Integer> scores, boolean done) {}

  @GET
  @Path("record/{id}")
  public String get(@PathParam("id") String id, @Signals Page page) {
    return id + " " + page;
  }

  @DELETE
  @Path("record")
  public String delete(@Signals Page page) {
    return "" + page;
  }

  @POST
  @Path("record")
  public String post(@Signals Page page) {
    return "" + page;
  }

  @PUT
  @Path("record")
  @Consumes(MediaType.APPLICATION_JSON)
  public String put(@Signals Page page) {
    return "" + page;
  }

  @PATCH
  @Path("record")
  public String patch(@Signals Page page) {
    return "" + page;
  }

  @GET
  @Path("map")
  public String map(@Signals Map<String, Object> signals) {
    return "" + new TreeMap<>(signals);
  }

  @POST
  @Path("typed-map")
  public String typedMap(@Signals Map<String, Person> people) {
    return "" + new TreeMap<>(people);
  }

  @POST
  @Path("object")
  public String object(@Signals JsonObject signals) {
    return Json.createObjectBuilder(signals).build().toString();
  }
}
