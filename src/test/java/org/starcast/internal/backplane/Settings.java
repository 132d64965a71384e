package org.starcast.internal.backplane;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.starcast.internal.config.StarcastConfig;

/** What the backplanes of the tests are made with. */
public final class Settings {

  /** As the application has one. */
  public static final ScheduledExecutorService SCHEDULER =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "scheduler");
            thread.setDaemon(true);
            return thread;
          });

  private Settings() {}

  /** The configuration with these keys and values, by turns, which say more than the first ones. */
  public static StarcastConfig config(Map<String, String> first, String... settings) {
    Map<String, String> values = new HashMap<>(first);
    for (int i = 0; i < settings.length; i += 2) {
      values.put(settings[i], settings[i + 1]);
    }
    return StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
  }
}
