package org.starcast.it.runtime.app;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.ext.Provider;
import java.io.IOException;

/** A header by each kind of filter that applications have. */
public final class Marks {

  private Marks() {}

  /** Jakarta REST's. */
  @Provider
  public static class Rest implements ContainerResponseFilter {
    @Override
    public void filter(ContainerRequestContext request, ContainerResponseContext response) {
      response.getHeaders().putSingle("X-Rest-Filter", "was here");
    }
  }

  /** Jakarta Servlet's, which refuses whoever asks for it. */
  @WebFilter(urlPatterns = "/api/*", asyncSupported = true)
  public static class Servlet extends HttpFilter {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doFilter(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      response.setHeader("X-Servlet-Filter", "was here");
      if (request.getHeader("X-Refuse") != null) {
        response.sendError(HttpServletResponse.SC_FORBIDDEN);
      } else {
        chain.doFilter(request, response);
      }
    }
  }
}
