package org.starcast.internal.web;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.starcast.internal.cdi.Payloads;
import org.starcast.internal.cdi.StarcastExtension;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.contract.Contract;
import org.starcast.internal.contract.DeclaredTypes;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.web.EndpointGuard.Switch;
import org.starcast.security.TopicAccess;

/**
 * What the application publishes: its topics, payload types and event names, as declared; off by
 * default ({@code starcast.endpoint.contract.enabled}), and for the same callers as the monitor.
 *
 * <ul>
 *   <li>{@code GET starcast/contract} is an AsyncAPI 3.1 document.
 *   <li>{@code GET starcast/contract/topics.d.ts} is the same as TypeScript types.
 * </ul>
 *
 * <p>It is made at the first request.
 */
@Path("starcast/contract")
@ApplicationScoped
@Tag(ref = "Starcast")
public class ContractResource {

  private static final System.Logger LOG = System.getLogger(ContractResource.class.getName());
  private static final String UTF_8 = ";charset=UTF-8";

  private final StarcastExtension extension;
  private final BeanManager beans;
  private final StarcastConfig config;
  private final EndpointGuard guard;

  /** Made by the first who asks, and the same whoever makes it. */
  private volatile Contract contract;

  /** For the container's proxy. */
  public ContractResource() {
    this(null, null, null, null);
  }

  /** The beans it serves; public, as JAX-RS asks for (Jakarta REST 3.1, section 3.1.2). */
  @Inject
  public ContractResource(
      StarcastExtension extension, BeanManager beans, StarcastConfig config, TopicAccess access) {
    this.extension = extension;
    this.beans = beans;
    this.config = config;
    this.guard = new EndpointGuard(config, access);
  }

  /** Warns, when the application starts, of a contract that is open to all. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (config.endpoint().contract() && guard.isOpenToAll()) {
      LogMessage.CONTRACT_OPEN.log(LOG);
    }
  }

  /** The AsyncAPI document. */
  @GET
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(operationId = "starcastContract", summary = "Describes what is published, as AsyncAPI")
  @APIResponse(responseCode = "200", description = "An AsyncAPI 3.1 document")
  @APIResponse(responseCode = "401", description = "Nobody is logged in")
  @APIResponse(responseCode = "403", description = "The caller does not have the role")
  @APIResponse(responseCode = "404", description = "It is switched off")
  public Response asyncApi(
      @Context SecurityContext security,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    return answer(
        allowed(security, request, response).asyncApi(), MediaType.APPLICATION_JSON + UTF_8);
  }

  /** The TypeScript types. */
  @GET
  @Path("topics.d.ts")
  @Produces(MediaType.TEXT_PLAIN)
  @Operation(hidden = true)
  public Response typeScript(
      @Context SecurityContext security,
      @Context HttpServletRequest request,
      @Context HttpServletResponse response) {
    return answer(allowed(security, request, response).typeScript(), MediaType.TEXT_PLAIN + UTF_8);
  }

  private Contract allowed(
      SecurityContext security, HttpServletRequest request, HttpServletResponse response) {
    guard.enter(Switch.CONTRACT, request, response);
    guard.requireRole(security, request);
    Contract made = contract;
    if (made == null) {
      made = make(request.getServletContext());
      contract = made;
    }
    return made;
  }

  private Contract make(ServletContext context) {
    Set<Class<?>> encoded = Payloads.encoded(beans);
    return Contract.of(
        title(context),
        extension.declared(),
        DeclaredTypes.of(context),
        payload -> encoded.stream().anyMatch(type -> type.isAssignableFrom(payload)));
  }

  private static String title(ServletContext context) {
    String name = context.getServletContextName();
    String path = context.getContextPath();
    return name != null ? name : path.isEmpty() ? "/" : path;
  }

  private static Response answer(String text, String type) {
    return Response.ok(text, type)
        .header(HttpHeaders.CACHE_CONTROL, "no-store")
        .header("X-Content-Type-Options", "nosniff")
        .build();
  }
}
