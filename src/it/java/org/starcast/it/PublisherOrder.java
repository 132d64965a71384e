package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Events whose data is {@code word:publisher:number}, numbered by their publisher from 0. */
public final class PublisherOrder {

  private PublisherOrder() {}

  /** Fails unless the events of each publisher are all there, in the order of their numbers. */
  public static void assertKept(List<String> events) {
    Map<String, Integer> last = new HashMap<>();
    for (String event : events) {
      String[] parts = event.split(":");
      int number = Integer.parseInt(parts[2]);
      assertThat(last.getOrDefault(parts[1], -1)).isEqualTo(number - 1);
      last.put(parts[1], number);
    }
  }
}
