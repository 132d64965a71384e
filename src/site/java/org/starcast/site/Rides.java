package org.starcast.site;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.Optional;
import org.starcast.SseBroadcaster;
import org.starcast.Topic;
import org.starcast.TopicPattern;

/** What a contract is made of. */
@ApplicationScoped
public class Rides {

  // snippet: found
  public record Ride(long id, String from, String to, Optional<Instant> ended) {}

  @Inject
  @Topic("rides.requested")
  Event<Ride> requested; // in the contract as it is: topic, payload

  // end snippet

  // snippet: said
  @Topic.Contract(
      value = "rides.+.position",
      event = "position",
      description = "Where a car is, once a second",
      example = "{\"latitude\":52.52,\"longitude\":13.4}")
  public record Position(double latitude, double longitude) {}

  @Inject SseBroadcaster broadcaster;

  void moved(String ride, Position position) {
    broadcaster.publish("rides." + TopicPattern.escape(ride) + ".position", position);
  }
  // end snippet
}
