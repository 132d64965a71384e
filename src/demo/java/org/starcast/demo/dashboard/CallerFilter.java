package org.starcast.demo.dashboard;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.security.Principal;

/**
 * Makes the session's caller that of the request, and sends others to the sign-in page. An
 * application would have its server do this; the demo shall run on any server as it is.
 */
@WebFilter(
    urlPatterns = {"/dashboard/*", "/api/dashboard/*"},
    asyncSupported = true)
public class CallerFilter extends HttpFilter {

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    HttpSession session = request.getSession(false);
    String path = request.getRequestURI().substring(request.getContextPath().length());
    if (session != null && session.getAttribute(Caller.ATTRIBUTE) instanceof Caller caller) {
      chain.doFilter(new CallersRequest(request, caller), response);
    } else if (path.equals("/dashboard/") || path.equals("/dashboard/index.html")) {
      response.sendRedirect(request.getContextPath() + "/dashboard/login.html");
    } else {
      chain.doFilter(request, response);
    }
  }

  private static final class CallersRequest extends HttpServletRequestWrapper {
    private final Caller caller;

    CallersRequest(HttpServletRequest request, Caller caller) {
      super(request);
      this.caller = caller;
    }

    @Override
    public Principal getUserPrincipal() {
      return caller;
    }

    @Override
    public String getRemoteUser() {
      return caller.name();
    }

    @Override
    public boolean isUserInRole(String role) {
      return caller.roles().contains(role);
    }
  }
}
