package org.starcast.it.postgresql;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.transaction.UserTransaction;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.naming.InitialContext;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.starcast.Topic;

/** Purchases: each is a row, and an event, of one transaction. */
@Path("bought")
@ApplicationScoped
public class PurchasesResource {

  @Inject
  @ConfigProperty(name = "starcast.backplane.postgresql.data-source")
  String dataSource;

  @Inject
  @Topic("bought")
  Event<String> events;

  @Resource UserTransaction transaction;

  /** Inserts a row and fires an event, commits or rolls back, and says what has become of it. */
  @POST
  @Path("{number}")
  public String buy(@PathParam("number") int number, @QueryParam("rollback") boolean rollback)
      throws Exception {
    DataSource database = InitialContext.doLookup(dataSource);
    transaction.begin();
    try {
      insert(database, number);
      events.fire(Integer.toString(number));
      if (rollback) {
        transaction.rollback();
        return "rolled back";
      }
    } catch (SQLException | RuntimeException e) {
      transaction.rollback();
      throw e;
    }
    transaction.commit();
    return "committed";
  }

  private static void insert(DataSource database, int number) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement statement =
            connection.prepareStatement("INSERT INTO bought VALUES (?)")) {
      statement.setInt(1, number);
      statement.executeUpdate();
    }
  }
}
