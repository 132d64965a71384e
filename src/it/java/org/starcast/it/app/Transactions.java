package org.starcast.it.app;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import org.starcast.Topic;

/** Fires inside a transaction. */
@ApplicationScoped
public class Transactions {

  @Inject @Any Event<String> events;

  @Transactional
  public void fireAndCommit(String topic, String data) {
    events.select(Topic.Literal.of(topic)).fire(data);
  }

  @Transactional
  public void fireAndRollBack(String topic, String data) {
    events.select(Topic.Literal.of(topic)).fire(data);
    throw new IllegalStateException("rolled back");
  }
}
