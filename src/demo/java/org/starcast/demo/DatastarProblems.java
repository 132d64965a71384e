package org.starcast.demo;

import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import org.starcast.datastar.DatastarSse;

/**
 * Answers a Datastar page of a resource that says so with the problem as signals, {@code _error}
 * and {@code _field}, and 200: its client does not read the body of an error.
 */
@Provider
@ProblemsAsSignals
public class DatastarProblems implements ContainerResponseFilter {

  @Inject DatastarSse datastar;

  @Override
  public void filter(ContainerRequestContext request, ContainerResponseContext response) {
    if (Problem.TYPE.equals(response.getMediaType()) && datastar.isDatastarRequest(request)) {
      // those of bad signals are bytes
      String body =
          response.getEntity() instanceof byte[] bytes
              ? new String(bytes, StandardCharsets.UTF_8)
              : (String) response.getEntity();
      JsonObject problem = Json.createReader(new StringReader(body)).readObject();
      String field =
          problem.containsKey("errors")
              ? problem.getJsonArray("errors").getJsonObject(0).getString("path")
              : problem.getString("field", "");
      response.setStatusInfo(Response.Status.OK);
      response.setEntity(
          Json.createObjectBuilder()
              .add("_error", named(problem.getString("detail")))
              .add("_field", named(field))
              .build()
              .toString(),
          null,
          MediaType.APPLICATION_JSON_TYPE);
    }
  }

  /** Without the root of the path that Starcast names a signal by. */
  private static String named(String path) {
    return path.startsWith("$.") ? path.substring(2) : path;
  }
}
