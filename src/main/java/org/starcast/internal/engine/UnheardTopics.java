package org.starcast.internal.engine;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.topic.NearMiss;

/**
 * Says that nobody got the first event on a topic: its name may be mistyped. Where the pattern of a
 * client is nearly the topic, that is said aloud; only the first hundred topics are looked at so
 * closely, on the container's executor. Thread-safe.
 */
final class UnheardTopics {

  private static final System.Logger LOG = System.getLogger(UnheardTopics.class.getName());

  private static final int MAX_LOOKS = 100;

  /** With how many patterns a topic is compared. */
  private static final int MAX_PATTERNS = 1_000;

  private final Collection<Client> clients;
  private final Executor executor;
  private final AtomicInteger looks = new AtomicInteger();

  /** Compares with what these clients, as of then, are subscribed to. */
  UnheardTopics(Collection<Client> clients, Executor executor) {
    this.clients = clients;
    this.executor = executor;
  }

  /** An event on these topics, one of which is new, has reached nobody. */
  void report(List<String> topics) {
    LogMessage.UNHEARD.log(LOG, topics);
    if (clients.isEmpty() || looks.getAndUpdate(n -> Math.min(n + 1, MAX_LOOKS)) == MAX_LOOKS) {
      return;
    }
    try {
      executor.execute(() -> look(topics));
    } catch (RejectedExecutionException e) {
      // the application is being stopped
    }
  }

  private void look(List<String> topics) {
    int compared = 0;
    for (Client client : clients) {
      for (String pattern : client.subscription().topics().keySet()) {
        for (String topic : topics) {
          Optional<String> why = NearMiss.of(pattern, topic);
          if (why.isPresent()) {
            LogMessage.NEARLY_HEARD.log(LOG, topic, pattern, why.get());
            return;
          }
        }
        if (++compared == MAX_PATTERNS) {
          return;
        }
      }
    }
  }
}
