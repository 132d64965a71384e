package org.starcast.internal.security;

import jakarta.enterprise.inject.Instance;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.security.TopicAuthorizer;

/** Makes the thing without a container. */
public final class TestAccess {

  private TestAccess() {}

  /** With these authorizers and no rule. */
  public static AccessControl of(TopicAuthorizer... authorizers) {
    return of(Map.of(), authorizers);
  }

  /** With these settings, less the {@code starcast.} of the key. */
  static AccessControl of(Map<String, String> settings, TopicAuthorizer... authorizers) {
    Map<String, String> values = new HashMap<>();
    settings.forEach((key, value) -> values.put("starcast." + key, value));
    return new AccessControl(
        StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet()),
        beans(authorizers));
  }

  @SuppressWarnings("unchecked")
  private static Instance<TopicAuthorizer> beans(TopicAuthorizer... authorizers) {
    return (Instance<TopicAuthorizer>)
        Proxy.newProxyInstance(
            TestAccess.class.getClassLoader(),
            new Class<?>[] {Instance.class},
            (proxy, method, args) -> {
              if (!method.getName().equals("forEach")) {
                throw new UnsupportedOperationException(method.getName());
              }
              Arrays.asList(authorizers).forEach((Consumer<TopicAuthorizer>) args[0]);
              return null;
            });
  }
}
