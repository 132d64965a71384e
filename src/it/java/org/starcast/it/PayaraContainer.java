package org.starcast.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.arquillian.container.spi.client.container.ContainerConfiguration;
import org.jboss.arquillian.container.spi.client.container.DeployableContainer;
import org.jboss.arquillian.container.spi.client.container.DeploymentException;
import org.jboss.arquillian.container.spi.client.container.LifecycleException;
import org.jboss.arquillian.container.spi.client.protocol.ProtocolDescription;
import org.jboss.arquillian.container.spi.client.protocol.metadata.HTTPContext;
import org.jboss.arquillian.container.spi.client.protocol.metadata.ProtocolMetaData;
import org.jboss.arquillian.container.spi.client.protocol.metadata.Servlet;
import org.jboss.arquillian.core.spi.LoadableExtension;
import org.jboss.shrinkwrap.api.Archive;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;

/**
 * Payara Micro as a process that applications are deployed to one after the other; Payara's own
 * container starts a server for each. See {@link SharedServer}.
 */
public final class PayaraContainer implements DeployableContainer<PayaraContainer.Configuration> {

  /** Arquillian finds it by {@code META-INF/services}. */
  public static final class Extension implements LoadableExtension {
    @Override
    public void register(ExtensionBuilder builder) {
      if ("payara".equals(System.getProperty("arquillian.launch"))) {
        builder.service(DeployableContainer.class, PayaraContainer.class);
      }
    }
  }

  /** There is nothing to choose: the tests' system properties say it all. */
  public static final class Configuration implements ContainerConfiguration {
    @Override
    public void validate() {
      // nothing to check
    }
  }

  private static Payara payara;

  private final int port = Integer.getInteger("http.port");

  @Override
  public Class<Configuration> getConfigurationClass() {
    return Configuration.class;
  }

  @Override
  public ProtocolDescription getDefaultProtocol() {
    return new ProtocolDescription("Servlet 5.0");
  }

  /** Boots the server, unless it runs; it ends with this process. */
  @Override
  public void start() throws LifecycleException {
    if (payara != null && payara.isAlive()) {
      return;
    }
    try {
      payara = new Payara(port, Path.of("target", System.getProperty("server.name") + ".log"));
      Runtime.getRuntime().addShutdownHook(new Thread(PayaraContainer::end));
    } catch (IOException e) {
      throw new LifecycleException("Payara Micro does not start", e);
    }
  }

  /** In less time than Failsafe leaves a process to end. */
  private static void end() {
    try {
      payara.endsWithin(20);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {
    // the next class needs it
  }

  @Override
  public ProtocolMetaData deploy(Archive<?> archive) throws DeploymentException {
    try {
      Path war = Files.createTempDirectory("starcast-").resolve(archive.getName());
      try {
        archive.as(ZipExporter.class).exportTo(war.toFile());
        payara.deploy(war);
      } finally {
        Files.deleteIfExists(war);
        Files.delete(war.getParent());
      }
    } catch (IOException e) {
      throw new DeploymentException(archive.getName(), e);
    }
    HTTPContext http = new HTTPContext("127.0.0.1", port);
    // of our WARs only the demo says where it wants to be
    boolean root = archive.contains("WEB-INF/glassfish-web.xml");
    http.add(new Servlet("default", root ? "/" : "/" + name(archive)));
    return new ProtocolMetaData().addContext(http);
  }

  @Override
  public void undeploy(Archive<?> archive) throws DeploymentException {
    try {
      payara.undeploy(name(archive));
    } catch (IOException e) {
      throw new DeploymentException(archive.getName(), e);
    }
  }

  private static String name(Archive<?> archive) {
    return archive.getName().replaceFirst("\\.war$", "");
  }
}
