package org.starcast.internal.cdi;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.util.ArrayList;
import java.util.List;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.naming.NoInitialContextException;
import org.starcast.SseMessage;

/**
 * Those of Jakarta Transactions. Thread-safe.
 *
 * <p>A transactional CDI observer promises less: a transaction manager may run the completions of
 * one transaction in the reverse order (Narayana does), and Weld does not register the observer at
 * all when one of the application's immediate observers throws before.
 */
@Singleton
class JtaTransactions implements Transactions {

  /** The name that Jakarta EE prescribes, and WildFly's for threads without a component. */
  private static final List<String> JNDI_NAMES =
      List.of(
          "java:comp/TransactionSynchronizationRegistry",
          "java:jboss/TransactionSynchronizationRegistry");

  private final Object pendingKey = new Object();
  private final Instance<TransactionSynchronizationRegistry> beans;
  private volatile TransactionSynchronizationRegistry registry;
  private volatile boolean absent;

  @Inject
  JtaTransactions(Instance<TransactionSynchronizationRegistry> beans) {
    this.beans = beans;
  }

  /** Looks the registry up early, on a thread of the container that has the component's names. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object event) {
    registry();
  }

  @Override
  public Phase phase() {
    TransactionSynchronizationRegistry transactions = registry();
    return transactions == null ? Phase.NONE : phase(transactions.getTransactionStatus());
  }

  /** Of a status of Jakarta Transactions 2.0, section 3.2; what is not known may be open. */
  private static Phase phase(int status) {
    return switch (status) {
      case Status.STATUS_NO_TRANSACTION, Status.STATUS_COMMITTED -> Phase.NONE;
      case Status.STATUS_MARKED_ROLLBACK, Status.STATUS_ROLLING_BACK -> Phase.ROLLING_BACK;
      case Status.STATUS_ROLLEDBACK -> Phase.ROLLED_BACK;
      default -> Phase.OPEN;
    };
  }

  @Override
  public void afterCommit(SseMessage message, Outcome outcome) {
    TransactionSynchronizationRegistry transactions = registry();
    Pending pending = (Pending) transactions.getResource(pendingKey);
    if (pending == null) {
      pending = new Pending(transactions, outcome);
      transactions.registerInterposedSynchronization(pending);
      transactions.putResource(pendingKey, pending);
    }
    pending.add(message);
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

  /**
   * The messages of one transaction. Its thread adds them; that of the reaper may end it meanwhile
   * (what is added then is dropped: nothing commits after a reaper).
   */
  private static final class Pending implements Synchronization {

    private final TransactionSynchronizationRegistry transactions;
    private final Outcome outcome;
    private final List<SseMessage> messages = new ArrayList<>(); // guarded by this

    // of the transaction's thread, and of who completes it
    private volatile boolean committing;
    private volatile boolean stored;

    Pending(TransactionSynchronizationRegistry transactions, Outcome outcome) {
      this.transactions = transactions;
      this.outcome = outcome;
    }

    void add(SseMessage message) {
      synchronized (this) {
        messages.add(message);
      }
      if (committing) {
        store(); // another synchronization has fired it, as persistence does when it flushes
      }
    }

    @Override
    public void beforeCompletion() {
      committing = true;
      store();
    }

    private void store() {
      List<SseMessage> kept;
      synchronized (this) {
        kept = List.copyOf(messages);
      }
      try {
        if (!kept.isEmpty() && outcome.stored(kept)) {
          stored = true;
          synchronized (this) {
            messages.clear();
          }
        }
      } catch (RuntimeException e) {
        // what a server makes of the exception alone differs
        transactions.setRollbackOnly();
        throw e;
      }
    }

    @Override
    public void afterCompletion(int status) {
      if (stored && status != Status.STATUS_ROLLEDBACK) {
        outcome.storedCommitted();
      }
      List<SseMessage> kept;
      synchronized (this) {
        kept = List.copyOf(messages);
        messages.clear();
      }
      switch (status) {
        case Status.STATUS_COMMITTED -> kept.forEach(outcome::committed);
        case Status.STATUS_ROLLEDBACK -> {
          // as promised
        }
        default -> kept.forEach(outcome::unknown);
      }
    }
  }
}
