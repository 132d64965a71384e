package org.starcast.internal.engine;

import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.starcast.Subscription;

/** Changes of a client's subscription, by the application. Thread-safe. */
final class SubscriptionChange {

  private SubscriptionChange() {}

  static void subscribe(Client client, String pattern, String... senders) {
    change(
        client,
        before -> before.topic(pattern, senders),
        changed -> Set.of(pattern),
        changed -> index(client).subscribe(client, pattern, changed.topics().get(pattern)));
  }

  static void unsubscribe(Client client, String pattern) {
    change(
        client,
        before -> before.without(pattern),
        changed -> Set.of(),
        changed -> index(client).unsubscribe(client, pattern));
  }

  static void mute(Client client, String... patterns) {
    change(
        client,
        before -> before.mute(patterns),
        changed -> Set.of(),
        changed -> index(client).mute(client, patterns));
  }

  static void unmute(Client client, String... patterns) {
    change(
        client,
        before -> before.unmute(patterns),
        changed -> changed.topics().keySet(),
        changed -> index(client).unmute(client, patterns));
  }

  private static ClientRegistry index(Client client) {
    return client.engine().clients();
  }

  /**
   * Changes the subscription to one that its caller may have. That is asked without a lock, and
   * again if something was changed or revoked meanwhile.
   *
   * @param asked the patterns that are asked about
   */
  private static void change(
      Client client,
      UnaryOperator<Subscription> change,
      Function<Subscription, Set<String>> asked,
      Consumer<Subscription> index) {
    boolean done;
    do {
      int revocations = client.engine().clients().revocations();
      Subscription before = client.subscription();
      Subscription changed = change.apply(before);
      SubscriptionLimits.check(changed, client.engine().config());
      Set<String> patterns = asked.apply(changed);
      if (!patterns.isEmpty()) {
        client.grant().check(patterns, changed.muted());
      }
      done =
          client
              .engine()
              .order()
              .betweenEvents(() -> client.changeTo(before, changed, revocations, index));
    } while (!done);
  }
}
