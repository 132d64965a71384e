package org.starcast.bench.war;

import jakarta.inject.Inject;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.starcast.SseBroadcaster;

/**
 * Publishes through the library with as little as a request takes: what is between this and the
 * built-in endpoint is the price of Jakarta REST, of rights and checks, and of an answer with an
 * id.
 *
 * <p>{@code POST /publish} (form: topic, data).
 */
@WebServlet(urlPatterns = "/publish")
public class PublishServlet extends HttpServlet {

  private static final long serialVersionUID = 1L;

  @Inject private transient SseBroadcaster broadcaster;

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String topic = request.getParameter("topic");
    String data = request.getParameter("data");
    if (topic == null || data == null) {
      response.sendError(HttpServletResponse.SC_BAD_REQUEST, "topic and data: are needed");
      return;
    }
    broadcaster.publish(topic, data);
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
  }
}
