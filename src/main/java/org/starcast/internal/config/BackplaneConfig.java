package org.starcast.internal.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How nodes are joined; part of {@link StarcastConfig}.
 *
 * @param type {@code local}, which is this node alone, {@code nats} or {@code postgresql}
 * @param whenAway {@code buffer} or {@code fail}
 * @param deliveryThread whether a thread of its own queues the events of the local backplane
 */
public record BackplaneConfig(
    String type,
    String whenAway,
    int bufferEvents,
    long bufferBytes,
    Duration publishTimeout,
    Duration startTimeout,
    boolean readiness,
    long replayEvents,
    long replayCacheBytes,
    boolean deliveryThread,
    Nats nats,
    Postgresql postgresql) {

  static BackplaneConfig read(ConfigReader in) {
    long cache = Math.min(16 << 20, Runtime.getRuntime().maxMemory() / 16);
    return new BackplaneConfig(
        in.oneOf("starcast.backplane"),
        in.oneOf("starcast.backplane.when-away"),
        in.integer("starcast.backplane.buffer-events"),
        in.number("starcast.backplane.buffer-bytes"),
        in.duration("starcast.backplane.publish-timeout"),
        in.duration("starcast.backplane.start-timeout"),
        in.bool("starcast.backplane.readiness"),
        in.number("starcast.backplane.replay-events"),
        in.number("starcast.backplane.replay-cache-bytes", cache),
        in.bool("starcast.backplane.local.delivery-thread"),
        Nats.read(in),
        Postgresql.read(in));
  }

  /** Whether what is published while the backplane is away is refused at once. */
  public boolean failsWhenAway() {
    return whenAway.equals("fail");
  }

  /**
   * NATS. What the stream is like is asked for when it is made; of a stream that is there, a value
   * that is given and another than the stream's is an error.
   */
  public record Nats(
      List<URI> servers,
      Optional<Path> credentials,
      Optional<Path> nkey,
      Optional<String> username,
      Optional<String> password,
      Optional<Path> trustStore,
      Optional<String> trustStorePassword,
      Optional<Path> keyStore,
      Optional<String> keyStorePassword,
      String stream,
      String subjectPrefix,
      OptionalLong replicas,
      Optional<String> storage,
      Optional<Duration> maxAge,
      OptionalLong maxBytes) {

    static Nats read(ConfigReader in) {
      return new Nats(
          in.servers("starcast.backplane.nats.servers"),
          in.file("starcast.backplane.nats.credentials"),
          in.file("starcast.backplane.nats.nkey"),
          in.optional("starcast.backplane.nats.username"),
          in.optional("starcast.backplane.nats.password"),
          in.file("starcast.backplane.nats.trust-store"),
          in.optional("starcast.backplane.nats.trust-store-password"),
          in.file("starcast.backplane.nats.key-store"),
          in.optional("starcast.backplane.nats.key-store-password"),
          in.name("starcast.backplane.nats.stream"),
          in.name("starcast.backplane.nats.subject-prefix"),
          in.optionalNumber("starcast.backplane.nats.replicas"),
          in.optionalOneOf("starcast.backplane.nats.storage"),
          in.optionalDuration("starcast.backplane.nats.max-age"),
          in.optionalNumber("starcast.backplane.nats.max-bytes"));
    }

    /** Without the secrets, which may be in the URLs too. */
    @Override
    public String toString() {
      return "Nats[stream=" + stream + ", subjectPrefix=" + subjectPrefix + "]";
    }
  }

  /**
   * PostgreSQL.
   *
   * @param dataSource its name in JNDI
   * @param create whether tables that are not there are made
   * @param pollInterval how long the order is not asked for at the most
   * @param longTransaction from which age on a transaction is warned of
   */
  public record Postgresql(
      String dataSource,
      String schema,
      boolean create,
      Duration pollInterval,
      Duration maxAge,
      long maxEvents,
      long maxBytes,
      Duration longTransaction) {

    static Postgresql read(ConfigReader in) {
      return new Postgresql(
          in.text("starcast.backplane.postgresql.data-source"),
          in.identifier("starcast.backplane.postgresql.schema"),
          in.bool("starcast.backplane.postgresql.create"),
          in.duration("starcast.backplane.postgresql.poll-interval"),
          in.duration("starcast.backplane.postgresql.max-age"),
          in.number("starcast.backplane.postgresql.max-events"),
          in.number("starcast.backplane.postgresql.max-bytes"),
          in.duration("starcast.backplane.postgresql.long-transaction"));
    }
  }
}
