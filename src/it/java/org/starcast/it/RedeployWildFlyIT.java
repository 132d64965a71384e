package org.starcast.it;

import java.io.IOException;
import java.net.URL;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** See {@link Redeployment}. */
@ArquillianTest
@RunAsClient
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "wildfly")
class RedeployWildFlyIT {

  @ArquillianResource Deployer deployer;

  @Deployment(name = "application", managed = false, testable = false)
  static WebArchive war() {
    return TestWar.with();
  }

  @Test
  void redeployingLeavesNothingBehind() throws Exception {
    String port = System.getProperty("http.port");
    new Redeployment(
            new Redeployment.Host() {
              @Override
              public void deploy() {
                deployer.deploy("application");
              }

              @Override
              public void undeploy() {
                deployer.undeploy("application");
              }

              @Override
              public long pid() {
                // not by its arguments, which are cut off where paths are long
                return ProcessHandle.current()
                    .descendants()
                    .filter(child -> child.info().command().orElse("").endsWith("/java"))
                    .findFirst()
                    .orElseThrow()
                    .pid();
              }

              @Override
              public URL url() throws IOException {
                return new URL("http://127.0.0.1:" + port + "/starcast-test/");
              }
            })
        .repeatedlyLeavesNothingBehind();
  }
}
