package org.starcast.site.tutorial;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.Id;

// snippet: entity
@Entity
public class ChatLine {
  @Id @GeneratedValue private Long id;

  @Column(nullable = false, length = 200)
  private String text;

  protected ChatLine() {}

  public ChatLine(String text) {
    this.text = text;
  }

  public Long getId() {
    return id;
  }

  public String getText() {
    return text;
  }
}
// end snippet
