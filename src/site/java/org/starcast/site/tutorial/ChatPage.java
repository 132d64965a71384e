package org.starcast.site.tutorial;

import static jakarta.enterprise.event.TransactionPhase.AFTER_SUCCESS;
import static org.starcast.datastar.PatchElements.Mode.APPEND;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import org.starcast.Topic;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;

// snippet: page
@ApplicationScoped
public class ChatPage {
  @Inject DatastarSse datastar;

  void show(@Observes(during = AFTER_SUCCESS) @Topic("chat.message") ChatLine line) {
    datastar
        .patchElements(Html.format("<li>{}</li>", line.getText())) // escaped
        .selector("#lines")
        .mode(APPEND)
        .publish("page.chat");
  }
}
// end snippet
