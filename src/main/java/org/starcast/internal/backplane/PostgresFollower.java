package org.starcast.internal.backplane;

import java.lang.System.Logger;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.log.TopicLogs;
import org.starcast.internal.log.TopicRules;
import org.starcast.internal.logging.LogMessage;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * Reads the order, from where this node is, and hands it over. Each time it asks for what comes
 * behind the last sequence that it had, with the epoch and the floor as they are at the same
 * moment; so nothing has to be noticed but that. Used by the managing thread alone, but for what
 * has no connection.
 */
final class PostgresFollower {

  private static final Logger LOG = System.getLogger(PostgresBackplane.class.getName());

  private final StarcastConfig config;
  private final PostgresDatabase database;
  private final PostgresWriter writer;
  private final Backplane.Receiver receiver;
  private final TopicRules rules;

  private volatile String epoch;
  private volatile long floor = Long.MAX_VALUE;
  private final SkippedMessages skipped = new SkippedMessages(LOG);

  private volatile boolean caughtUp;

  /** Until the outbox is looked into again. */
  private final PostgresRest rest;

  /** Whether the connection can be waited on. */
  private boolean isNotified;

  /** Up to where this node has read. */
  private long after;

  /** The sequence of the row that was read last, and when that was stored; 0 if there was none. */
  private long microsOf;

  private long micros;

  /**
   * Has read nothing.
   *
   * @param writer asked for what rows were made of, and told how far this is
   */
  PostgresFollower(
      StarcastConfig config,
      PostgresDatabase database,
      PostgresWriter writer,
      Backplane.Receiver receiver) {
    this.config = config;
    this.database = database;
    this.writer = writer;
    this.receiver = receiver;
    this.rules = new TopicRules(config);
    this.rest = new PostgresRest(config.backplane().postgresql().pollInterval());
  }

  /** The epoch that is followed; null before the first one. */
  String epoch() {
    return epoch;
  }

  /** See {@link Backplane#oldest}. */
  long oldest() {
    long known = floor;
    return known == Long.MAX_VALUE ? known : known + 1;
  }

  /** How many rows were left out, as they were malformed. */
  long skipped() {
    return skipped.count();
  }

  /** Begins with the order, or goes on: whether it is the same shows as soon as it is read. */
  void open(Connection connection) throws SQLException {
    caughtUp = false;
    if (epoch == null) {
      database.prepare(connection);
      begin(connection, database.follow(connection, Long.MAX_VALUE - 1, 0));
    }
    isNotified = database.listen(connection);
  }

  /** Whether what this node has read last is not there any more, or is another. */
  private boolean isPutBack(PostgresDatabase.Slice now) {
    return now.last() < after || micros != 0 && microsOf > now.floor() && now.micros() != micros;
  }

  private void begin(Connection connection, PostgresDatabase.Slice now) throws SQLException {
    boolean first = epoch == null;
    after = Math.max(now.floor(), now.last() - config.log().events());
    micros = 0;
    synchronized (this) {
      epoch = now.epoch();
      floor = now.floor();
    }
    List<StoredEvent> states = states(connection, after);
    if (!first) {
      writer.renewed();
      LogMessage.EPOCH_OF_DATABASE.log(LOG, epoch);
    }
    receiver.began(epoch, after, states);
  }

  private List<StoredEvent> states(Connection connection, long upTo) throws SQLException {
    if (rules.retained().isEmpty() || upTo < 1) {
      return List.of();
    }
    TopicLogs<StoredEvent> latest = new TopicLogs<>(rules, 0, config);
    events(epoch, database.latest(connection, rules::isRetained, upTo, config.log().retainTopics()))
        .forEach(latest::append);
    return latest.states();
  }

  /** What these rows say, but for those that are malformed. */
  List<StoredEvent> events(String of, List<PostgresDatabase.Row> rows) {
    List<StoredEvent> events = new ArrayList<>();
    for (PostgresDatabase.Row row : rows) {
      try {
        events.add(row.event(config.limits().messageBytes()).at(of, row.sequence(), row.millis()));
      } catch (IllegalArgumentException e) {
        // it was counted when it came, or is of before
      }
    }
    return events;
  }

  /** Hands over some of what is there; whether that was all. */
  boolean readOn(Connection connection) throws SQLException {
    PostgresDatabase.Slice slice = database.follow(connection, after, microsOf);
    if (!slice.epoch().equals(epoch)) {
      begin(connection, slice);
      return false;
    }
    if (isPutBack(slice)) {
      database.renew(connection, epoch);
      return false;
    }
    seen(epoch, slice.floor());
    for (PostgresDatabase.Row row : slice.rows()) {
      // below the floor are states, and what is just being deleted
      if (row.sequence() > slice.floor()) {
        missed(slice.floor());
      }
      after = row.sequence();
      micros = row.micros();
      microsOf = after;
      handOver(row);
    }
    if (!slice.whole()) {
      writer.passed(after);
      return false;
    }
    missed(slice.floor());
    // what has no row was appended with a key that there was
    after = Math.max(after, slice.last());
    writer.passed(after);
    caughtUp = true;
    return true;
  }

  private void missed(long upTo) {
    if (upTo > after) {
      after = upTo;
      receiver.missed(upTo);
    }
  }

  /** What was deleted by then can be read no more. */
  synchronized void seen(String of, long upTo) {
    if (of.equals(epoch) && (floor == Long.MAX_VALUE || upTo > floor)) {
      floor = upTo;
    }
  }

  /** Whether this node knows what is to be kept: it has read all since the connection was made. */
  boolean isCaughtUp() {
    return caughtUp;
  }

  private void handOver(PostgresDatabase.Row row) {
    try {
      if (row.command() != null) {
        receiver.commanded(row.sequence(), row.command(), row.body());
        return;
      }
      OutgoingEvent own = row.node() == null ? null : writer.take(row.node(), row.number());
      OutgoingEvent event = own == null ? row.event(config.limits().messageBytes()) : own;
      receiver.received(event.at(epoch, row.sequence(), row.millis()), event);
    } catch (IllegalArgumentException e) {
      skipped.add(row.sequence(), e);
    }
  }

  /** Waits until there may be more. */
  void rest(Connection connection) throws SQLException, InterruptedException {
    look(connection);
    long interval = config.backplane().postgresql().pollInterval().toMillis();
    if (isNotified) {
      PostgresNotifications.await(connection, (int) interval);
    } else {
      Thread.sleep(interval);
    }
  }

  /** Whoever committed may not have been able to have it appended. */
  private void look(Connection connection) throws SQLException {
    if (!rest.isOver()) {
      return;
    }
    long begun = System.nanoTime();
    try {
      if (database.isOutboxFilled(connection)) {
        writer.sweep();
      }
    } finally {
      rest.after(begun);
    }
  }
}
