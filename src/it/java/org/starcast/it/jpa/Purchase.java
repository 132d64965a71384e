package org.starcast.it.jpa;

import jakarta.persistence.Column;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.OrderColumn;
import java.util.ArrayList;
import java.util.List;

/** An entity with a part that is loaded lazily, and names that no two of them share. */
@Entity
public class Purchase {

  @Id private long id;

  @Column(unique = true)
  private String name;

  @ElementCollection(fetch = FetchType.LAZY)
  @OrderColumn
  private List<String> lines = new ArrayList<>();

  protected Purchase() {}

  Purchase(long id, String name, List<String> lines) {
    this.id = id;
    this.name = name;
    this.lines.addAll(lines);
  }

  public long getId() {
    return id;
  }

  public String getName() {
    return name;
  }

  void setName(String name) {
    this.name = name;
  }

  public List<String> getLines() {
    return lines;
  }
}
