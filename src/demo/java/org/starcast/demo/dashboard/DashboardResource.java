package org.starcast.demo.dashboard;

import static java.util.concurrent.TimeUnit.SECONDS;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.ws.rs.ForbiddenException;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.Subscription.Overflow;
import org.starcast.datastar.DatastarEvent;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchElements;
import org.starcast.security.SameOrigin;

/** Figures that change each second: a viewer gets the orders, an admin the revenue, too. */
@Path("dashboard")
@ApplicationScoped
@SameOrigin
public class DashboardResource {

  private static final String ORDERS = "dashboard.orders";
  private static final String REVENUE = "dashboard.revenue";
  private static final int POINTS = 24;

  @Inject SseBroadcaster broadcaster;

  @Inject DatastarSse datastar;

  @Resource ManagedScheduledExecutorService scheduler;

  private final Deque<Integer> orders = new ArrayDeque<>();
  private final Deque<Integer> revenue = new ArrayDeque<>();
  private Future<?> ticking;

  @PostConstruct
  void start() {
    for (int i = 0; i < POINTS; i++) {
      measure();
    }
    ticking = scheduler.scheduleAtFixedRate(this::tick, 1, 1, SECONDS);
  }

  @PreDestroy
  void stop() {
    ticking.cancel(false);
  }

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public synchronized void stream(@Context SseEventSink sink, @Context SecurityContext security) {
    boolean admin = security.isUserInRole("admin");
    if (!admin && !security.isUserInRole("viewer")) {
      throw new ForbiddenException();
    }
    Subscription subscription = admin ? Subscription.to("dashboard.*") : Subscription.to(ORDERS);
    SseClient client =
        broadcaster.register(sink, subscription.type("dashboard").overflow(Overflow.COALESCE));
    datastar
        .patchSignals(
            Map.of(
                "_live",
                true,
                "_user",
                security.getUserPrincipal().getName(),
                "_role",
                admin ? "admin" : "viewer"))
        .sendTo(client);
    orders().sendTo(client);
    if (admin) {
      revenue().sendTo(client);
    }
  }

  private synchronized void tick() {
    measure();
    if (!broadcaster.clients("dashboard").isEmpty()) {
      orders().publish(ORDERS);
      revenue().publish(REVENUE);
    }
  }

  private void measure() {
    int sold = ThreadLocalRandom.current().nextInt(2, 25);
    add(orders, sold);
    add(revenue, sold * ThreadLocalRandom.current().nextInt(20, 60));
  }

  private static void add(Deque<Integer> series, int value) {
    series.add(value);
    if (series.size() > POINTS) {
      series.remove();
    }
  }

  /** A bar for each second; the viewBox is 240 by 100. */
  private DatastarEvent.Batch orders() {
    List<Html> bars = new ArrayList<>();
    int x = 0;
    for (int value : orders) {
      int height = value * 4;
      bars.add(
          Html.format(
              "<rect x=\"{}\" y=\"{}\" width=\"7\" height=\"{}\" rx=\"1.5\"/>",
              x,
              100 - height,
              height));
      x += 10;
    }
    return datastar.batch(
        datastar
            .patchElements(Html.format("<g id=\"orders-bars\">{}</g>", bars))
            .namespace(PatchElements.Namespace.SVG)
            .coalesce("orders-bars"),
        datastar.patchSignals(Map.of("_orders", orders.getLast())).coalesce("orders"));
  }

  private DatastarEvent.Batch revenue() {
    StringBuilder points = new StringBuilder();
    int x = 0;
    for (int value : revenue) {
      points.append(x).append(',').append(100 - value / 15).append(' ');
      x += 10;
    }
    return datastar.batch(
        datastar
            .patchElements(
                Html.format(
                    "<g id=\"revenue-line\"><polyline points=\"{}\"/></g>",
                    points.toString().strip()))
            .namespace(PatchElements.Namespace.SVG)
            .coalesce("revenue-line"),
        datastar.patchSignals(Map.of("_revenue", revenue.getLast())).coalesce("revenue"));
  }
}
