package org.starcast.it.jpa;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.RollbackException;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;

/** Says what became of a transaction. */
@Path("purchases/{id}")
@ApplicationScoped
public class PurchasesResource {

  @Inject Purchases purchases;

  @POST
  @Path("store")
  public String store(@PathParam("id") long id, @QueryParam("name") String name) {
    return outcome(() -> purchases.store(id, name));
  }

  @POST
  @Path("rename")
  public String rename(
      @PathParam("id") long id,
      @QueryParam("before") String before,
      @QueryParam("after") String after) {
    return outcome(() -> purchases.rename(id, before, after));
  }

  private interface Transaction {
    void run() throws Exception;
  }

  /** WildFly throws what the transaction manager does, Payara an exception about it. */
  private static String outcome(Transaction transaction) {
    try {
      transaction.run();
      return "committed";
    } catch (Exception e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof RollbackException) {
          return "rolled back";
        }
      }
      return e.toString();
    }
  }
}
