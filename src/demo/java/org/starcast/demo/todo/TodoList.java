package org.starcast.demo.todo;

import static jakarta.ws.rs.core.Response.Status.CONFLICT;
import static jakarta.ws.rs.core.Response.Status.NOT_FOUND;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.LockModeType;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.ClientErrorException;
import jakarta.ws.rs.NotFoundException;
import java.util.List;
import org.starcast.Topic;
import org.starcast.demo.Problem;

/**
 * The list in the database. Each change fires an event inside its transaction: Starcast sends it
 * once the transaction has committed, and never when it is rolled back.
 */
@ApplicationScoped
@Transactional
public class TodoList {

  private static final long MAX_TODOS = 200;

  @PersistenceContext EntityManager database;

  @Inject
  @Topic("todo.added")
  Event<TodoChange> added;

  @Inject
  @Topic("todo.changed")
  Event<TodoChange> changed;

  @Inject
  @Topic("todo.removed")
  Event<TodoChange> removed;

  public TodoItem add(String text, boolean fail) {
    if (count() >= MAX_TODOS) {
      throw conflict("the list is full: at most " + MAX_TODOS + " to-dos");
    }
    Todo todo = new Todo(text);
    database.persist(todo);
    return saved("added", todo, added, fail);
  }

  public TodoItem markDone(long id, boolean done, boolean fail) {
    Todo todo = find(id);
    todo.markDone(done);
    return saved("changed", todo, changed, fail);
  }

  public TodoItem remove(long id, boolean fail) {
    Todo todo = find(id);
    database.remove(todo);
    return saved("removed", todo, removed, fail);
  }

  private TodoItem saved(String change, Todo todo, Event<TodoChange> event, boolean fail) {
    database.flush();
    TodoItem item = todo.toItem();
    event.fire(new TodoChange(change, item));
    if (fail) {
      throw conflict("rolled back after saving, as asked: no tab has heard of it");
    }
    return item;
  }

  public List<TodoItem> all() {
    return database
        .createQuery("select t from Todo t order by t.id", Todo.class)
        .getResultStream()
        .map(Todo::toItem)
        .toList();
  }

  private long count() {
    return database.createQuery("select count(t) from Todo t", Long.class).getSingleResult();
  }

  /** Locks the row: of two changes of one to-do, the second waits for the first to commit. */
  private Todo find(long id) {
    Todo todo = database.find(Todo.class, id, LockModeType.PESSIMISTIC_WRITE);
    if (todo == null) {
      throw new NotFoundException(Problem.of(NOT_FOUND, "there is no to-do " + id));
    }
    return todo;
  }

  private static ClientErrorException conflict(String detail) {
    return new ClientErrorException(Problem.of(CONFLICT, detail));
  }
}
