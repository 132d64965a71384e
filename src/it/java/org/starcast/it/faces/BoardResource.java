package org.starcast.it.faces;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;

/** Lets a test drive the boards. */
@Path("board/{name}")
@ApplicationScoped
public class BoardResource {

  @Inject SseBroadcaster broadcaster;
  @Inject Board board;

  @POST
  public void say(@PathParam("name") String name, String text) {
    board.say(name, text);
  }

  @GET
  @Path("opened")
  public String opened(@PathParam("name") String name) {
    return String.valueOf(board.opened(name));
  }

  @GET
  @Path("listened")
  public String listened(@PathParam("name") String id) {
    return String.valueOf(board.listened(id));
  }

  /** Closes the streams of a user. */
  @DELETE
  @Path("streams")
  public void close(@PathParam("name") String name) {
    broadcaster.clients().stream()
        .filter(client -> client.user().equals(name))
        .forEach(SseClient::close);
  }

  /** Ends the caller's session. */
  @DELETE
  @Path("session")
  public void end(@Context HttpServletRequest request) {
    request.getSession().invalidate();
  }
}
