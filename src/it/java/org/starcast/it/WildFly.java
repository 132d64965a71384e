package org.starcast.it;

import java.nio.file.Path;
import java.util.List;
import org.starcast.internal.backplane.NatsServer;

/** How WildFly is started. */
public final class WildFly {

  private WildFly() {}

  /**
   * What {@code standalone.sh} gives {@code java}, without a shell that would be killed in its
   * place; on the loopback address.
   *
   * @param base a folder such as {@code standalone}
   * @param port that of HTTP
   * @param tlsPort that of HTTPS, for which the server makes itself a certificate
   */
  public static List<String> command(Path home, Path base, int port, int tlsPort) {
    return List.of(
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
        "--add-opens=java.base/java.io=ALL-UNNAMED",
        "--add-opens=java.base/java.net=ALL-UNNAMED",
        "--add-opens=java.base/java.util=ALL-UNNAMED",
        "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
        "-Djava.net.preferIPv4Stack=true",
        "-Dorg.jboss.boot.log.file=" + base.resolve("log/server.log"),
        "-Dlogging.configuration=" + base.resolve("configuration/logging.properties").toUri(),
        "-jar",
        home.resolve("jboss-modules.jar").toString(),
        "-mp",
        home.resolve("modules").toString(),
        "org.jboss.as.standalone",
        "-Djboss.home.dir=" + home,
        "-Djboss.server.base.dir=" + base,
        "-b=127.0.0.1",
        "-bmanagement=127.0.0.1",
        "-Djboss.http.port=" + port,
        "-Djboss.https.port=" + tlsPort,
        "-Djboss.management.http.port=" + NatsServer.freePort());
  }
}
