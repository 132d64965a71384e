package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.internal.backplane.PostgresServer;
import org.starcast.it.app.PresenceResource;
import org.starcast.it.postgresql.PurchasesApplication;
import org.starcast.testing.ReceivedEvent;
import org.starcast.testing.SseTestClient;

/**
 * A Payara Micro and a WildFly that share a PostgreSQL: events are stored in the transactions that
 * made them, by the servers' own data sources, whose role has the rights of server-config alone.
 */
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class PostgresIT {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final int THREADS = 4;
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private static PostgresServer database;
  private static ServerProcess payara;
  private static ServerProcess wildfly;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    database = PostgresServer.running();
    Path config = Path.of(System.getProperty("server.config"), "postgresql");
    try (var tables =
        PostgresIT.class.getResourceAsStream("/org/starcast/postgresql/starcast-1.sql")) {
      database.execute(new String(tables.readAllBytes(), StandardCharsets.UTF_8));
    }
    database.execute(
        """
        CREATE ROLE shop LOGIN;
        CREATE TABLE public.bought (number integer PRIMARY KEY);
        GRANT INSERT ON public.bought TO shop;
        """
            + Files.readString(config.resolve("role.sql")));
    Path driver =
        Path.of(
            org.postgresql.Driver.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
    Path jar = Files.copy(driver, folder.resolve("postgresql.jar"));
    payara = node(ServerProcess.Kind.PAYARA, folder, "jdbc/shop");
    payara.library(jar);
    ours(
            config.resolve("payara.asadmin"),
            "portNumber=5432:databaseName=shop",
            "portNumber=%d:databaseName=postgres")
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(payara::command);
    wildfly = node(ServerProcess.Kind.WILDFLY, folder, "java:jboss/datasources/shop");
    wildfly.deploy(jar);
    wildfly.cli(
        Files.writeString(
            folder.resolve("wildfly.cli"),
            ours(config.resolve("wildfly.cli"), "5432/shop", "%d/postgres")));
    payara.start();
    wildfly.start();
    ready(payara);
    ready(wildfly);
  }

  /** A file of server-config, with the port and the database of this test. */
  private static String ours(Path file, String place, String with) throws IOException {
    String text = Files.readString(file);
    assertThat(text).containsOnlyOnce(place);
    return text.replace(place, with.formatted(database.port()));
  }

  private static ServerProcess node(ServerProcess.Kind kind, Path folder, String dataSource)
      throws Exception {
    Path war = folder.resolve(kind + ".war");
    WebArchive archive =
        ShrinkWrap.create(WebArchive.class)
            .addPackage(PurchasesApplication.class.getPackage())
            .addClass(PresenceResource.class)
            .addAsLibrary(new File(System.getProperty("starcast.jar")))
            .addAsResource(
                new StringAsset(
                    """
                starcast.endpoint.enabled=true
                starcast.backplane=postgresql
                starcast.backplane.postgresql.data-source=%s
                starcast.presence.enabled=true
                """
                        .formatted(dataSource)),
                "META-INF/microprofile-config.properties")
            .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml");
    if (kind == ServerProcess.Kind.WILDFLY) {
      // so that the data source is there before the application
      archive.setWebXML(
          new StringAsset(
              """
                <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
                  <resource-ref>
                    <res-ref-name>jdbc/shop</res-ref-name>
                    <res-type>javax.sql.DataSource</res-type>
                    <lookup-name>%s</lookup-name>
                  </resource-ref>
                </web-app>
                """
                  .formatted(dataSource)));
    }
    archive.as(ZipExporter.class).exportTo(war.toFile());
    return new ServerProcess(kind, folder.resolve(kind.name()), war, Map.of());
  }

  private static void ready(ServerProcess node) {
    await()
        .atMost(ServerProcess.BOOT)
        .untilAsserted(
            () -> {
              int status = 200; // of one that has ended
              try {
                status =
                    node.isAlive()
                        ? node.server().post("bought/-1?rollback=true", "").statusCode()
                        : status;
              } catch (UncheckedIOException e) {
                status = 0;
              }
              assertThat(status).as(node::output).isEqualTo(200);
            });
    assertThat(node.isAlive()).as(node::output).isTrue();
  }

  @AfterAll
  static void stop() {
    for (AutoCloseable part : new AutoCloseable[] {payara, wildfly, database}) {
      if (part != null) {
        try {
          part.close();
        } catch (Exception e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  @Test
  void aCommittedTransactionIsARowAndAnEventOnAllNodesAndOneThatWasRolledBackIsNeither() {
    int first = NUMBERS.getAndAdd(4);
    try (SseTestClient onPayara = payara.server().subscribe("topic=bought");
        SseTestClient onWildFly = wildfly.server().subscribe("topic=bought")) {
      assertThat(buy(payara, first, "")).isEqualTo("committed");
      assertThat(buy(wildfly, first + 1, "?rollback=true")).isEqualTo("rolled back");
      assertThat(buy(payara, first + 2, "?rollback=true")).isEqualTo("rolled back");
      assertThat(buy(wildfly, first + 3, "")).isEqualTo("committed");

      for (SseTestClient client : List.of(onPayara, onWildFly)) {
        assertThat(client.next("message").data()).isEqualTo("" + first);
        assertThat(client.next("message").data()).isEqualTo("" + (first + 3));
      }
      assertThat(onPayara.lastEventId()).isEqualTo(onWildFly.lastEventId());
    }
    assertThat(rows(first, first + 4)).isEqualTo(2);
  }

  private static String buy(ServerProcess node, int number, String query) {
    return node.server().post("bought/" + number + query, "").body();
  }

  private static long rows(int from, int to) {
    return database.number(
        "SELECT count(*) FROM bought WHERE number >= %d AND number < %d".formatted(from, to));
  }

  @Test
  void rowsAndEventsAreTheSameSetThoughDatabaseAndNodeAreKilled() throws Exception {
    int first = NUMBERS.getAndAdd(10_000);
    ConcurrentLinkedQueue<Integer> committed = new ConcurrentLinkedQueue<>();
    AtomicInteger next = new AtomicInteger(first);
    try (SseTestClient client = wildfly.server().subscribe("topic=bought").within(LONG)) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        ServerProcess node = i % 2 == 0 ? payara : wildfly;
        Thread thread = new Thread(() -> buyAll(node, next, first + 2_000, committed));
        threads.add(thread);
        thread.start();
      }
      await().atMost(LONG).until(() -> committed.size() > 100);
      database.kill();
      database.start();
      int before = committed.size();
      await().atMost(LONG).until(() -> committed.size() > before + 100);
      payara.kill();
      for (Thread thread : threads) {
        thread.join();
      }
      int last = first + 9_999;
      await().atMost(LONG).until(() -> buy(wildfly, last, "").equals("committed"));

      List<String> heard = new ArrayList<>();
      for (ReceivedEvent event = client.next("message"); ; event = client.next("message")) {
        heard.add(event.data());
        if (event.data().equals("" + last)) {
          break;
        }
      }
      assertThat(heard).doesNotHaveDuplicates();
      assertThat(heard.stream().map(Integer::valueOf)).containsAll(committed);
      // also those whose commit was done, though the answer did not come
      assertThat((long) heard.size()).isEqualTo(rows(first, first + 10_000));
    }
    payara.start();
    ready(payara);
  }

  @Test
  void usersAreMembersOnBothNodesAreSentToFromTheOtherAndLeaveWithANodeThatIsKilled()
      throws Exception {
    List<Server> both = List.of(payara.server(), wildfly.server());
    String told = "topic=starcast.presence.lobby";
    try (RawStream onPayara = payara.server().stream(told);
        RawStream onWildFly = wildfly.server().stream(told);
        RawStream ann = user(payara, "ann");
        RawStream annToo = user(wildfly, "ann");
        RawStream bob = user(payara, "bob");
        RawStream carol = user(wildfly, "carol")) {
      Members.awaitMembers("lobby", both, "ann:2", "bob:1", "carol:1");

      assertThat(payara.server().post("presence/send/carol", "hello carol").statusCode())
          .isEqualTo(200);
      assertThat(wildfly.server().post("presence/send/bob", "hello bob").statusCode())
          .isEqualTo(200);
      assertThat(wildfly.server().post("presence/send/ann", "hello ann").statusCode())
          .isEqualTo(200);
      await().atMost(LONG).until(() -> ann.data().contains("hello ann"));
      await().atMost(LONG).until(() -> annToo.data().contains("hello ann"));
      await().atMost(LONG).until(() -> carol.data().contains("hello carol"));
      await().atMost(LONG).until(() -> bob.data().contains("hello bob"));
      carol.reset();
      for (RawStream stream : List.of(onPayara, onWildFly)) {
        Members.awaitMoves(List.of(stream), "carol", "join", "leave");
        Members.awaitMoves(List.of(stream), "ann", "join");
        Members.awaitMoves(List.of(stream), "bob", "join");
      }

      payara.kill();

      Members.awaitMembers("lobby", List.of(wildfly.server()), "ann:1");
      Members.awaitMoves(List.of(onWildFly), "bob", "join", "leave");
      Members.awaitMoves(List.of(onWildFly), "ann", "join");
      payara.start();
      ready(payara);
      Members.awaitMembers("lobby", List.of(payara.server()), "ann:1");
      annToo.reset();
      Members.awaitMoves(List.of(onWildFly), "ann", "join", "leave");
    }
  }

  private static RawStream user(ServerProcess node, String user) {
    RawStream stream = node.server().open("presence/stream/" + user + "?topic=lobby");
    assertThat(stream.status()).isEqualTo(200);
    return stream;
  }

  private static void buyAll(
      ServerProcess node, AtomicInteger next, int end, ConcurrentLinkedQueue<Integer> committed) {
    for (int number = next.getAndIncrement(); number < end; number = next.getAndIncrement()) {
      try {
        if (buy(node, number, number % 10 == 0 ? "?rollback=true" : "").equals("committed")) {
          committed.add(number);
        }
      } catch (UncheckedIOException e) {
        if (!node.isAlive()) {
          return;
        }
      }
    }
  }
}
