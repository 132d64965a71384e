package org.starcast.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.sse.OutboundSseEvent;
import java.lang.reflect.Proxy;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starcast.FakeSink;
import org.starcast.RunningBroadcaster;
import org.starcast.internal.cdi.CdiBeans;

/** What the pages for those who come from elsewhere show does what it says. */
class MigrationTest {

  private static RunningBroadcaster start(Class<?> bean) {
    List<Class<?>> beans = new ArrayList<>(CdiBeans.OBSERVING);
    beans.add(bean);
    return RunningBroadcaster.with(beans);
  }

  private static SecurityContext caller(String name) {
    Principal principal = () -> name;
    return (SecurityContext)
        Proxy.newProxyInstance(
            SecurityContext.class.getClassLoader(),
            new Class<?>[] {SecurityContext.class},
            (proxy, method, arguments) -> principal);
  }

  @Test
  void aPriceIsAnEventWithItsNameAndJson() {
    try (RunningBroadcaster running = start(Prices.class)) {
      FakeSink sink = FakeSink.instant();
      running.bean(Prices.class).stream(sink);

      running.bean(Prices.class).changed(new Prices.Price("Tea", 4.5));

      await()
          .untilAsserted(
              () -> assertThat(sink.data()).containsExactly("{\"euros\":4.5,\"item\":\"Tea\"}"));
      assertThat(sink.sent()).extracting(OutboundSseEvent::getName).contains("price");
    }
  }

  @Test
  void aNoteReachesItsUserAloneAndNewsReachAll() {
    try (RunningBroadcaster running = start(Inbox.class)) {
      Inbox inbox = running.bean(Inbox.class);
      FakeSink ann = FakeSink.instant();
      FakeSink bob = FakeSink.instant();
      inbox.stream(ann, caller("ann@example.org"));
      inbox.stream(bob, caller("bob"));

      inbox.toUser("ann@example.org", new Inbox.Note("For Ann"));
      inbox.toAll(new Inbox.Note("For all"));

      await()
          .untilAsserted(
              () ->
                  assertThat(ann.data())
                      .containsExactly("{\"text\":\"For Ann\"}", "{\"text\":\"For all\"}"));
      await().untilAsserted(() -> assertThat(bob.data()).containsExactly("{\"text\":\"For all\"}"));
    }
  }
}
