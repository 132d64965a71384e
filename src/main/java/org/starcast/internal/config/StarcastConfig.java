package org.starcast.internal.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starcast.OverflowPolicy;
import org.starcast.internal.backplane.BackplaneConfig;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicName;

/**
 * The configuration in force: every key, its default and its bounds in one place. Read once, when
 * the application is deployed; a value out of bounds fails the deployment and names its key. Inject
 * it to see what is in force.
 *
 * <p>Durations are ISO 8601 ({@code PT15S}); sizes are bytes.
 *
 * @param queueMessages {@code starcast.queue.messages}: the most messages that wait for one client;
 *     1 to 1,000,000, default 1,024
 * @param queueBytes {@code starcast.queue.bytes}: the most bytes that wait for one client; 1 KiB to
 *     1 GiB, default 1 MiB
 * @param queueOverflow {@code starcast.queue.overflow}: what happens then; {@link OverflowPolicy},
 *     default {@code CATCH_UP}
 * @param totalBytes {@code starcast.queue.total-bytes}: the most bytes that wait for all clients
 *     together, a message that many wait for counted once; when it is reached, the clients that are
 *     furthest behind give up their queue for the log, or are closed where that is not their
 *     policy. 1 MiB to 1 TiB, default a quarter of the heap
 * @param messageBytes {@code starcast.message.max-bytes}: the largest message, encoded; 1 KiB, with
 *     the monitor 8 KiB, to 64 MiB, default 512 KiB
 * @param heartbeat {@code starcast.heartbeat}: a comment is sent after this much silence, or up to
 *     a sixteenth (at most 1 s) more, so that those of many clients go together; it finds out dead
 *     connections and keeps proxies from closing live ones; 100 ms to 1 h or {@code PT0S} for none,
 *     default 15 s
 * @param sendTimeout {@code starcast.send-timeout}: a client that takes nothing for so long while
 *     something waits is closed; 100 ms to 1 h, default 30 s
 * @param maxConnectionAge {@code starcast.max-connection-age}: a stream is ended after 80 to 100 %
 *     of this; 1 s to 30 d, default {@code PT0S} for never
 * @param retry {@code starcast.retry}: the reconnection delay told to clients when they connect;
 *     100 ms to 1 h, default 2 s
 * @param maxClients {@code starcast.max-clients}: the most clients; 1 to 10,000,000, default 10,000
 * @param maxClientsPerPrincipal {@code starcast.max-clients-per-principal}: of one authenticated
 *     user; 1 to 10,000,000, default 100
 * @param maxClientsPerAddress {@code starcast.max-clients-per-address}: of one remote address,
 *     which is a proxy's when there is one, or of one block of 64 bits of IPv6; 1 to 10,000,000,
 *     default 1,000
 * @param maxConnectsPerPrincipal {@code starcast.max-connects-per-principal}: how often one
 *     authenticated user may connect in a minute, evenly, and as often at once; 1 to 10,000,000 or
 *     0 for without end, default 600
 * @param maxConnectsPerAddress {@code starcast.max-connects-per-address}: how often one remote
 *     address may, which is a proxy's when there is one; default 0, as only the administrator knows
 *     how many are behind an address
 * @param maxPatternsPerClient {@code starcast.max-patterns-per-client}: patterns and mutes of one
 *     client; 1 to 10,000, default 100
 * @param maxGlobsPerClient {@code starcast.max-globs-per-client}: those among them with a {@code *}
 *     inside a segment, such as {@code room-*}, which cost the most; 0 to 10,000, default 32
 * @param maxSendersPerClient {@code starcast.max-senders-per-client}: senders that the patterns of
 *     one client name, once where several patterns name the same; 1 to 10,000, default 100
 * @param topicCache {@code starcast.topic-cache}: topics whose subscribers are remembered, as long
 *     as that takes no more than a 64th of the heap; 0 to 1,048,576, default 10,000
 * @param drainThreads {@code starcast.drain-threads}: threads that write to clients; 1 to 64,
 *     default half the processors, at least 1, at most 8
 * @param batchBytes {@code starcast.batch-bytes}: the most bytes of one write; 1 KiB to 4 MiB,
 *     default 64 KiB
 * @param drainWindow {@code starcast.drain-window}: over how long clients are sent away when the
 *     application stops; {@code PT0S} to 10 min, default 1 s
 * @param gzip {@code starcast.gzip}: whether clients that accept gzip get it; default true
 * @param gzipLevel {@code starcast.gzip.level}: 1 to 9, default 6
 * @param gzipMinBytes {@code starcast.gzip.min-bytes}: shorter messages are stored, not deflated; 0
 *     to 1 MiB, default 256
 * @param writer {@code starcast.writer}: {@code auto}, or {@code portable} to write through {@code
 *     SseEventSink.send} always; default {@code auto}
 * @param endpoint {@code starcast.endpoint.enabled}: whether {@code GET starcast/stream} is served;
 *     default false
 * @param endpointPublish {@code starcast.endpoint.publish.enabled}: whether {@code POST
 *     starcast/publish} is served; default false
 * @param endpointMonitor {@code starcast.endpoint.monitor.enabled}: whether {@code GET
 *     starcast/monitor} is served, for callers with the role below; default false
 * @param endpointRegistry {@code starcast.endpoint.registry.enabled}: whether {@code GET
 *     starcast/clients}, {@code DELETE starcast/clients/{id}} and {@code GET starcast/stats} are
 *     served; default false
 * @param endpointRegistryRole {@code starcast.endpoint.registry.role}: the role that a caller of
 *     these must have, 1 to 256 characters, or {@code *} for anybody, logged in or not; default
 *     {@code starcast-admin}
 * @param securityRules {@code starcast.security.rules."<pattern>".<action>=<roles>}: who may do
 *     what with the topics that match, see {@link Rule}; once there is one, the built-in endpoints
 *     refuse what none permits. Default none
 * @param securityQueryToken {@code starcast.security.query-token}: whether {@code GET
 *     starcast/stream} takes the query parameter {@code access_token}, for an authentication
 *     mechanism of the application's own to read; default false, as queries end up in logs
 * @param corsOrigins {@code starcast.cors.origins}: the origins, separated by commas, whose pages
 *     may use the built-in endpoints and what is {@link org.starcast.security.SameOrigin}, with
 *     credentials; each as browsers write it, {@code https://shop.example}; default none
 * @param logEvents {@code starcast.log.events}: the most events that are kept for clients that come
 *     back or fall behind; 16 to 10,000,000, default 10,000; 0 keeps none and leaves the {@code
 *     id:} line to the application
 * @param logBytes {@code starcast.log.bytes}: the most memory that they take; 64 KiB to 1 TiB,
 *     default 64 MiB or an eighth of the heap if that is less
 * @param logAge {@code starcast.log.age}: how long they are kept; 1 s to 30 d or {@code PT0S} for
 *     as long as there is room, default 10 min
 * @param logRetain {@code starcast.log.retain."<pattern>"=latest}: patterns of the topics whose
 *     latest event is kept beyond that, for new clients to get first; default none
 * @param logRetainTopics {@code starcast.log.retain-topics}: the most such topics, those published
 *     to longest ago are forgotten first; 1 to 1,000,000, default 10,000
 * @param logRetainBytes {@code starcast.log.retain-bytes}: the most memory that they take,
 *     likewise; 64 KiB to 1 TiB, default 64 MiB or an eighth of the heap if that is less
 * @param logStore {@code starcast.log.store}: {@code file} to keep the log on the local disk too,
 *     so that clients resume across a restart or a crash of the server; default {@code memory}
 * @param logDirectory {@code starcast.log.directory}: where {@code file} keeps it: a directory on a
 *     local disk, of this application alone, made if it is not there; a relative one is relative to
 *     the server's working directory. It takes somewhat more than {@code starcast.log.bytes} at
 *     most, and the latest events of the topics to retain. Never restore it from a backup: ids
 *     would be given out twice. Default none
 * @param logSync {@code starcast.log.sync}: what was written to the file is forced to the disk
 *     after this time at the latest, so that a power failure loses no more; a crash of the server
 *     alone loses what it had not written yet, commonly milliseconds. {@code PT0S} for after each
 *     write, to 1 min; default 500 ms
 * @param gapReload {@code starcast.gap.reload}: whether a client that missed events is told to load
 *     its page anew, by a Datastar script, unless its subscription says {@linkplain
 *     Subscription#onGap otherwise}; default false
 * @param tracingDeliver {@code starcast.tracing.deliver}: whether each write of events to a client
 *     is a span, linked to those of their publications, where OpenTelemetry is there; default false
 * @param presence {@code starcast.presence.enabled}: whether joins and leaves are published on
 *     {@code starcast.presence.<topic>}, nodes that share the backplane tell each other who is
 *     there, and clients without a user get a token to come back with, see {@link
 *     org.starcast.presence.Presence}; default false
 * @param presenceGrace {@code starcast.presence.grace}: how long a user may be without a client
 *     before that is a leave; {@code PT0S} to 5 min, default 5 s
 * @param presenceTopics {@code starcast.presence.max-topics-per-client}: the most topics that a
 *     client may subscribe to as it connects, those of the library's own aside, where presence is
 *     on; 1 to 10,000, default 16
 * @param presenceMessages {@code starcast.presence.max-messages-per-minute}: the most joins and
 *     leaves that are published in a minute, and at once, where this is the only node; 1 to 10
 *     million, default 1,000
 * @param backplane what makes several nodes one, {@code starcast.backplane} and the keys that begin
 *     with it
 */
public record StarcastConfig(
    int queueMessages,
    long queueBytes,
    OverflowPolicy queueOverflow,
    long totalBytes,
    int messageBytes,
    Duration heartbeat,
    Duration sendTimeout,
    Duration maxConnectionAge,
    Duration retry,
    int maxClients,
    int maxClientsPerPrincipal,
    int maxClientsPerAddress,
    int maxConnectsPerPrincipal,
    int maxConnectsPerAddress,
    int maxPatternsPerClient,
    int maxGlobsPerClient,
    int maxSendersPerClient,
    int topicCache,
    int drainThreads,
    int batchBytes,
    Duration drainWindow,
    boolean gzip,
    int gzipLevel,
    int gzipMinBytes,
    String writer,
    boolean endpoint,
    boolean endpointPublish,
    boolean endpointMonitor,
    boolean endpointRegistry,
    String endpointRegistryRole,
    List<Rule> securityRules,
    boolean securityQueryToken,
    List<String> corsOrigins,
    int logEvents,
    long logBytes,
    Duration logAge,
    List<String> logRetain,
    int logRetainTopics,
    long logRetainBytes,
    String logStore,
    Optional<Path> logDirectory,
    Duration logSync,
    boolean gapReload,
    boolean tracingDeliver,
    boolean presence,
    Duration presenceGrace,
    int presenceTopics,
    int presenceMessages,
    BackplaneConfig backplane) {

  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  /** Without any client, the monitor's figures take a third of it. */
  private static final int MONITOR_MESSAGE_BYTES = 8 << 10;

  private static final Pattern ORIGIN =
      Pattern.compile("https?://([a-z0-9.-]+|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?");
  private static final Pattern STREAM = Pattern.compile("[A-Za-z0-9_-]+");
  private static final Pattern SUBJECT = Pattern.compile(STREAM + "(\\." + STREAM + ")*");
  private static final Pattern RETAIN =
      Pattern.compile(Pattern.quote(ConfigNames.RETAIN) + "(\"?)(.*)\\1", Pattern.DOTALL);

  /** The keys without a variable part, in a class of their own as reading needs them. */
  private static final class Keys {
    static final Set<String> FIXED = new TreeSet<>();

    static {
      read(
          key -> {
            FIXED.add(key);
            return Optional.empty();
          },
          List.of());
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
    Reader in = new Reader(source);
    ConfigNames names = names(source, written);
    long heap = Runtime.getRuntime().maxMemory();
    int processors = Runtime.getRuntime().availableProcessors();
    boolean monitor = in.bool("starcast.endpoint.monitor.enabled", false);
    return new StarcastConfig(
        (int) in.number("starcast.queue.messages", 1024, 1, 1_000_000),
        in.number("starcast.queue.bytes", 1 << 20, 1024, 1 << 30),
        in.choice("starcast.queue.overflow", OverflowPolicy.CATCH_UP),
        in.number("starcast.queue.total-bytes", Math.max(1 << 20, heap / 4), 1 << 20, 1L << 40),
        in.messageBytes(monitor),
        in.optionalDuration("starcast.heartbeat", "PT15S", "PT0.1S", "PT1H"),
        in.duration("starcast.send-timeout", "PT30S", "PT0.1S", "PT1H"),
        in.optionalDuration("starcast.max-connection-age", "PT0S", "PT1S", "P30D"),
        in.duration("starcast.retry", "PT2S", "PT0.1S", "PT1H"),
        (int) in.number("starcast.max-clients", 10_000, 1, 10_000_000),
        (int) in.number("starcast.max-clients-per-principal", 100, 1, 10_000_000),
        (int) in.number("starcast.max-clients-per-address", 1_000, 1, 10_000_000),
        (int) in.number("starcast.max-connects-per-principal", 600, 0, 10_000_000),
        (int) in.number("starcast.max-connects-per-address", 0, 0, 10_000_000),
        (int) in.number("starcast.max-patterns-per-client", 100, 1, 10_000),
        (int) in.number("starcast.max-globs-per-client", 32, 0, 10_000),
        (int) in.number("starcast.max-senders-per-client", 100, 1, 10_000),
        (int) in.number("starcast.topic-cache", 10_000, 0, 1 << 20),
        (int) in.number("starcast.drain-threads", Math.min(8, Math.max(1, processors / 2)), 1, 64),
        (int) in.number("starcast.batch-bytes", 64 << 10, 1024, 4 << 20),
        in.optionalDuration("starcast.drain-window", "PT1S", "PT0S", "PT10M"),
        in.bool("starcast.gzip", true),
        (int) in.number("starcast.gzip.level", 6, 1, 9),
        (int) in.number("starcast.gzip.min-bytes", 256, 0, 1 << 20),
        in.oneOf("starcast.writer", "auto", "portable"),
        in.bool("starcast.endpoint.enabled", false),
        in.bool("starcast.endpoint.publish.enabled", false),
        monitor,
        in.bool("starcast.endpoint.registry.enabled", false),
        in.text("starcast.endpoint.registry.role", "starcast-admin"),
        in.rules(names.rules()),
        in.bool("starcast.security.query-token", false),
        in.origins("starcast.cors.origins"),
        in.optionalCount("starcast.log.events", 10_000, 16, 10_000_000),
        in.number("starcast.log.bytes", Math.min(64 << 20, heap / 8), 64 << 10, 1L << 40),
        in.optionalDuration("starcast.log.age", "PT10M", "PT1S", "P30D"),
        in.retained(names.retained()),
        (int) in.number("starcast.log.retain-topics", 10_000, 1, 1_000_000),
        in.number("starcast.log.retain-bytes", Math.min(64 << 20, heap / 8), 64 << 10, 1L << 40),
        in.oneOf("starcast.log.store", "memory", "file"),
        in.directory(),
        in.duration("starcast.log.sync", "PT0.5S", "PT0S", "PT1M"),
        in.bool("starcast.gap.reload", false),
        in.bool("starcast.tracing.deliver", false),
        in.bool("starcast.presence.enabled", false),
        in.duration("starcast.presence.grace", "PT5S", "PT0S", "PT5M"),
        (int) in.number("starcast.presence.max-topics-per-client", 16, 1, 10_000),
        (int) in.number("starcast.presence.max-messages-per-minute", 1_000, 1, 10_000_000),
        in.backplane());
  }

  /**
   * What is to be said of names that begin like Starcast's and are not known, one sentence each.
   *
   * @throws IllegalArgumentException as {@link #read}
   */
  public static List<String> unknown(
      Function<String, Optional<String>> source, Iterable<String> written) {
    return names(source, written).unknown();
  }

  private static ConfigNames names(
      Function<String, Optional<String>> source, Iterable<String> written) {
    boolean none = !written.iterator().hasNext();
    return new ConfigNames(written, source, none ? Set.of() : Keys.FIXED);
  }

  private record Reader(Function<String, Optional<String>> source) {

    long number(String key, long fallback, long min, long max) {
      Optional<String> text = source.apply(key);
      if (text.isEmpty()) {
        return fallback;
      }
      long value;
      try {
        value = Long.parseLong(text.get().trim());
      } catch (NumberFormatException e) {
        throw bad(key, "must be a whole number, is " + quote(text.get()));
      }
      if (value < min || value > max) {
        throw bad(key, "must be " + min + " to " + max + ", is " + value);
      }
      return value;
    }

    /** As {@link #number}; the monitor's figures must fit. */
    int messageBytes(boolean monitor) {
      String key = "starcast.message.max-bytes";
      int bytes = (int) number(key, 512 << 10, 1024, MAX_MESSAGE_BYTES);
      if (monitor && bytes < MONITOR_MESSAGE_BYTES) {
        throw bad(
            key,
            ("must be %d to %d where starcast.endpoint.monitor.enabled is true, is %d")
                .formatted(MONITOR_MESSAGE_BYTES, MAX_MESSAGE_BYTES, bytes));
      }
      return bytes;
    }

    /** As {@link #number}, where zero means none. */
    int optionalCount(String key, int fallback, int min, int max) {
      boolean none = source.apply(key).orElse("").trim().equals("0");
      return none ? 0 : (int) number(key, fallback, min, max);
    }

    /** The patterns in {@code starcast.log.retain."<pattern>"}, with or without the quotes. */
    List<String> retained(List<ConfigNames.Variable> keys) {
      List<String> patterns = new ArrayList<>();
      for (ConfigNames.Variable key : keys) {
        oneOf(key.name(), "latest", "latest");
        String pattern = checked(key, () -> retained(key.key()));
        if (key.inForce()) {
          patterns.add(pattern);
        }
      }
      return List.copyOf(patterns);
    }

    private static String retained(String key) {
      Matcher parts = RETAIN.matcher(key);
      if (!parts.matches()) {
        throw new IllegalArgumentException("must be " + ConfigNames.RETAIN + "\"<pattern>\"");
      }
      return CompiledPattern.of(parts.group(2)).toString();
    }

    /** What {@code starcast.security.rules."<pattern>".<action>} says. */
    List<Rule> rules(List<ConfigNames.Variable> keys) {
      List<Rule> rules = new ArrayList<>();
      for (ConfigNames.Variable key : keys) {
        String roles = source.apply(key.name()).orElse("");
        Rule rule = checked(key, () -> Rule.parse(key.key(), roles));
        if (key.inForce()) {
          rules.add(rule);
        }
      }
      return List.copyOf(rules);
    }

    private static <T> T checked(ConfigNames.Variable key, Supplier<T> parsed) {
      try {
        return parsed.get();
      } catch (IllegalArgumentException e) {
        throw bad(key.name(), e.getMessage());
      }
    }

    /** Origins as browsers write them (RFC 6454, section 6.2). */
    List<String> origins(String key) {
      List<String> origins = new ArrayList<>();
      String text = source.apply(key).orElse("").trim();
      for (String origin : text.isEmpty() ? new String[0] : text.split(",", -1)) {
        String trimmed = origin.trim();
        if (!ORIGIN.matcher(trimmed).matches()
            || trimmed.startsWith("http:") && trimmed.endsWith(":80")
            || trimmed.startsWith("https:") && trimmed.endsWith(":443")) {
          throw bad(
              key,
              "must be origins such as https://shop.example, in lower case, without a path and the"
                  + " default port, separated by commas; has "
                  + quote(trimmed));
        }
        origins.add(trimmed);
      }
      return List.copyOf(origins);
    }

    /** The directory of the file store, which needs one, and something to keep. */
    Optional<Path> directory() {
      String key = "starcast.log.directory";
      Optional<String> text = source.apply(key).map(String::trim).filter(name -> !name.isEmpty());
      if (source.apply("starcast.log.store").orElse("").trim().equals("file")) {
        if (text.isEmpty()) {
          throw bad(key, "must be given when starcast.log.store is file");
        }
        if (source.apply("starcast.log.events").orElse("").trim().equals("0")) {
          throw bad("starcast.log.events", "must not be 0 when starcast.log.store is file");
        }
      }
      try {
        return text.map(Path::of);
      } catch (InvalidPathException e) {
        throw bad(key, "must be the name of a directory, is " + quote(text.get()));
      }
    }

    BackplaneConfig backplane() {
      String key = "starcast.backplane";
      String type = oneOf(key, "local", "nats");
      if (type.equals("nats")) {
        if (source.apply("starcast.log.events").orElse("").trim().equals("0")) {
          throw bad("starcast.log.events", "must not be 0 when starcast.backplane is nats");
        }
        if (source.apply("starcast.log.store").orElse("").trim().equals("file")) {
          throw bad(
              "starcast.log.store",
              "must be memory when starcast.backplane is nats, whose stream is the store");
        }
      }
      return new BackplaneConfig(
          type,
          oneOf("starcast.backplane.when-away", "buffer", "fail"),
          (int) number("starcast.backplane.buffer-events", 10_000, 1, 1_000_000),
          number("starcast.backplane.buffer-bytes", 16 << 20, 64 << 10, 1 << 30),
          duration("starcast.backplane.publish-timeout", "PT1M", "PT1S", "PT1H"),
          optionalDuration("starcast.backplane.start-timeout", "PT10S", "PT0S", "PT5M"),
          bool("starcast.backplane.readiness", false),
          number("starcast.backplane.replay-events", 1_000_000, 0, 1_000_000_000),
          number(
              "starcast.backplane.replay-cache-bytes",
              Math.min(16 << 20, Runtime.getRuntime().maxMemory() / 16),
              64 << 10,
              1 << 30),
          nats("starcast.backplane.nats."));
    }

    private BackplaneConfig.Nats nats(String prefix) {
      Optional<String> replicas = optional(prefix + "replicas");
      Optional<String> maxBytes = optional(prefix + "max-bytes");
      return new BackplaneConfig.Nats(
          servers(prefix + "servers"),
          file(prefix + "credentials"),
          file(prefix + "nkey"),
          optional(prefix + "username"),
          optional(prefix + "password"),
          file(prefix + "trust-store"),
          optional(prefix + "trust-store-password"),
          file(prefix + "key-store"),
          optional(prefix + "key-store-password"),
          name(prefix + "stream", "STARCAST", STREAM, "A-Z a-z 0-9 _ -"),
          name(
              prefix + "subject-prefix",
              "starcast",
              SUBJECT,
              "A-Z a-z 0-9 _ - with single dots between"),
          replicas.isEmpty()
              ? OptionalInt.empty()
              : OptionalInt.of((int) number(prefix + "replicas", 1, 1, 5)),
          optional(prefix + "storage").map(given -> oneOf(prefix + "storage", "file", "memory")),
          optional(prefix + "max-age")
              .map(given -> duration(prefix + "max-age", given, "PT1M", "P365D")),
          maxBytes.isEmpty()
              ? OptionalLong.empty()
              : OptionalLong.of(number(prefix + "max-bytes", 1 << 30, 1 << 20, 1L << 50)));
    }

    /** A value that is neither missing nor empty, which MicroProfile Config takes for the same. */
    private Optional<String> optional(String key) {
      return source.apply(key).map(String::trim).filter(text -> !text.isEmpty());
    }

    private List<URI> servers(String key) {
      List<URI> servers = new ArrayList<>();
      for (String text : source.apply(key).orElse("nats://127.0.0.1:4222").split(",", -1)) {
        URI uri;
        try {
          uri = new URI(text.trim());
        } catch (URISyntaxException e) {
          // without the text, which may have a password
          throw bad(
              key, "must be URLs separated by commas, number " + (servers.size() + 1) + " is none");
        }
        boolean known = "nats".equals(uri.getScheme()) || "tls".equals(uri.getScheme());
        if (!known || uri.getHost() == null) {
          throw bad(
              key,
              "must be URLs such as nats://broker.example:4222 or tls://broker.example:4222,"
                  + " separated by commas; number "
                  + (servers.size() + 1)
                  + " is another");
        }
        servers.add(uri);
      }
      return List.copyOf(servers);
    }

    private Optional<Path> file(String key) {
      try {
        Optional<Path> file = optional(key).map(Path::of);
        if (file.isPresent() && !Files.isReadable(file.get())) {
          throw bad(key, "must be a file that can be read, is " + quote(file.get().toString()));
        }
        return file;
      } catch (InvalidPathException e) {
        throw bad(key, "must be the name of a file, is " + quote(e.getInput()));
      }
    }

    private String name(String key, String fallback, Pattern form, String characters) {
      String name = source.apply(key).orElse(fallback).trim();
      if (!form.matcher(name).matches() || name.length() > 64) {
        throw bad(key, "must be 1 to 64 characters of " + characters + ", is " + quote(name));
      }
      return name;
    }

    Duration duration(String key, String fallback, String min, String max) {
      String text = source.apply(key).orElse(fallback).trim();
      Duration value;
      try {
        value = Duration.parse(text);
      } catch (DateTimeParseException e) {
        throw bad(key, "must be an ISO 8601 duration such as PT15S, is " + quote(text));
      }
      if (value.compareTo(Duration.parse(min)) < 0 || value.compareTo(Duration.parse(max)) > 0) {
        throw bad(key, "must be " + min + " to " + max + ", is " + value);
      }
      return value;
    }

    /** As {@link #duration}, where zero means never. */
    Duration optionalDuration(String key, String fallback, String min, String max) {
      String text = source.apply(key).orElse(fallback).trim();
      try {
        if (Duration.parse(text).isZero()) {
          return Duration.ZERO;
        }
      } catch (DateTimeParseException e) {
        // duration() says what is wrong
      }
      return duration(key, fallback, min, max);
    }

    /** What MicroProfile Config's converter takes for true; and its opposites. */
    boolean bool(String key, boolean fallback) {
      String text = source.apply(key).orElse(Boolean.toString(fallback)).trim();
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true", "yes", "y", "on", "1" -> true;
        case "false", "no", "n", "off", "0" -> false;
        default -> throw bad(key, "must be true or false, is " + quote(text));
      };
    }

    String text(String key, String fallback) {
      String text = source.apply(key).orElse(fallback).trim();
      try {
        return TopicName.checkText(key, text);
      } catch (IllegalArgumentException e) {
        throw bad(key, "must be 1 to 256 characters without control characters");
      }
    }

    String oneOf(String key, String fallback, String other) {
      String text = source.apply(key).orElse(fallback).trim();
      if (!text.equals(fallback) && !text.equals(other)) {
        String allowed = fallback.equals(other) ? fallback : fallback + " or " + other;
        throw bad(key, "must be " + allowed + ", is " + quote(text));
      }
      return text;
    }

    OverflowPolicy choice(String key, OverflowPolicy fallback) {
      String text = source.apply(key).orElse(fallback.name());
      try {
        return OverflowPolicy.valueOf(text.trim().replace('-', '_').toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw bad(key, "must be CATCH_UP, DISCONNECT, DROP_OLDEST or COALESCE, is " + quote(text));
      }
    }

    private static String quote(String text) {
      String shown = text.length() > 40 ? text.substring(0, 40) + "..." : text;
      return "'" + shown.replaceAll("\\p{Cntrl}", "?") + "'";
    }

    private static IllegalArgumentException bad(String key, String problem) {
      return new IllegalArgumentException(key + ": " + problem);
    }
  }
}
