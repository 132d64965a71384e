package org.starcast.internal.observe;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;
import org.starcast.SseBroadcaster;
import org.starcast.SseStatistics.Health;

/**
 * Liveness {@code starcast-threads} (MicroProfile Health 4.0): down when a thread that writes to
 * clients, or that keeps time, is stuck or dead.
 */
@Singleton
@Liveness
public class LivenessCheck implements HealthCheck {

  private final SseBroadcaster broadcaster;

  @Inject
  LivenessCheck(SseBroadcaster broadcaster) {
    this.broadcaster = broadcaster;
  }

  @Override
  public HealthCheckResponse call() {
    Health health = broadcaster.health();
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("starcast-threads").status(health.live());
    if (!health.live()) {
      response.withData("stuck", String.join(", ", health.stuck()));
    }
    return response.build();
  }
}
