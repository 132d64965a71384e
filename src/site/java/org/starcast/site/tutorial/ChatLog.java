package org.starcast.site.tutorial;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import jakarta.persistence.EntityManager;
import jakarta.persistence.PersistenceContext;
import jakarta.transaction.Transactional;
import org.starcast.Topic;

// snippet: log
@ApplicationScoped
public class ChatLog {
  @PersistenceContext EntityManager entities;

  @Inject
  @Topic("chat.message")
  Event<ChatLine> messages;

  @Transactional
  public void say(String text) {
    ChatLine line = new ChatLine(text);
    entities.persist(line);
    messages.fire(line); // sent when the transaction has committed
  }
}
// end snippet
