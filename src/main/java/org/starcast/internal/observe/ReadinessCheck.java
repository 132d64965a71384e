package org.starcast.internal.observe;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.starcast.SseBroadcaster;
import org.starcast.SseStatistics.Health;

/**
 * Readiness {@code starcast} (MicroProfile Health 4.0): down until the backplane has been reached,
 * and from the moment of the drain on.
 */
@Singleton
@Readiness
public class ReadinessCheck implements HealthCheck {

  private final SseBroadcaster broadcaster;

  @Inject
  ReadinessCheck(SseBroadcaster broadcaster) {
    this.broadcaster = broadcaster;
  }

  @Override
  public HealthCheckResponse call() {
    Health health = broadcaster.health();
    return HealthCheckResponse.named("starcast")
        .status(health.ready())
        .withData("clients", broadcaster.count())
        .withData("draining", health.draining())
        .withData("backplane", health.backplane().available() ? "up" : "away")
        .withData("lastEventId", broadcaster.lastEventId())
        .build();
  }
}
