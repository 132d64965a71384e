package org.starcast.observe;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.starcast.SseBroadcaster;

/** Readiness {@code starcast} (MicroProfile Health 4.0): down from the moment of the drain on. */
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
    boolean ready = broadcaster.health().ready();
    return HealthCheckResponse.named("starcast")
        .status(ready)
        .withData("clients", broadcaster.count())
        .withData("draining", !ready)
        .withData("lastEventId", broadcaster.lastEventId())
        .build();
  }
}
