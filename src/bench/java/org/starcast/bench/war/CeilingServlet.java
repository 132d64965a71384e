package org.starcast.bench.war;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The theoretical ceiling: streams written in Servlet non-blocking mode, events encoded once and
 * written in batches by two threads, and nothing else. No ids, no replay, no bounds, no heartbeat,
 * no rights: what is left between this and the library is the price of those.
 *
 * <p>{@code GET /ceiling?topic=…} opens a stream, {@code POST /ceiling/publish} (form: topic, data)
 * publishes, {@code POST /ceiling/burst?topic=…&count=…&size=…&pause=…} publishes from inside,
 * {@code GET /ceiling/ready} answers as soon as the application is deployed.
 */
@WebServlet(urlPatterns = "/ceiling/*", asyncSupported = true)
public class CeilingServlet extends HttpServlet {

  private static final long serialVersionUID = 1L;
  private static final int DRAINERS = 2;
  private static final String DEFAULT_TOPIC = "bench";

  private final transient Map<String, Set<CeilingStream>> byTopic = new ConcurrentHashMap<>();
  private final transient BlockingQueue<CeilingStream> ready = new LinkedBlockingQueue<>();
  private final transient Thread[] drainers = new Thread[DRAINERS];

  @Override
  public void init() {
    for (int i = 0; i < DRAINERS; i++) {
      drainers[i] = new Thread(this::drain, "ceiling-" + i);
      drainers[i].setDaemon(true);
      drainers[i].start();
    }
  }

  @Override
  public void destroy() {
    for (Thread drainer : drainers) {
      drainer.interrupt();
    }
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    if ("/ready".equals(request.getPathInfo())) {
      response.setContentType("text/plain");
      response.getOutputStream().write("ready\n".getBytes(StandardCharsets.UTF_8));
      return;
    }
    response.setContentType("text/event-stream;charset=UTF-8");
    response.setHeader("Cache-Control", "no-cache");
    AsyncContext context = request.startAsync();
    context.setTimeout(0);
    CeilingStream stream = new CeilingStream(context, response.getOutputStream(), ready);
    String[] topics = request.getParameterValues("topic");
    for (String topic : topics == null ? new String[] {DEFAULT_TOPIC} : topics) {
      stream.join(byTopic.computeIfAbsent(topic, t -> ConcurrentHashMap.newKeySet()));
    }
    stream.open();
  }

  @Override
  protected void doPost(HttpServletRequest request, HttpServletResponse response)
      throws ServletException, IOException {
    String topic = request.getParameter("topic");
    Set<CeilingStream> streams =
        byTopic.computeIfAbsent(
            topic == null ? DEFAULT_TOPIC : topic, t -> ConcurrentHashMap.newKeySet());
    if ("/publish".equals(request.getPathInfo())) {
      String data = request.getParameter("data");
      if (data == null) {
        response.sendError(HttpServletResponse.SC_BAD_REQUEST, "data: is missing");
        return;
      }
      publish(streams, data);
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    } else if ("/burst".equals(request.getPathInfo())) {
      try {
        Burst burst =
            Burst.run(
                number(request, "count", 200),
                number(request, "size", 100),
                number(request, "pause", 0),
                data -> publish(streams, data));
        response.setContentType("application/json");
        response.getOutputStream().write(burst.toJson().getBytes(StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        response.sendError(HttpServletResponse.SC_BAD_REQUEST, e.getMessage());
      }
    } else {
      response.sendError(HttpServletResponse.SC_NOT_FOUND);
    }
  }

  private static void publish(Set<CeilingStream> streams, String data) {
    byte[] frame = ("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
    for (CeilingStream stream : streams) {
      stream.add(frame);
    }
  }

  private static int number(HttpServletRequest request, String parameter, int otherwise) {
    String value = request.getParameter(parameter);
    return value == null ? otherwise : Integer.parseInt(value);
  }

  private void drain() {
    try {
      while (true) {
        ready.take().drain();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
