package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starcast.SseClient.CloseReason;
import org.starcast.internal.engine.DeliveryEngine;

/**
 * Deploys and undeploys the application again and again in one server, with a client on it each
 * time: its stream ends by itself, and what is left behind does not grow.
 */
public final class Redeployment {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A running server with a way to put the application into it. */
  public interface Host {
    void deploy() throws Exception;

    void undeploy() throws Exception;

    long pid();

    URL url() throws IOException;
  }

  /** What a server holds of the deployments so far. */
  private record Held(int threads, int engines, int classLoaders) {}

  /** More than a server has threads for requests, after all that a test has sent. */
  private static final int REQUESTS = 300;

  private final Host host;
  private final int times;

  /**
   * How many former deployments the servers' own threads may keep, until they serve another
   * application: by the context class loader that was set when they were made (Payara, two to six
   * were seen), or by the last request in a thread local or on the stack (WildFly, three). What
   * leaks keeps all.
   */
  private final int maxKept;

  Redeployment(Host host) {
    this(host, Integer.getInteger("starcast.test.redeployments", 12));
  }

  public Redeployment(Host host, int times) {
    this.host = host;
    this.times = times;
    this.maxKept = times * 3 / 4;
  }

  public void repeatedlyLeavesNothingBehind() throws Exception {
    // the server may have served other test classes
    Held before = held();
    for (int i = 1; i <= times; i++) {
      host.deploy();
      Server server = new Server(host.url());
      RawStream stream = comeBack(server);
      server.publish("topic", "t", "data", "deployed " + i);
      String expected = "deployed " + i;
      await().atMost(PATIENCE).until(() -> stream.data().contains(expected));
      assertThat(server.clients()).isEqualTo(1);
      if (i == 1) {
        Held present = held();
        assertThat(present.threads).as("threads").isPositive();
        assertThat(present.engines).as("engines").isPositive();
        assertThat(present.classLoaders).as("class loaders").isPositive();
      }
      if (i == times) {
        // a thread of the server keeps what it served last, and there may be more threads than
        // deployments: now all serve this one
        for (int request = 0; request < REQUESTS; request++) {
          server.clients();
        }
      }

      host.undeploy();

      await().atMost(PATIENCE).until(stream::ended);
      assertThat(stream.text()).as("told when to come back").containsPattern("retry: \\d+\n\n$");
      // an idle connection keeps what it served last
      stream.close();
    }
    // loaders are finalized first, so it takes several collections
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              Held late = held();
              assertThat(late.threads).as("threads").isZero();
              assertThat(late.engines).as("engines").isLessThanOrEqualTo(before.engines + maxKept);
              assertThat(late.classLoaders)
                  .as("class loaders")
                  .isLessThanOrEqualTo(before.classLoaders + maxKept);
            });
  }

  /** As a browser does: until the application is there. */
  private static RawStream comeBack(Server server) {
    RawStream[] open = new RawStream[1];
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              try {
                open[0] = server.stream("topic=t");
                return open[0].status() == 200;
              } catch (UncheckedIOException e) {
                return false;
              }
            });
    return open[0];
  }

  private Held held() throws IOException, InterruptedException {
    String threads = jcmd("Thread.print");
    // a full collection comes with it
    String histogram = jcmd("GC.class_histogram");
    return new Held(
        count(threads, "\"starcast-[^\"]*\""),
        instances(histogram, Pattern.quote(DeliveryEngine.class.getName())),
        // the constants of an enum are in a row of their own for each class loader
        count(histogram, " " + Pattern.quote(CloseReason.class.getName()) + "[ \n]"));
  }

  private String jcmd(String command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(host.pid()),
                command)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static int count(String text, String pattern) {
    return (int) Pattern.compile(pattern).matcher(text).results().count();
  }

  private static int instances(String histogram, String classPattern) {
    Matcher row =
        Pattern.compile("(?m)^\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+" + classPattern + "( .*)?$")
            .matcher(histogram);
    int sum = 0;
    while (row.find()) {
      sum += Integer.parseInt(row.group(1));
    }
    return sum;
  }
}
