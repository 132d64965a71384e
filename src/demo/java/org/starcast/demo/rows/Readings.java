package org.starcast.demo.rows;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;
import java.util.List;
import java.util.stream.Stream;
import org.starcast.demo.rows.Reading.Row;

/** Reads the table page by page, each in a transaction of its own. */
@ApplicationScoped
@Transactional
public class Readings {

  @PersistenceContext EntityManager database;

  public long count() {
    return database.createQuery("select count(r) from Reading r", Long.class).getSingleResult();
  }

  /** The rows behind this one, in their order; empty at the end. */
  public List<Row> after(long id, int most) {
    try (Stream<Reading> page =
        database
            .createQuery("select r from Reading r where r.id > :id order by r.id", Reading.class)
            .setParameter("id", id)
            .setMaxResults(most)
            .getResultStream()) {
      return page.map(Reading::toRow).toList();
    }
  }
}
