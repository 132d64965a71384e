package org.starcast.it;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** See {@link Http2}. The server makes its certificate itself. */
@ArquillianTest
@RunAsClient
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "wildfly")
class Http2WildFlyIT {

  @ArquillianResource URL base;

  private Http2 http2;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(Http2.CONFIG);
  }

  @BeforeEach
  void connect() throws Exception {
    String secure = "https://127.0.0.1:" + System.getProperty("https.port") + base.getPath();
    http2 = new Http2(URI.create(secure), new Server(base));
  }

  @Test
  void manyStreamsOfOneConnectionGetEachEventAtOnce() throws IOException {
    http2.manyStreamsOfOneConnectionGetEachEventAtOnce();
  }

  @Test
  void aStreamThatTakesNothingIsClosedAloneAndTheOthersGoOn() throws IOException {
    http2.aStreamThatTakesNothingIsClosedAloneAndTheOthersGoOn();
  }

  @Test
  void aConnectionThatTakesNothingIsNotFilledWithoutEnd() throws IOException {
    http2.aConnectionThatTakesNothingIsNotFilledWithoutEnd();
  }
}
