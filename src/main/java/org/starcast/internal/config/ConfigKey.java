package org.starcast.internal.config;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A key of the configuration. {@link #all} is the one table of keys, as the documentation has it:
 * defaults and bounds are read from its words, names are checked against it, and a test holds it
 * against the README.
 *
 * @param name the key; parts in angle brackets are the administrator's
 * @param standard the default, in backticks, or {@code none}, or in words where it depends on the
 *     machine
 * @param bounds one of: {@code 1 to 10}, {@code `0` (none), or 16 to 1,000}, {@code `PT1S` to
 *     `PT1H`}, {@code `one`, `other`}, words
 * @param text what it is for
 */
record ConfigKey(String name, String standard, String bounds, String text) {

  private static final String TABLE =
      """
      | `starcast.queue.messages` | `1024` | 1 to 1,000,000 | the most messages that wait for one client |
      | `starcast.queue.bytes` | `1048576` | 1,024 to 1,073,741,824 | the most bytes that wait for one client; one message always fits |
      | `starcast.queue.overflow` | `CATCH_UP` | `CATCH_UP`, `DISCONNECT`, `DROP_OLDEST`, `COALESCE` | what happens then |
      | `starcast.queue.total-bytes` | a quarter of the heap, at least `1048576` | 1,048,576 to 1,099,511,627,776 | the most bytes that are held for all clients, in queues, waiting for room, and in the server's buffers; a message that many wait for is counted once |
      | `starcast.log.events` | `10000` | `0` (none), or 16 to 10,000,000 | the most events that are kept for clients that come back or fall behind |
      | `starcast.log.bytes` | `67108864`, or an eighth of the heap if that is less | 65,536 to 1,099,511,627,776 | the most memory that they take |
      | `starcast.log.age` | `PT10M` | `PT0S` (while there is room), or `PT1S` to `P30D` | how long they are kept |
      | `starcast.log.retain."<pattern>"` | none | `latest` | topics whose latest event is kept beyond that |
      | `starcast.log.retain-topics` | `10000` | 1 to 1,000,000 | the most such topics; those published to longest ago are forgotten first |
      | `starcast.log.retain-bytes` | `67108864`, or an eighth of the heap if that is less | 65,536 to 1,099,511,627,776 | the most memory that these events take, likewise |
      | `starcast.log.store` | `memory` | `memory`, `file` | `file`: clients resume [across a restart](#across-a-restart), too |
      | `starcast.log.directory` | none | needed with `file` | a directory on a local disk, of this application alone, made if it is not there; it takes somewhat more than `starcast.log.bytes` |
      | `starcast.log.sync` | `PT0.5S` | `PT0S` (after each write) to `PT1M` | what was written is forced to the disk after this time at the latest |
      | `starcast.gap.reload` | `false` | `true`, `false` | whether Datastar pages that missed events are told to load anew, unless `Subscription.onGap` says otherwise |
      | `starcast.message.max-bytes` | `524288` | 1,024 to 67,108,864 | the largest message, encoded; with the monitor 8,192 at least |
      | `starcast.max-clients` | `10000` | 1 to 10,000,000 | the most clients |
      | `starcast.max-clients-per-principal` | `100` | 1 to 10,000,000 | of one authenticated user |
      | `starcast.max-clients-per-address` | `1000` | 1 to 10,000,000 | of one remote address, which is the proxy's when there is one; of IPv6, of one /64 |
      | `starcast.max-connects-per-principal` | `600` | `0` (without end) to 10,000,000 | how often one authenticated user may connect in a minute, and as often at once |
      | `starcast.max-connects-per-address` | `0` | `0` (without end) to 10,000,000 | how often one remote address may, counted likewise |
      | `starcast.max-patterns-per-client` | `100` | 1 to 10,000 | patterns and mutes of one client |
      | `starcast.max-globs-per-client` | `32` | 0 to 10,000 | those among them with a `*` inside a segment, such as `room-*` |
      | `starcast.max-senders-per-client` | `100` | 1 to 10,000 | senders that its patterns name; once where several patterns name the same |
      | `starcast.topic-cache` | `10000` | 0 to 1,048,576 | topics whose subscribers are cached, as long as that takes no more than a 64th of the heap |
      | `starcast.heartbeat` | `PT15S` | `PT0S` (none), or `PT0.1S` to `PT1H` | a comment is sent after this much silence, or up to a sixteenth (at most 1 s) more |
      | `starcast.send-timeout` | `PT30S` | `PT0.1S` to `PT1H` | a client that takes nothing for so long while something waits is closed; one that takes a little is looked at again after as long |
      | `starcast.max-connection-age` | `PT0S` | `PT0S` (never), or `PT1S` to `P30D` | a stream is ended after 80 to 100 % of this |
      | `starcast.retry` | `PT2S` | `PT0.1S` to `PT1H` | the reconnection delay that clients are told when they connect |
      | `starcast.drain-threads` | half the processors, 1 to 8 | 1 to 64 | threads that write to clients |
      | `starcast.batch-bytes` | `65536` | 1,024 to 4,194,304 | the most bytes of one write (a larger message is a write of its own) |
      | `starcast.drain-window` | `PT1S` | `PT0S` to `PT10M` | over how long clients are sent away when the application stops |
      | `starcast.gzip` | `true` | `true`, `false` | whether clients that accept gzip get it |
      | `starcast.gzip.level` | `6` | 1 to 9 | the compression level |
      | `starcast.gzip.min-bytes` | `256` | 0 to 1,048,576 | shorter messages are not compressed |
      | `starcast.writer` | `auto` | `auto`, `portable` | `portable`: always by `SseEventSink.send` |
      | `starcast.endpoint.enabled` | `false` | `true`, `false` | whether `GET starcast/stream` is served |
      | `starcast.endpoint.publish.enabled` | `false` | `true`, `false` | whether `POST starcast/publish` is served |
      | `starcast.endpoint.monitor.enabled` | `false` | `true`, `false` | whether the [monitor](#the-monitor), `GET starcast/monitor`, is served |
      | `starcast.endpoint.registry.enabled` | `false` | `true`, `false` | whether `GET starcast/clients`, `DELETE starcast/clients/{id}` and `GET starcast/stats` are served |
      | `starcast.endpoint.registry.role` | `starcast-admin` | 1 to 256 characters | the role that their callers, and those of the monitor, must have; `*` for anybody |
      | `starcast.tracing.deliver` | `false` | `true`, `false` | whether each write of events is a span, where OpenTelemetry is there |
      | `starcast.security.rules."<pattern>".<action>` | none | roles, separated by commas; action: `subscribe`, `publish`, `presence`, `administer` | [who may do what](#who-may-hear-what) with the topics that match |
      | `starcast.security.query-token` | `false` | `true`, `false` | whether `GET starcast/stream` takes a token in its query, for an authentication mechanism of the application's own |
      | `starcast.cors.origins` | none | origins such as `https://shop.example`, separated by commas | whose pages may use the built-in endpoints and what is `@SameOrigin`, with credentials |
      | `starcast.presence.enabled` | `false` | `true`, `false` | whether joins and leaves are published, nodes tell each other who is there, and anonymous clients get a token |
      | `starcast.presence.grace` | `PT5S` | `PT0S` to `PT5M` | how long a user may be without a client before that is a leave |
      | `starcast.presence.max-topics-per-client` | `16` | 1 to 10,000 | with presence on, the most topics that a client may subscribe to as it connects, those that begin with `starcast.` aside: more is refused with 400, an `IllegalArgumentException` from `register` |
      | `starcast.presence.max-messages-per-minute` | `1000` | 1 to 10,000,000 | the most joins and leaves that one node alone publishes in a minute, and at once; see [who is there](#who-is-there) |
      | `starcast.backplane` | `local` | `local`, `nats` | `nats`: [more than one node](#more-than-one-node), by a stream of NATS JetStream |
      | `starcast.backplane.when-away` | `buffer` | `buffer`, `fail` | what becomes of what is published while the broker cannot be reached: it waits within the bounds below, or is refused at once |
      | `starcast.backplane.buffer-events` | `10000` | 1 to 1,000,000 | the most events that are under way to the broker; what is published beyond is refused |
      | `starcast.backplane.buffer-bytes` | `16777216` | 65,536 to 1,073,741,824 | the most bytes of them |
      | `starcast.backplane.publish-timeout` | `PT1M` | `PT1S` to `PT1H` | what is not stored by then has failed |
      | `starcast.backplane.start-timeout` | `PT10S` | `PT0S` to `PT5M` | how long the application's start waits for the broker, before it goes on without, and takes no clients until that is there |
      | `starcast.backplane.readiness` | `false` | `true`, `false` | whether the node is not ready while the broker cannot be reached |
      | `starcast.backplane.replay-events` | `1000000` | 0 to 1,000,000,000 | how far back from the latest event a client can resume from the stream, beyond what the node keeps itself |
      | `starcast.backplane.replay-cache-bytes` | `16777216`, or a 16th of the heap if that is less | 65,536 to 1,073,741,824 | the most memory for events that were read for that |
      | `starcast.backplane.nats.servers` | `nats://127.0.0.1:4222` | URLs that begin with `nats://` or `tls://`, separated by commas | the brokers |
      | `starcast.backplane.nats.credentials` | none | a file | a user's JWT and seed, as `nsc` writes them; read again for each connection. What the broker refuses is told in the log (`STARCAST-3008`) and tried again |
      | `starcast.backplane.nats.nkey` | none | a file | the seed of an NKey |
      | `starcast.backplane.nats.username` | none | text | the user's name |
      | `starcast.backplane.nats.password` | none | text | its password |
      | `starcast.backplane.nats.trust-store` | none | a key store file | whom the brokers' certificates must come from, if not those that the JVM trusts |
      | `starcast.backplane.nats.trust-store-password` | none | text | its password |
      | `starcast.backplane.nats.key-store` | none | a key store file | the certificate to show to the brokers |
      | `starcast.backplane.nats.key-store-password` | none | text | its password |
      | `starcast.backplane.nats.stream` | `STARCAST` | 1 to 64 characters of `A-Z a-z 0-9 _ -` | the stream's name |
      | `starcast.backplane.nats.subject-prefix` | `starcast` | 1 to 64 characters of `A-Z a-z 0-9 _ -`, single dots between | what comes before the topic in a subject |
      | `starcast.backplane.nats.replicas` | none | 1 to 5 | copies of the stream; 1 for a new one. Of this and the next three, what is given must be what a stream has that is there |
      | `starcast.backplane.nats.storage` | none | `file`, `memory` | where the brokers keep it; `file` for a new stream |
      | `starcast.backplane.nats.max-age` | none | `PT1M` to `P365D` | how long it keeps events; 1 hour for a new stream |
      | `starcast.backplane.nats.max-bytes` | none | 1,048,576 to 1,125,899,906,842,624 | how many bytes it keeps; 1 GiB for a new stream |
      """;

  private static final Map<String, ConfigKey> ALL = new LinkedHashMap<>();
  private static final Pattern CODE = Pattern.compile("`([^`]*)`");

  static {
    for (String line : TABLE.strip().split("\n")) {
      String[] cells = line.split(" ?\\| ?");
      ConfigKey key = new ConfigKey(cells[1].replace("`", ""), cells[2], cells[3], cells[4]);
      ALL.put(key.name, key);
    }
  }

  /** All keys, in the order of the documentation. */
  static Collection<ConfigKey> all() {
    return ALL.values();
  }

  /** The names without a part that is the administrator's. */
  static List<String> fixed() {
    return ALL.keySet().stream().filter(name -> !name.contains("<")).toList();
  }

  static ConfigKey of(String name) {
    ConfigKey key = ALL.get(name);
    if (key == null) {
      throw new IllegalStateException(name + ": not in the table of keys");
    }
    return key;
  }

  /** The default as a value. */
  String standardValue() {
    return standard.replace("`", "");
  }

  /** The least and the most. */
  String[] range() {
    String plain = plainBounds();
    return plain
        .substring(plain.indexOf(", or ") < 0 ? 0 : plain.indexOf(", or ") + 5)
        .split(" to ");
  }

  /** Whether zero is allowed besides. */
  boolean isZeroAllowed() {
    return plainBounds().contains(", or ");
  }

  private String plainBounds() {
    return bounds.replace("`", "").replaceAll(" \\([^)]*\\)", "");
  }

  /** The values in backticks. */
  List<String> choices() {
    return CODE.matcher(bounds).results().map(found -> found.group(1)).toList();
  }
}
