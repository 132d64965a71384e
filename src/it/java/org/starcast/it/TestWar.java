package org.starcast.it;

import java.io.File;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.starcast.it.app.TestApplication;
import org.starcast.it.app.Transactions;
import org.starcast.it.app.TransactionsResource;
import org.starcast.it.runtime.app.Marks;

/**
 * The WAR of the server tests: the application under {@code app}, and the jar as a user adds it.
 */
public final class TestWar {

  private TestWar() {}

  /** As {@link #with}, for a server that has another one already. */
  static WebArchive named(String name) {
    return ShrinkWrap.create(WebArchive.class, name + ".war").merge(with());
  }

  /**
   * The WAR with these configuration values, and filters of its own, for a server that has Jakarta
   * EE, or Jakarta Servlet alone; then the rest is in the WAR, as far as Starcast needs it.
   */
  public static WebArchive forServer(boolean servletAlone, String... config) {
    WebArchive war = with(config).addClasses(Marks.class, Marks.Rest.class, Marks.Servlet.class);
    if (!servletAlone) {
      return war;
    }
    return war.deleteClasses(
            Transactions.class, TransactionsResource.class, TransactionsResource.Entity.class)
        .addAsLibraries(new File(System.getProperty("servlet.libraries")).listFiles());
  }

  /** The WAR with these configuration values, given as key, value, key, value. */
  public static WebArchive with(String... config) {
    Map<String, String> values = new TreeMap<>();
    values.put("starcast.endpoint.enabled", "true");
    values.put("starcast.endpoint.publish.enabled", "true");
    values.put("starcast.heartbeat", "PT1S");
    values.put("starcast.max-clients-per-address", "5000");
    for (int i = 0; i < config.length; i += 2) {
      values.put(config[i], config[i + 1]);
    }
    StringBuilder properties = new StringBuilder();
    values.forEach((key, value) -> properties.append(key).append('=').append(value).append('\n'));
    return ShrinkWrap.create(WebArchive.class, "starcast-test.war")
        .addPackage(TestApplication.class.getPackage())
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(
            new StringAsset(properties.toString()), "META-INF/microprofile-config.properties")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml");
  }
}
