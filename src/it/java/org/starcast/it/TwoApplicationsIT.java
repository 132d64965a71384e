package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.OperateOnDeployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** What tells the figures of two applications in one server apart. */
@ArquillianTest
@RunAsClient
class TwoApplicationsIT {

  @ArquillianResource
  @OperateOnDeployment("second")
  URL base;

  @Deployment(name = "first", testable = false)
  static WebArchive first() {
    return TestWar.with();
  }

  @Deployment(name = "second", testable = false)
  static WebArchive second() {
    return TestWar.named("starcast-second");
  }

  @Test
  void eachHasAJmxBean() {
    assertThat(new Server(base).get("probe/jmx").body())
        .contains("org.starcast:type=SseBroadcaster,application=starcast-test")
        .contains("org.starcast:type=SseBroadcaster,application=starcast-second");
  }

  @Test
  @EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
  void eachHasMetrics() {
    List<String> lines =
        new Server(base)
            .get("/metrics")
            .body()
            .lines()
            .filter(line -> line.startsWith("starcast_"))
            .toList();
    assertThat(lines)
        .allMatch(line -> line.contains("application=\"starcast-"))
        .anyMatch(line -> line.contains("starcast_opened{application=\"starcast-test\""))
        .anyMatch(line -> line.contains("starcast_opened{application=\"starcast-second\""));
  }
}
