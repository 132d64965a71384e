package org.starcast.internal.backplane;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Gives a thread that has begun a transaction the connection of that, as a server's data source
 * does; others a new one. Thread-safe.
 */
public final class TransactionSource extends PGSimpleDataSource {

  private static final long serialVersionUID = 1L;

  private final transient ThreadLocal<Connection> transaction = new ThreadLocal<>();

  /** Of a URL for JDBC. */
  public TransactionSource(String url) {
    setUrl(url);
    setConnectTimeout(5);
  }

  /** Begins a transaction of the calling thread, on a new connection. */
  public Connection begin() throws SQLException {
    return begin(super.getConnection());
  }

  /** Begins one on this connection. */
  public Connection begin(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    transaction.set(connection);
    return connection;
  }

  /** The calling thread is in no transaction any more. */
  public void end() {
    transaction.remove();
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection connection = transaction.get();
    return connection == null ? super.getConnection() : unclosed(connection);
  }

  private static Connection unclosed(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            TransactionSource.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                return null;
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
