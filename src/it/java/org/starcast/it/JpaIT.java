package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.URL;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.starcast.it.jpa.JpaApplication;
import org.starcast.testing.SseTestClient;

/** Entities as events, fired in transactions of a real database. */
@ArquillianTest
@RunAsClient
class JpaIT {

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return ShrinkWrap.create(WebArchive.class, "starcast-jpa.war")
        .addPackage(JpaApplication.class.getPackage())
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(
            new StringAsset("starcast.endpoint.enabled=true"),
            "META-INF/microprofile-config.properties")
        .addAsResource(
            new StringAsset(
                """
                <persistence xmlns="https://jakarta.ee/xml/ns/persistence" version="3.0">
                  <persistence-unit name="purchases">
                    <jta-data-source>java:comp/DefaultDataSource</jta-data-source>
                    <properties>
                      <property name="jakarta.persistence.schema-generation.database.action"
                                value="drop-and-create"/>
                    </properties>
                  </persistence-unit>
                </persistence>
                """),
            "META-INF/persistence.xml")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml");
  }

  @Test
  void anEntityIsSentAsItWasWhenItWasFiredIfItsTransactionCommits() {
    Server server = new Server(base);
    try (SseTestClient client = server.subscribe("topic=purchases")) {
      assertThat(server.post("purchases/1/store?name=a", "").body()).isEqualTo("committed");
      assertThat(server.post("purchases/2/store?name=a", "").body())
          .as("the name is taken")
          .isEqualTo("rolled back");
      assertThat(server.post("purchases/1/rename?before=b&after=c", "").body())
          .isEqualTo("committed");

      assertThat(client.next().data())
          .isEqualTo("{\"id\":1,\"lines\":[\"tea\",\"milk\"],\"name\":\"a\"}");
      assertThat(client.next().data())
          .isEqualTo("{\"id\":1,\"lines\":[\"tea\",\"milk\"],\"name\":\"b\"}");
    }
  }
}
