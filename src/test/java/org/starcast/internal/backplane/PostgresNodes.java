package org.starcast.internal.backplane;

import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.starcast.internal.backplane.BackplaneContract.Node;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.Backplane;

/** The nodes that a test starts on a PostgreSQL. */
final class PostgresNodes implements AutoCloseable {

  private final List<Backplane> made = new ArrayList<>();

  /** One that is started. */
  Node starting(StarcastConfig config, DataSource source) {
    Backplane backplane = new PostgresBackplane(config, source, Settings.SCHEDULER);
    made.add(backplane);
    RecordingReceiver receiver = new RecordingReceiver();
    return new Node(backplane, receiver, backplane.start(receiver, Thread::new));
  }

  /** One that has got all that was stored. */
  Node node(StarcastConfig config, DataSource source) {
    Node node = starting(config, source);
    BackplaneContract.get(node.started());
    return node;
  }

  /** Closes all. */
  @Override
  public void close() {
    made.forEach(Backplane::close);
  }
}
