package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.starcast.internal.backplane.BackplaneContract.numbers;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import org.starcast.internal.backplane.BackplaneContract.Node;

/** A database with a replica that takes its place: streaming replication, as it is by default. */
class PostgresFailoverTest {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final PostgresNodes nodes = new PostgresNodes();
  private PostgresServer primary;
  private PostgresServer replica;

  @BeforeEach
  void startServers() {
    primary = PostgresServer.running();
    replica = primary.replica();
  }

  @AfterEach
  void closeAll() {
    nodes.close();
    if (replica != null) {
      replica.close();
    }
    if (primary != null) {
      primary.close();
    }
  }

  private Node node() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(
        "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/postgres?user=%s&targetServerType=primary"
            .formatted(primary.port(), replica.port(), primary.user()));
    source.setConnectTimeout(5);
    Map<String, String> keys =
        Map.of("starcast.backplane", "postgresql", "starcast.backplane.postgresql.create", "true");
    return nodes.node(Settings.config(keys), source);
  }

  private void awaitReplicaHasAll() {
    long place = primary.number("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn");
    await()
        .atMost(LONG)
        .until(() -> replica.number("SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn") >= place);
  }

  @Test
  void aReplicaThatHadAllKeepsTheEpochAndNothingIsMissing() {
    Node one = node();
    Node two = node();
    one.publishAll("a", 0, 100);
    two.receiver().awaitEvents(100);
    awaitReplicaHasAll();

    primary.kill();
    List<CompletionStage<Long>> meanwhile = new ArrayList<>();
    for (int i = 100; i < 200; i++) {
      meanwhile.add(one.publish("a", "" + i));
    }
    replica.promote();
    meanwhile.forEach(BackplaneContract::get);
    two.publishAll("a", 200, 300);

    for (Node node : List.of(one, two)) {
      node.receiver().awaitEvents(300);
      assertThat(node.receiver().data()).isEqualTo(numbers(0, 300));
      assertThat(node.receiver().epochs()).hasSize(1);
      assertThat(node.receiver().calls("missed")).isEmpty();
    }
  }

  @Test
  void aReplicaThatLacksWhatWasReadBeginsAnotherEpoch() {
    Node one = node();
    Node two = node();
    one.publishAll("a", 0, 100);
    awaitReplicaHasAll();
    replica.kill();
    one.publishAll("a", 100, 110);
    one.receiver().awaitEvents(110);
    two.receiver().awaitEvents(110);

    primary.kill();
    replica.start();
    replica.promote();

    for (Node node : List.of(one, two)) {
      await().atMost(LONG).until(() -> node.receiver().epochs().size() == 2);
    }
    one.publishAll("a", 110, 120);
    two.receiver().awaitEvents(120);
    assertThat(two.receiver().data()).endsWith("119");
    assertThat(one.receiver().epochs()).isEqualTo(two.receiver().epochs());
  }
}
