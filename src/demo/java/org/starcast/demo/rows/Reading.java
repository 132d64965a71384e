package org.starcast.demo.rows;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/** A row of the table of readings. */
@Entity
@Table(name = "starcast_reading")
class Reading {

  @Id private long id;

  private String station;

  private int tenths;

  protected Reading() {}

  Row toRow() {
    return new Row(id, station, tenths / 10.0);
  }

  /** A row as the browsers get it. */
  public record Row(long id, String station, double degrees) {}
}
