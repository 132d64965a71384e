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
 * cleaning that away. Then it {@linkplain PostgresRest rests}. {@link #clean} is called by one
 * thread at a time, the rest by any.
 */
final class PostgresCleaner {

  private static final Logger LOG = System.getLogger(PostgresBackplane.class.getName());

  private final PostgresDatabase database;
  private final BackplaneConfig.Postgresql settings;
  private final Backplane.Receiver receiver;

  private final PostgresRest rest = new PostgresRest(Duration.ZERO);
  private volatile Duration oldest = Duration.ZERO;

  /** The transactions that were warned of and are open, whether they are holding or not. */
  private final List<PostgresDatabase.OpenTransaction> warned = new ArrayList<>();

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

  /** Whether it has rested. */
  boolean isDue() {
    return rest.isOver();
  }

  /**
   * How old the oldest transaction was, when this looked, that kept the database from cleaning up;
   * or was warned of and still open. Zero without one.
   */
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
      look(database.openTransactions(own));
      broken = false;
    } finally {
      database.close(own, broken);
      rest.after(begun);
    }
  }

  /** One that was warned of is only forgotten when it has ended, so that it is said once. */
  private void look(List<PostgresDatabase.OpenTransaction> open) {
    warned.removeIf(known -> open.stream().noneMatch(known::isSame));
    Duration age = Duration.ZERO;
    for (PostgresDatabase.OpenTransaction transaction : open) {
      boolean known = warned.stream().anyMatch(transaction::isSame);
      if (!known && !transaction.holding()) {
        continue;
      }
      if (transaction.age().compareTo(age) > 0) {
        age = transaction.age();
      }
      if (!known && transaction.age().compareTo(settings.longTransaction()) >= 0) {
        warned.add(transaction);
        LogMessage.LONG_TRANSACTION.log(LOG, transaction.who(), transaction.age().toSeconds());
      }
    }
    oldest = age;
  }
}
