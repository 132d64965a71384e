package org.starcast.it;

import java.io.File;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.starcast.it.app.TestApplication;
import org.starcast.it.app.Transactions;
import org.starcast.it.app.TransactionsResource;
import org.starcast.it.runtime.app.RuntimeResource;

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
   * The WAR with these configuration values, and what the contract alone needs.
   *
   * @param libraries the folder of what it brings to a server that has Jakarta Servlet alone; null
   *     for one that has Jakarta EE
   */
  public static WebArchive forServer(Path libraries, String... config) {
    WebArchive war = with(config).addPackage(RuntimeResource.class.getPackage());
    if (libraries == null) {
      return war;
    }
    return war.deleteClasses(
            Transactions.class, TransactionsResource.class, TransactionsResource.Entity.class)
        .addAsLibraries(libraries.toFile().listFiles());
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
