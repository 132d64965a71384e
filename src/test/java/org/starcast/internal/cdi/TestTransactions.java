package org.starcast.internal.cdi;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Status;
import jakarta.transaction.Synchronization;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One transaction at a time, ended by the test. Completions run in the reverse order of their
 * registration and while the transaction is still the thread's, as Narayana has it.
 */
@ApplicationScoped
public class TestTransactions implements TransactionSynchronizationRegistry {

  private final List<Synchronization> synchronizations = new ArrayList<>();
  private final Map<Object, Object> resources = new HashMap<>();
  private int status = Status.STATUS_NO_TRANSACTION;

  /** Begins a transaction. */
  public void begin() {
    status = Status.STATUS_ACTIVE;
  }

  /** Commits it. */
  public void commit() {
    for (int i = 0; i < synchronizations.size(); i++) { // may grow meanwhile
      synchronizations.get(i).beforeCompletion();
    }
    end(Status.STATUS_COMMITTED);
  }

  /** Rolls it back. */
  public void rollback() {
    end(Status.STATUS_ROLLEDBACK);
  }

  /** As Narayana's reaper: the transaction ends, and stays the thread's until its method does. */
  void timeOut() {
    status = Status.STATUS_ROLLEDBACK;
    synchronizations.forEach(s -> s.afterCompletion(Status.STATUS_ROLLEDBACK));
    synchronizations.clear();
  }

  /** As a transaction manager that has lost its log. */
  void endWith(int outcome) {
    end(outcome);
  }

  void setStatus(int status) {
    this.status = status;
  }

  private void end(int outcome) {
    status = outcome;
    for (int i = synchronizations.size() - 1; i >= 0; i--) {
      synchronizations.get(i).afterCompletion(outcome);
    }
    synchronizations.clear();
    resources.clear();
    status = Status.STATUS_NO_TRANSACTION;
  }

  @Override
  public Object getTransactionKey() {
    return status == Status.STATUS_NO_TRANSACTION ? null : this;
  }

  @Override
  public void putResource(Object key, Object value) {
    open();
    resources.put(key, value);
  }

  @Override
  public Object getResource(Object key) {
    open();
    return resources.get(key);
  }

  @Override
  public void registerInterposedSynchronization(Synchronization synchronization) {
    open();
    synchronizations.add(synchronization);
  }

  @Override
  public int getTransactionStatus() {
    return status;
  }

  @Override
  public void setRollbackOnly() {
    open();
    status = Status.STATUS_MARKED_ROLLBACK;
  }

  @Override
  public boolean getRollbackOnly() {
    return status == Status.STATUS_MARKED_ROLLBACK;
  }

  private void open() {
    if (status != Status.STATUS_ACTIVE) {
      throw new IllegalStateException("no active transaction");
    }
  }
}
