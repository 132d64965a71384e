package org.starcast.it.app;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import jakarta.transaction.RollbackException;
import jakarta.transaction.Status;
import jakarta.transaction.TransactionSynchronizationRegistry;
import jakarta.transaction.UserTransaction;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.TimeZone;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.Topic;
import org.starcast.datastar.Html;

/** Fires in transactions that the resource itself begins and ends. */
@Path("transactions")
@ApplicationScoped
public class TransactionsResource {

  private static final long TIMEOUT_MILLIS = 30_000;

  @Inject @Any Event<Object> events;
  @Inject SseBroadcaster broadcaster;
  @Inject Transactions transactions;
  @Resource UserTransaction transaction;

  @Resource(lookup = "java:comp/TransactionSynchronizationRegistry")
  TransactionSynchronizationRegistry registry;

  /** Fires in a method that is one transaction, and says how it ended. */
  @POST
  @Path("fire")
  public String fire(
      @QueryParam("topic") String topic, @QueryParam("rollback") boolean rollback, String data) {
    if (!rollback) {
      transactions.fireAndCommit(topic, data);
      return "committed";
    }
    try {
      transactions.fireAndRollBack(topic, data);
      return "not rolled back";
    } catch (IllegalStateException expected) {
      return "rolled back";
    }
  }

  /** Fires before and after the time-out of a transaction, and says what its commit says. */
  @POST
  @Path("time-out")
  public String timeOut(@QueryParam("topic") String topic) throws Exception {
    transaction.setTransactionTimeout(1);
    transaction.begin();
    try {
      events.select(Topic.Literal.of(topic)).fire(topic + " before");
      long end = System.currentTimeMillis() + TIMEOUT_MILLIS;
      while (transaction.getStatus() == Status.STATUS_ACTIVE && System.currentTimeMillis() < end) {
        Thread.onSpinWait();
        Thread.yield();
      }
      events.select(Topic.Literal.of(topic)).fire(topic + " after");
      transaction.commit();
      return "committed";
    } catch (RollbackException e) {
      return "rolled back";
    } finally {
      transaction.setTransactionTimeout(0);
    }
  }

  /** As an entity: what it has can be read in its transaction only, and changes. */
  public final class Entity {
    private final StringBuilder name = new StringBuilder("before");

    /** Loaded lazily. */
    public String getName() {
      if (registry.getTransactionStatus() != Status.STATUS_ACTIVE) {
        throw new IllegalStateException("no session");
      }
      return name.toString();
    }
  }

  @POST
  @Path("entity")
  public void entity(@QueryParam("topic") String topic) throws Exception {
    transaction.begin();
    Entity entity = new Entity();
    events.select(Topic.Literal.of(topic)).fire(entity);
    entity.name.append(" and after");
    transaction.commit();
  }

  record Order(Line line, List<Line> lines, Date date, Calendar calendar, ZonedDateTime zoned) {}

  private record Line(int number) {}

  private static final class Closed {
    private final int number;

    Closed(int number) {
      this.number = number;
    }

    @Override
    public String toString() {
      return "Closed " + number;
    }
  }

  /** Publishes payloads of classes that are not public, and markup as data. */
  @POST
  @Path("payloads")
  public String payloads(@QueryParam("topic") String topic) {
    Instant at = Instant.parse("2026-11-21T08:00:00.125Z");
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    Calendar calendar = new GregorianCalendar(TimeZone.getTimeZone(berlin));
    calendar.setTimeInMillis(at.toEpochMilli());
    Line line = new Line(7);
    broadcaster.publish(
        topic, new Order(line, List.of(line), Date.from(at), calendar, at.atZone(berlin)));
    broadcaster.publish(SseMessage.builder().topic(topic).data(Html.of("<b>7</b>")).build());
    try {
      broadcaster.publish(topic, new Closed(7));
      return "sent";
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
  }
}
