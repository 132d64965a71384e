package org.starcast.internal.backplane;

import java.lang.System.Logger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.starcast.internal.config.BackplaneConfig;
import org.starcast.internal.logging.LogMessage;
import org.starcast.spi.Backplane;

/**
 * Deletes what is not to be kept any more, and looks for transactions that keep the database from
 * cleaning that away. It rests fifty times as long as it worked: where much is left uncleaned, all
 * of it has to be passed. {@link #clean} is called by one thread at a time, the rest by any.
 */
final class PostgresCleaner {

  private static final Logger LOG = System.getLogger(PostgresBackplane.class.getName());

  private final PostgresDatabase database;
  private final BackplaneConfig.Postgresql settings;
  private final Backplane.Receiver receiver;

  private volatile long notBefore = System.nanoTime();
  private volatile Duration oldest = Duration.ZERO;

  /** The transaction of the last warning; null if it has ended. */
  private PostgresDatabase.OpenTransaction warned;

  /**
   * Has cleaned nothing.
   *
   * @param receiver knows the states, which are kept
   */
  PostgresCleaner(
      PostgresDatabase database, BackplaneConfig.Postgresql settings, Backplane.Receiver receiver) {
    this.database = database;
    this.settings = settings;
    this.receiver = receiver;
  }

  /** How long work that took so long may not be done again, in nanoseconds. */
  static long rest(long tookNanos, Duration least) {
    return Math.max(least.toNanos(), 50 * tookNanos);
  }

  /** Whether it has rested. */
  boolean isDue() {
    return System.nanoTime() - notBefore >= 0;
  }

  /** How old the oldest transaction was that was open when this looked; zero without one. */
  Duration oldestTransaction() {
    return oldest;
  }

  /**
   * Deletes, and looks.
   *
   * @param available whether to go on where there is much
   */
  void clean(BooleanSupplier available) throws SQLException {
    List<Long> states = new ArrayList<>();
    receiver.states().forEach(event -> states.add(event.sequence()));
    long begun = System.nanoTime();
    Connection own = database.connect();
    boolean broken = true;
    try {
      while (database.expire(own, states) && available.getAsBoolean()) {
        // there is more
      }
      look(database.oldestTransaction(own));
      broken = false;
    } finally {
      database.close(own, broken);
      long now = System.nanoTime();
      notBefore = now + rest(now - begun, Duration.ZERO);
    }
  }

  private void look(PostgresDatabase.OpenTransaction open) {
    oldest = open == null ? Duration.ZERO : open.age();
    if (oldest.compareTo(settings.longTransaction()) < 0) {
      warned = null;
    } else if (warned == null || !warned.isSame(open)) {
      warned = open;
      LogMessage.LONG_TRANSACTION.log(LOG, open.who(), open.age().toSeconds());
    }
  }
}
