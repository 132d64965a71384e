package org.starcast.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** See {@link Redeployment}. */
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class RedeployPayaraIT {

  @TempDir Path temp;

  @Test
  void redeployingLeavesNothingBehind() throws Exception {
    Path war = temp.resolve("starcast-test.war");
    TestWar.with().as(ZipExporter.class).exportTo(war.toFile(), true);
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    try (Payara payara =
        new Payara(
            port,
            temp.resolve("payara.log"),
            "-Djava.io.tmpdir=" + Files.createDirectories(temp.resolve("tmp")),
            // soft references would hide what is held
            "-XX:SoftRefLRUPolicyMSPerMB=0")) {
      new Redeployment(
              new Redeployment.Host() {
                @Override
                public void deploy() throws IOException {
                  payara.deploy(war);
                }

                @Override
                public void undeploy() throws IOException {
                  payara.undeploy("starcast-test");
                }

                @Override
                public long pid() {
                  return payara.pid();
                }

                @Override
                public URL url() throws IOException {
                  return new URL("http://127.0.0.1:" + port + "/starcast-test/");
                }
              })
          .repeatedlyLeavesNothingBehind();
    }
  }
}
