package org.starcast.internal.cdi;

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
import org.starcast.SseMessage;

/**
 * Keeps messages until the caller's JTA transaction has committed, and then publishes those of one
 * transaction in the order in which they were given. Thread-safe.
 *
 * <p>A transactional CDI observer promises less: a transaction manager may run the completions of
 * one transaction in the reverse order (Narayana does), and Weld does not register the observer at
 * all when one of the application's immediate observers throws before.
 */
@ApplicationScoped
class Transactions {

  /** What the status of the caller's transaction means for what is fired now. */
  enum Phase {
    /** There is no transaction, or it has committed and its completions are running: publish. */
    NONE,
    /** It may still commit: keep. */
    OPEN,
    /** It can only be rolled back: drop. */
    ROLLING_BACK,
    /** It has been rolled back, by a time-out say, while its method goes on: drop. */
    ROLLED_BACK;

    /** Of a status of Jakarta Transactions 2.0, section 3.2; what is not known may be open. */
    static Phase of(int status) {
      return switch (status) {
        case Status.STATUS_NO_TRANSACTION, Status.STATUS_COMMITTED -> NONE;
        case Status.STATUS_MARKED_ROLLBACK, Status.STATUS_ROLLING_BACK -> ROLLING_BACK;
        case Status.STATUS_ROLLEDBACK -> ROLLED_BACK;
        default -> OPEN;
      };
    }
  }

  /** What becomes of messages that were kept. It must not throw. */
  interface Outcome {
    /** The transaction has committed. */
    void committed(SseMessage message);

    /** Whether the transaction has committed is not known. */
    void unknown(SseMessage message);
  }

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

  /** What the caller's transaction means for what is fired now. */
  Phase phase() {
    TransactionSynchronizationRegistry transactions = registry();
    return transactions == null ? Phase.NONE : Phase.of(transactions.getTransactionStatus());
  }

  /**
   * Keeps a message until the caller's transaction, which is {@link Phase#OPEN}, has ended.
   *
   * @throws IllegalStateException if the transaction takes no registration any more
   */
  void afterCommit(SseMessage message, Outcome outcome) {
    TransactionSynchronizationRegistry transactions = registry();
    Pending pending = (Pending) transactions.getResource(pendingKey);
    if (pending == null) {
      pending = new Pending(outcome);
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

    private final Outcome outcome;
    private final List<SseMessage> messages = new ArrayList<>(); // guarded by this

    Pending(Outcome outcome) {
      this.outcome = outcome;
    }

    synchronized void add(SseMessage message) {
      messages.add(message);
    }

    @Override
    public void beforeCompletion() {}

    @Override
    public void afterCompletion(int status) {
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
