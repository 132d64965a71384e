package org.starcast.it;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.starcast.internal.backplane.Link;
import org.starcast.internal.backplane.NatsServer;

/**
 * Two Payara Micro and a WildFly with the test application, and the nats-server that they share,
 * each a process of its own, with the settings of server-config. Each node reaches the broker by a
 * {@link Link}.
 */
final class Cluster implements AutoCloseable {

  private static final String USER = "starcast";
  private static final String PASSWORD = "only-for-tests";

  private final NatsServer broker;
  private final List<ServerProcess> nodes = new ArrayList<>();
  private final List<Link> links = new ArrayList<>();

  /**
   * Starts all, and waits until all answer; without nats-server the test is skipped.
   *
   * @param environment configuration values of all nodes
   * @param ofWildFly and those of the WildFly node alone
   */
  Cluster(Path folder, Map<String, String> environment, Map<String, String> ofWildFly)
      throws IOException {
    broker =
        NatsServer.configured(
            Path.of(System.getProperty("server.config"), "nats", "nats-server.conf"),
            Map.of(
                "STARCAST_BACKPLANE_NATS_USERNAME",
                USER,
                "STARCAST_BACKPLANE_NATS_PASSWORD",
                PASSWORD));
    Path war = folder.resolve("starcast-test.war");
    TestWar.with()
        .addAsLibraries(
            library(io.nats.client.Nats.class), library("org.bouncycastle.math.ec.rfc8032.Ed25519"))
        .as(ZipExporter.class)
        .exportTo(war.toFile(), true);
    try {
      broker.start();
      for (int i = 0; i < 3; i++) {
        links.add(new Link(broker.port()));
        Map<String, String> values = new HashMap<>(environment);
        values.put("STARCAST_BACKPLANE", "nats");
        values.put("STARCAST_BACKPLANE_NATS_SERVERS", "nats://127.0.0.1:" + links.get(i).port());
        values.put("STARCAST_BACKPLANE_NATS_USERNAME", USER);
        values.put("STARCAST_BACKPLANE_NATS_PASSWORD", PASSWORD);
        if (i == 2) {
          values.putAll(ofWildFly);
        }
        nodes.add(
            new ServerProcess(
                i == 2 ? ServerProcess.Kind.WILDFLY : ServerProcess.Kind.PAYARA,
                folder.resolve("node-" + i),
                war,
                values));
        nodes.get(i).start();
      }
      nodes.forEach(ServerProcess::ready);
    } catch (IOException | RuntimeException | AssertionError e) {
      close();
      throw e;
    }
  }

  private static File library(String type) {
    try {
      return library(Class.forName(type));
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The jar that a class is in. */
  private static File library(Class<?> type) {
    try {
      return new File(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  NatsServer broker() {
    return broker;
  }

  List<ServerProcess> nodes() {
    return nodes;
  }

  ServerProcess node(int i) {
    return nodes.get(i);
  }

  Server server(int i) {
    return nodes.get(i).server();
  }

  Link link(int i) {
    return links.get(i);
  }

  @Override
  public void close() {
    nodes.forEach(ServerProcess::close);
    links.forEach(Link::close);
    broker.close();
  }
}
