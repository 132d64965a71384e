package org.starcast.cdi;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.util.ArrayList;
import java.util.List;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.naming.NoInitialContextException;

/**
 * Defers actions until the caller's JTA transaction has committed, and then runs those of one
 * transaction in the order in which they were given. Thread-safe.
 *
 * <p>A transactional CDI observer promises less: a transaction manager may run the completions of
 * one transaction in the reverse order (Narayana does), and Weld does not register the observer at
 * all when one of the application's immediate observers throws before.
 */
@ApplicationScoped
class Transactions {

  /** The name that Jakarta EE prescribes, and WildFly's for threads without a component. */
  private static final List<String> JNDI_NAMES =
      List.of(
          "java:comp/TransactionSynchronizationRegistry",
          "java:jboss/TransactionSynchronizationRegistry");

  private final Object pendingKey = new Object();
  private final Instance<TransactionSynchronizationRegistry> beans;
  private volatile TransactionSynchronizationRegistry registry;
  private volatile boolean absent;

  Transactions() {
    this(null);
  }

  @Inject
  Transactions(Instance<TransactionSynchronizationRegistry> beans) {
    this.beans = beans;
  }

  /** Looks the registry up early, on a thread of the container that has the component's names. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object event) {
    registry();
  }

  /**
   * Takes the action if the caller is in a transaction whose outcome is open: it runs after the
   * commit, or never. It must not throw.
   *
   * @return false if there is no such transaction: the caller goes on at once
   */
  boolean afterCommit(Runnable action) {
    TransactionSynchronizationRegistry transactions = registry();
    if (transactions == null) {
      return false;
    }
    switch (transactions.getTransactionStatus()) {
      case Status.STATUS_NO_TRANSACTION, Status.STATUS_COMMITTED, Status.STATUS_ROLLEDBACK -> {
        return false; // or a completion of the transaction is calling: its outcome is known
      }
      case Status.STATUS_MARKED_ROLLBACK, Status.STATUS_ROLLING_BACK -> {
        return true; // it can only roll back, and takes no registration any more
      }
      default -> {
        Pending pending = (Pending) transactions.getResource(pendingKey);
        if (pending == null) {
          pending = new Pending(new ArrayList<>());
          transactions.registerInterposedSynchronization(pending);
          transactions.putResource(pendingKey, pending);
        }
        pending.actions.add(action);
        return true;
      }
    }
  }

  private TransactionSynchronizationRegistry registry() {
    if (registry == null && !absent) {
      registry = lookUp();
    }
    return registry;
  }

  private TransactionSynchronizationRegistry lookUp() {
    for (String name : JNDI_NAMES) {
      try {
        return InitialContext.doLookup(name);
      } catch (NoInitialContextException noJndi) {
        absent = !beans.isResolvable(); // Java SE: not worth another attempt
        break;
      } catch (NamingException unknown) {
        continue; // the next name, or the next event
      }
    }
    return beans.isResolvable() ? beans.get() : null;
  }

  /** The actions of one transaction; its thread alone touches them. */
  private record Pending(List<Runnable> actions) implements Synchronization {

    @Override
    public void beforeCompletion() {}

    @Override
    public void afterCompletion(int status) {
      if (status == Status.STATUS_COMMITTED) {
        actions.forEach(Runnable::run);
      }
    }
  }
}
