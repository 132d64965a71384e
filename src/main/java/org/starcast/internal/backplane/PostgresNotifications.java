package org.starcast.internal.backplane;

import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;

/**
 * The notifications of PostgreSQL's driver. Apart, so that a data source whose connections do not
 * show that driver, or whose driver this application does not see, is polled.
 */
final class PostgresNotifications {

  private PostgresNotifications() {}

  /** Whether a connection can be waited on. */
  static boolean isThere(Connection connection) throws SQLException {
    try {
      return Driver.isThere(connection);
    } catch (LinkageError e) {
      return false;
    }
  }

  /** Waits for a notification on a connection that {@linkplain #isThere can}. */
  static void await(Connection connection, int millis) throws SQLException {
    Driver.await(connection, millis);
  }

  /** Loaded where the driver is to be seen. */
  private static final class Driver {
    static boolean isThere(Connection connection) throws SQLException {
      return connection.isWrapperFor(PGConnection.class);
    }

    static void await(Connection connection, int millis) throws SQLException {
      connection.unwrap(PGConnection.class).getNotifications(millis);
    }
  }
}
