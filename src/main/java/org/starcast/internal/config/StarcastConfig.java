package org.starcast.internal.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.starcast.Subscription.Overflow;

/**
 * The configuration in force, read once, when the application is deployed; a value out of bounds
 * fails the deployment and names its key. What each key is for, its default and its bounds are in
 * {@link ConfigKey}. Sizes are bytes. Inject it to see what is in force.
 */
public record StarcastConfig(
    Queue queue,
    Log log,
    Limits limits,
    Writer writer,
    Endpoint endpoint,
    Security security,
    Presence presence,
    Streams streams,
    DurableStreams durableStreams,
    BackplaneConfig backplane,
    boolean tracingDeliver) {

  private static final String LOG_EVENTS = "starcast.log.events";
  private static final String LOG_STORE = "starcast.log.store";
  private static final String MESSAGE_BYTES = "starcast.message.max-bytes";

  /** Without any client, the monitor's figures take a third of it. */
  private static final int MONITOR_MESSAGE_BYTES = 8 << 10;

  /** What waits for clients. */
  public record Queue(int messages, long bytes, Overflow overflow, long totalBytes) {

    static Queue read(ConfigReader in) {
      long heap = Runtime.getRuntime().maxMemory();
      return new Queue(
          in.integer("starcast.queue.messages"),
          in.number("starcast.queue.bytes"),
          in.oneOf("starcast.queue.overflow", Overflow.class),
          in.number("starcast.queue.total-bytes", Math.max(1 << 20, heap / 4)));
    }
  }

  /**
   * What is kept of what was published.
   *
   * @param events 0 keeps nothing
   * @param age zero is for as long as there is room
   * @param topics how much is kept of each topic that matches a pattern
   * @param retained the patterns of the topics whose latest event is kept
   * @param store {@code memory} or {@code file}
   * @param reloadAfterGap whether a client that missed events loads its page anew
   * @param initialAge how long a state that clients begin with is used
   * @param initialBytes the most memory that such states take
   */
  public record Log(
      int events,
      long bytes,
      Duration age,
      Map<String, TopicBounds> topics,
      List<String> retained,
      int retainTopics,
      long retainBytes,
      String store,
      Optional<Path> directory,
      Duration sync,
      boolean reloadAfterGap,
      Duration initialAge,
      long initialBytes) {

    static Log read(ConfigReader in, ConfigNames names) {
      long bytes = Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 8);
      Log log =
          new Log(
              in.integer(LOG_EVENTS),
              in.number("starcast.log.bytes", bytes),
              in.duration("starcast.log.age"),
              in.topics(names),
              in.retained(names),
              in.integer("starcast.log.retain-topics"),
              in.number("starcast.log.retain-bytes", bytes),
              in.oneOf(LOG_STORE),
              in.directory("starcast.log.directory"),
              in.duration("starcast.log.sync"),
              in.bool("starcast.gap.reload"),
              in.duration("starcast.initial.max-age"),
              in.number("starcast.initial.bytes"));
      if (log.store.equals("file") && log.directory.isEmpty()) {
        throw ConfigReader.bad(
            "starcast.log.directory", "must be given when starcast.log.store is file");
      }
      if (log.store.equals("file") && log.events == 0) {
        throw ConfigReader.bad(LOG_EVENTS, "must not be 0 when starcast.log.store is file");
      }
      if (!log.topics.isEmpty() && log.events == 0) {
        throw ConfigReader.bad(LOG_EVENTS, "must not be 0 when topics have a history of their own");
      }
      return log;
    }
  }

  /**
   * How many clients, and how much of each.
   *
   * @param connectsPerPrincipal in a minute; 0 is without end
   * @param connectsPerAddress likewise
   */
  public record Limits(
      int messageBytes,
      int clients,
      int clientsPerPrincipal,
      int clientsPerAddress,
      int connectsPerPrincipal,
      int connectsPerAddress,
      int patternsPerClient,
      int globsPerClient,
      int sendersPerClient,
      int topicCache) {

    static Limits read(ConfigReader in) {
      return new Limits(
          in.integer(MESSAGE_BYTES),
          in.integer("starcast.max-clients"),
          in.integer("starcast.max-clients-per-principal"),
          in.integer("starcast.max-clients-per-address"),
          in.integer("starcast.max-connects-per-principal"),
          in.integer("starcast.max-connects-per-address"),
          in.integer("starcast.max-patterns-per-client"),
          in.integer("starcast.max-globs-per-client"),
          in.integer("starcast.max-senders-per-client"),
          in.integer("starcast.topic-cache"));
    }
  }

  /**
   * How clients are written to.
   *
   * @param heartbeat zero is for none
   * @param maxConnectionAge zero is for never
   * @param type {@code auto} or {@code portable}
   */
  public record Writer(
      Duration heartbeat,
      Duration sendTimeout,
      Duration maxConnectionAge,
      Duration retry,
      int drainThreads,
      int batchBytes,
      Duration drainWindow,
      boolean gzip,
      int gzipLevel,
      int gzipMinBytes,
      int gzipHistories,
      String type) {

    static Writer read(ConfigReader in) {
      int half = Runtime.getRuntime().availableProcessors() / 2;
      return new Writer(
          in.duration("starcast.heartbeat"),
          in.duration("starcast.send-timeout"),
          in.duration("starcast.max-connection-age"),
          in.duration("starcast.retry"),
          (int) in.number("starcast.drain-threads", Math.min(8, Math.max(1, half))),
          in.integer("starcast.batch-bytes"),
          in.duration("starcast.drain-window"),
          in.bool("starcast.gzip"),
          in.integer("starcast.gzip.level"),
          in.integer("starcast.gzip.min-bytes"),
          in.integer("starcast.gzip.histories"),
          in.oneOf("starcast.writer"));
    }
  }

  /**
   * Which of the built-in endpoints are served.
   *
   * @param registryRole what callers of the registry, the monitor and the contract must have, or
   *     {@code *}
   */
  public record Endpoint(
      boolean stream,
      boolean publish,
      boolean monitor,
      boolean contract,
      boolean durableStreams,
      boolean registry,
      String registryRole) {

    static Endpoint read(ConfigReader in) {
      return new Endpoint(
          in.bool("starcast.endpoint.enabled"),
          in.bool("starcast.endpoint.publish.enabled"),
          in.bool("starcast.endpoint.monitor.enabled"),
          in.bool("starcast.endpoint.contract.enabled"),
          in.bool("starcast.endpoint.durable-streams.enabled"),
          in.bool("starcast.endpoint.registry.enabled"),
          in.text("starcast.endpoint.registry.role"));
    }
  }

  /** Who may do what. */
  public record Security(List<Rule> rules, boolean queryToken, List<String> origins) {

    static Security read(ConfigReader in, ConfigNames names) {
      return new Security(
          in.rules(names),
          in.bool("starcast.security.query-token"),
          in.origins("starcast.cors.origins"));
    }
  }

  /** Who is there. */
  public record Presence(
      boolean enabled, Duration grace, Duration away, int topicsPerClient, int messages) {

    static Presence read(ConfigReader in) {
      return new Presence(
          in.bool("starcast.presence.enabled"),
          in.duration("starcast.presence.grace"),
          in.duration("starcast.presence.away"),
          in.integer("starcast.presence.max-topics-per-client"),
          in.integer("starcast.presence.max-messages-per-minute"));
    }
  }

  /**
   * Named streams.
   *
   * @param max the most that go on, of those that this node runs
   * @param keep how long one is known that has ended
   * @param items the most items that are kept of one
   * @param bytes the most memory that they take
   * @param totalBytes the most memory that the items of all take
   */
  public record Streams(int max, Duration keep, int items, long bytes, long totalBytes) {

    static Streams read(ConfigReader in) {
      return new Streams(
          in.integer("starcast.streams.max"),
          in.duration("starcast.streams.keep"),
          in.integer("starcast.streams.items"),
          in.number("starcast.streams.bytes"),
          in.number(
              "starcast.streams.total-bytes",
              Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 8)));
    }
  }

  /**
   * The streams of the Durable Streams protocol.
   *
   * @param max how many there are at most
   * @param bytes the most memory that all of them take
   * @param pollTimeout how long a long poll waits
   */
  public record DurableStreams(int max, long bytes, Duration pollTimeout) {

    static DurableStreams read(ConfigReader in) {
      return new DurableStreams(
          in.integer("starcast.durable-streams.max"),
          in.number(
              "starcast.durable-streams.bytes",
              Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 8)),
          in.duration("starcast.durable-streams.poll-timeout"));
    }
  }

  /** The defaults. */
  public static StarcastConfig defaults() {
    return read(key -> Optional.empty(), List.of());
  }

  /**
   * Reads the configuration from a source of raw values.
   *
   * @param source gives the value of a key, of the active profile where that has one
   * @param written the names that there are, see {@link ConfigNames}
   * @throws IllegalArgumentException if a value is malformed or out of bounds, or a name looks like
   *     a rule and is none; the message begins with the key
   */
  public static StarcastConfig read(
      Function<String, Optional<String>> source, Iterable<String> written) {
    ConfigReader in = new ConfigReader(source);
    ConfigNames names = new ConfigNames(written, source);
    StarcastConfig config =
        new StarcastConfig(
            Queue.read(in),
            Log.read(in, names),
            Limits.read(in),
            Writer.read(in),
            Endpoint.read(in),
            Security.read(in, names),
            Presence.read(in),
            Streams.read(in),
            DurableStreams.read(in),
            BackplaneConfig.read(in),
            in.bool("starcast.tracing.deliver"));
    config.check();
    return config;
  }

  private void check() {
    if (endpoint.monitor && limits.messageBytes < MONITOR_MESSAGE_BYTES) {
      throw ConfigReader.bad(
          MESSAGE_BYTES,
          "must be %d to %s where starcast.endpoint.monitor.enabled is true, is %d"
              .formatted(
                  MONITOR_MESSAGE_BYTES,
                  ConfigKey.of(MESSAGE_BYTES).range()[1].replace(",", ""),
                  limits.messageBytes));
    }
    if (backplane.type().equals("nats") && log.events == 0) {
      throw ConfigReader.bad(LOG_EVENTS, "must not be 0 when starcast.backplane is nats");
    }
    if (backplane.deliveryThread() && log.store.equals("file")) {
      // the file's states are those of the history, which would be behind the file
      throw ConfigReader.bad(
          "starcast.backplane.local.delivery-thread",
          "must be false when starcast.log.store is file");
    }
    if (backplane.type().equals("nats") && log.store.equals("file")) {
      throw ConfigReader.bad(
          LOG_STORE, "must be memory when starcast.backplane is nats, whose stream is the store");
    }
  }

  /**
   * What is to be said of names that begin like Starcast's and are not known, one sentence each.
   *
   * @throws IllegalArgumentException as {@link #read}
   */
  public static List<String> unknown(
      Function<String, Optional<String>> source, Iterable<String> written) {
    return new ConfigNames(written, source).unknown();
  }
}
