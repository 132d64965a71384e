package org.starcast.bench.war;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * An asynchronous request that is opened and left alone: what a stream costs the container before
 * anybody does anything with it.
 */
@WebServlet(urlPatterns = "/bare", asyncSupported = true)
public class BareServlet extends HttpServlet {

  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    AsyncContext context = request.startAsync();
    context.setTimeout(0);
    response.setContentType("text/event-stream;charset=UTF-8");
    response.getOutputStream().write(":open\n\n".getBytes(StandardCharsets.UTF_8));
    response.flushBuffer();
  }
}
