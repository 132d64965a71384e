package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.util.Set;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.EnterpriseArchive;
import org.jboss.shrinkwrap.api.spec.JavaArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.starcast.Starcast;
import org.starcast.testing.SseTestClient;

/**
 * Enterprise applications, which Payara Micro does not take: WARs that each have the jar are as
 * apart as if they were deployed alone; the jar in {@code lib} is one for all.
 */
@ArquillianTest
@RunAsClient
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "wildfly")
class EarIT {

  private static final File JAR = new File(System.getProperty("starcast.jar"));

  /** Lists the jar's resource, which is not found by scanning where the jar is in {@code lib}. */
  @ApplicationPath("api")
  public static class Listing extends Application {

    @Override
    public Set<Class<?>> getClasses() {
      return Starcast.classes();
    }
  }

  @Deployment(name = "several", testable = false)
  static EnterpriseArchive several() {
    return ShrinkWrap.create(EnterpriseArchive.class, "several.ear")
        .addAsModules(TestWar.named("first"), TestWar.named("second"));
  }

  @Deployment(name = "shared", testable = false)
  static EnterpriseArchive shared() {
    return ShrinkWrap.create(EnterpriseArchive.class, "shared.ear")
        .addAsModules(without(TestWar.named("third")), without(TestWar.named("fourth")))
        .addAsModule(
            ShrinkWrap.create(WebArchive.class, "listing.war")
                .addClass(Listing.class)
                .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml"))
        .addAsLibraries(
            ShrinkWrap.create(JavaArchive.class, "configuration.jar")
                .addAsResource(
                    new StringAsset("starcast.endpoint.publish.enabled=true"),
                    "META-INF/microprofile-config.properties"))
        .addAsLibrary(JAR);
  }

  private static WebArchive without(WebArchive war) {
    war.delete("/WEB-INF/lib/" + JAR.getName());
    war.delete("/WEB-INF/classes/META-INF/microprofile-config.properties");
    return war;
  }

  private static Server server(String name) throws IOException {
    String root = "http://127.0.0.1:" + System.getProperty("http.port") + "/" + name + "/";
    return new Server(URI.create(root).toURL());
  }

  @Test
  void eachWarHasAnEngineOfItsOwn() throws IOException {
    Server first = server("first");
    Server second = server("second");
    try (SseTestClient ofFirst = first.subscribe("topic=a");
        SseTestClient ofSecond = second.subscribe("topic=a")) {
      first.publish("topic", "a", "data", "1");
      second.publish("topic", "a", "data", "2");
      first.publish("topic", "a", "data", "3");
      assertThat(ofFirst.next().data()).isEqualTo("1");
      assertThat(ofFirst.next().data()).isEqualTo("3");
      assertThat(ofSecond.next().data()).isEqualTo("2");
    }
    assertThat(first.get("probe/jmx").body())
        .contains("SseBroadcaster,application=several/first")
        .contains("SseBroadcaster,application=several/second");
  }

  @Test
  void theJarInLibIsOneEngineForAll() throws IOException {
    URI uri = server("third").uri("probe/stream/c?topic=a");
    try (SseTestClient client = SseTestClient.open(uri)) {
      server("fourth").post("probe/fire?topic=a", "1");
      assertThat(client.next().data()).isEqualTo("1");
      server("listing").publish("topic", "a", "data", "2");
      assertThat(client.next().data()).isEqualTo("2");
    }
  }
}
