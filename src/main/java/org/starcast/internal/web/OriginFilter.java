package org.starcast.internal.web;

import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.ForbiddenException;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.Provider;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.security.SameOrigin;

/** Keeps pages of other origins away from what is {@link SameOrigin}. */
@Provider
@SameOrigin
@Priority(Priorities.AUTHENTICATION - 100)
@ApplicationScoped
public class OriginFilter implements ContainerRequestFilter {

  private final StarcastConfig config;
  private final RecentRefusals refusals;

  @Context private HttpServletRequest request;
  @Context private HttpServletResponse response;

  /** For the container's proxy. */
  public OriginFilter() {
    this(null, null);
  }

  /** The configuration in force; public, as JAX-RS asks for (Jakarta REST 3.1, section 4.1.2). */
  @Inject
  public OriginFilter(StarcastConfig config, RecentRefusals refusals) {
    this.config = config;
    this.refusals = refusals;
  }

  @Override
  public void filter(ContainerRequestContext context) {
    Origins origins = new Origins(config.security().origins());
    try {
      Response preflight = origins.check(request, response);
      if (preflight != null) {
        context.abortWith(preflight);
      }
    } catch (ForbiddenException e) {
      refusals.add(e, request, Origins.of(request));
      throw e;
    }
  }
}
