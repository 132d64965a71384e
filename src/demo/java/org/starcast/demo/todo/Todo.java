package org.starcast.demo.todo;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Table;
import jakarta.persistence.Version;

/** A row of the to-do list. */
@Entity
@Table(name = "starcast_todo")
class Todo {

  @Id
  @GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "starcast_todo_id")
  @SequenceGenerator(
      name = "starcast_todo_id",
      sequenceName = "starcast_todo_id",
      allocationSize = 1)
  private long id;

  @Column(nullable = false, length = 200)
  private String text;

  private boolean done;

  @Version private int version;

  protected Todo() {}

  Todo(String text) {
    this.text = text;
  }

  void markDone(boolean done) {
    this.done = done;
  }

  TodoItem toItem() {
    return new TodoItem(id, text, done, version);
  }
}
