package org.starcast.demo.dashboard;

import jakarta.enterprise.context.RequestScoped;
import jakarta.inject.Inject;
import jakarta.security.enterprise.credential.UsernamePasswordCredential;
import jakarta.security.enterprise.identitystore.CredentialValidationResult;
import jakarta.security.enterprise.identitystore.CredentialValidationResult.Status;
import jakarta.security.enterprise.identitystore.IdentityStoreHandler;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import jakarta.validation.constraints.NotNull;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.security.Principal;
import org.starcast.SseBroadcaster;
import org.starcast.security.SameOrigin;

/** Signs in and out; Jakarta Security knows the users. */
@Path("dashboard")
@RequestScoped
@SameOrigin
public class LoginResource {

  private static final String SIGN_IN = "../dashboard/login.html";

  @Inject IdentityStoreHandler users;

  @Inject SseBroadcaster broadcaster;

  @POST
  @Path("enter")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  public Response enter(
      @Context HttpServletRequest request,
      @Context UriInfo uri,
      @FormParam("user") @NotNull String user,
      @FormParam("password") @NotNull String password) {
    CredentialValidationResult result =
        users.validate(new UsernamePasswordCredential(user, password));
    if (result.getStatus() != Status.VALID) {
      return to(uri, SIGN_IN + "#failed");
    }
    HttpSession session = request.getSession();
    request.changeSessionId();
    session.setAttribute(
        Caller.ATTRIBUTE,
        new Caller(result.getCallerPrincipal().getName(), result.getCallerGroups()));
    return to(uri, "../dashboard/");
  }

  @GET
  @Path("leave")
  public Response leave(@Context HttpServletRequest request, @Context UriInfo uri) {
    HttpSession session = request.getSession(false);
    if (session != null) {
      session.invalidate();
    }
    Principal caller = request.getUserPrincipal();
    if (caller != null) {
      // the streams of other tabs go on otherwise
      broadcaster.revoke(caller.getName());
    }
    return to(uri, SIGN_IN);
  }

  private static Response to(UriInfo uri, String page) {
    return Response.seeOther(uri.getBaseUri().resolve(page)).build();
  }
}
