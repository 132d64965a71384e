package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.time.Duration;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.starcast.it.mistakes.MistakenApplication;

/** What a newcomer gets to read, on a server, of mistakes that nothing else shows. */
@ArquillianTest
@RunAsClient
class MistakesIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return ShrinkWrap.create(WebArchive.class, "starcast-mistakes.war")
        .addPackage(MistakenApplication.class.getPackage())
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(
            new StringAsset("starcast.endpoint.enabled=true"),
            "META-INF/microprofile-config.properties");
  }

  private int status(String path) throws IOException {
    return RawHttp.once(URI.create(base.toString()).resolve("api/" + path), "GET", "").status();
  }

  private static void assertLogged(String text) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(HttpIT.log()).contains(text));
  }

  @Test
  void anApplicationThatListsItsClassesWithoutThoseOfStarcastIsNamed() throws IOException {
    assertThat(status("starcast/stream?topic=a")).isEqualTo(404);
    assertLogged("STARCAST-1067: " + MistakenApplication.class.getName() + " lists its classes");
  }

  @Test
  void withoutBeansXmlAndScopeTheBroadcasterIsInjected() throws IOException {
    try (RawStream stream =
        RawStream.open(URI.create(base.toString()).resolve("api/mistaken/stream"))) {
      assertThat(stream.status()).isEqualTo(200);
    }
  }

  @Test
  void aSinkThatWasClosedIsRefusedWithAWord() throws IOException {
    status("mistaken/closed");
    assertLogged("sink: is closed already");
  }

  @Test
  void aSinkThatIsRegisteredTwiceIsRefusedWithAWord() throws IOException {
    status("mistaken/twice");
    assertLogged("sink: has a client already");
  }
}
