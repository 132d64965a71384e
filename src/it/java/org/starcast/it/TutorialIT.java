package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.net.URI;
import java.net.URL;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.starcast.site.tutorial.ChatApplication;
import org.starcast.testing.SseTestClient;

/** The application of the tutorial does what the tutorial says. */
@ArquillianTest
@RunAsClient
class TutorialIT {

  private static final String FORM = "application/x-www-form-urlencoded";

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    File examples = new File("src/site/examples/tutorial");
    return ShrinkWrap.create(WebArchive.class, "tutorial.war")
        .addPackage(ChatApplication.class.getPackage())
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(new File(examples, "persistence.xml"), "META-INF/persistence.xml")
        .addAsResource(
            new File(examples, "microprofile-config.properties"),
            "META-INF/microprofile-config.properties")
        .addAsWebResource(new File(examples, "index.html"), "index.html")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml");
  }

  private SseTestClient stream(String path) {
    return SseTestClient.open(URI.create(base + "api/" + path));
  }

  @Test
  void aLineIsSentWhenItIsStoredAndPatchesThePage() {
    Server server = new Server(base);
    try (SseTestClient plain = stream("chat");
        SseTestClient page = stream("chat/page")) {
      assertThat(server.exchange("POST", "chat", FORM, "text=" + "x".repeat(201)).statusCode())
          .as("longer than the column: rolled back")
          .isEqualTo(500);
      assertThat(server.exchange("POST", "chat", FORM, "text=Tea+%3Cb%3E").statusCode())
          .isEqualTo(204);

      assertThat(plain.next("message").data()).contains("\"text\":\"Tea <b>\"");
      assertThat(page.next("datastar-patch-elements").data())
          .contains("selector #lines", "mode append", "elements <li>Tea &lt;b&gt;</li>");
    }
    try (SseTestClient later = stream("chat")) {
      assertThat(later.next("message").data()).as("history").contains("\"text\":\"Tea <b>\"");
    }
  }

  @Test
  void membersAloneMayHearAndPost() {
    assertThatThrownBy(() -> stream("chat/members").next()).hasMessageContaining("401");
    assertThat(new Server(base).exchange("POST", "chat/members", FORM, "text=a").statusCode())
        .isEqualTo(401);
  }
}
