package org.starcast.internal.backplane;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.postgresql.ds.PGSimpleDataSource;

/** A few connections, which do not show that they are the driver's, as those of a small pool. */
final class PostgresPool extends PGSimpleDataSource {

  private static final long serialVersionUID = 1L;

  private final transient Semaphore left;

  /** So many at a time. */
  PostgresPool(PostgresServer server, int connections) {
    setUrl(server.url());
    left = new Semaphore(connections);
  }

  @Override
  public Connection getConnection() throws SQLException {
    if (!left.tryAcquire()) {
      throw new SQLException("no connection is left");
    }
    Connection connection;
    try {
      connection = super.getConnection();
    } catch (SQLException e) {
      left.release();
      throw e;
    }
    AtomicBoolean closed = new AtomicBoolean();
    return (Connection)
        Proxy.newProxyInstance(
            PostgresPool.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              switch (method.getName()) {
                case "isWrapperFor":
                  return false;
                case "close", "abort":
                  if (closed.compareAndSet(false, true)) {
                    left.release();
                  }
                  break;
                default:
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
