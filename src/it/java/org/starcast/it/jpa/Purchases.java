package org.starcast.it.jpa;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;
import java.util.List;
import org.starcast.Topic;

/** Fires entities in the transactions that store, load and change them. */
@ApplicationScoped
public class Purchases {

  @PersistenceContext EntityManager entities;

  @Inject
  @Topic("purchases")
  Event<Purchase> events;

  /** What the database has against it, it says when the transaction commits. */
  @Transactional
  public void store(long id, String name) {
    Purchase purchase = new Purchase(id, name, List.of("tea", "milk"));
    entities.persist(purchase);
    events.fire(purchase);
  }

  @Transactional
  public void rename(long id, String before, String after) {
    Purchase purchase = entities.find(Purchase.class, id);
    purchase.setName(before);
    events.fire(purchase);
    purchase.setName(after);
    purchase.getLines().clear();
  }
}
