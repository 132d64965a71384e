package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.OperateOnDeployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/** The JMX beans of two applications in one server. */
@ArquillianTest
@RunAsClient
class JmxNameIT {

  @ArquillianResource
  @OperateOnDeployment("second")
  URL base;

  @Deployment(name = "first", testable = false)
  static WebArchive first() {
    return TestWar.with();
  }

  @Deployment(name = "second", testable = false)
  static WebArchive second() {
    return ShrinkWrap.create(WebArchive.class, "starcast-second.war").merge(TestWar.with());
  }

  @Test
  void eachApplicationHasItsOwn() {
    assertThat(new Server(base).get("probe/jmx").body())
        .contains("org.starcast:type=SseBroadcaster,application=starcast-test")
        .contains("org.starcast:type=SseBroadcaster,application=starcast-second");
  }
}
