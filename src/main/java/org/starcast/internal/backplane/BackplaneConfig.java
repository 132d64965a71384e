package org.starcast.internal.backplane;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How nodes are joined; part of {@link org.starcast.internal.config.StarcastConfig}.
 *
 * @param type {@code starcast.backplane}: {@code nats} for a stream of NATS JetStream that all
 *     nodes share, which needs {@code io.nats:jnats} in the application; default {@code local},
 *     which is this node alone
 * @param whenAway {@code starcast.backplane.when-away}: what becomes of what is published while the
 *     backplane cannot be reached: {@code buffer} to keep it within the bounds below, {@code fail}
 *     to refuse it at once; default {@code buffer}
 * @param bufferEvents {@code starcast.backplane.buffer-events}: the most events that are under way
 *     to the backplane; 1 to 1,000,000, default 10,000
 * @param bufferBytes {@code starcast.backplane.buffer-bytes}: the most bytes of them; 64 KiB to 1
 *     GiB, default 16 MiB
 * @param publishTimeout {@code starcast.backplane.publish-timeout}: what is not stored by then has
 *     failed; 1 s to 1 h, default 1 min
 * @param startTimeout {@code starcast.backplane.start-timeout}: how long the application's start
 *     waits for the backplane, before it goes on without and takes no clients until that is there;
 *     {@code PT0S} to 5 min, default 10 s
 * @param readiness {@code starcast.backplane.readiness}: whether the node is not ready while the
 *     backplane cannot be reached; default false, as it goes on to serve its clients
 * @param replayEvents {@code starcast.backplane.replay-events}: how far back from the latest event
 *     of all a client can resume, beyond what the node keeps itself; 0 to 1,000,000,000, default
 *     1,000,000
 * @param replayCacheBytes {@code starcast.backplane.replay-cache-bytes}: the most memory for events
 *     that were read for that, shared by all who resume; 64 KiB to 1 GiB, default 16 MiB
 * @param nats what the key prefix {@code starcast.backplane.nats.} says
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
    Nats nats) {

  /** Whether what is published while the backplane is away is refused at once. */
  public boolean failsWhenAway() {
    return whenAway.equals("fail");
  }

  /**
   * NATS. What the stream is like is asked for when it is made; of a stream that is there, a value
   * that is given and another than the stream's is an error.
   *
   * @param servers {@code starcast.backplane.nats.servers}: {@code nats://} or {@code tls://} URLs,
   *     separated by commas; default {@code nats://127.0.0.1:4222}
   * @param credentials {@code starcast.backplane.nats.credentials}: a file with a user JWT and its
   *     seed, as {@code nsc} writes it; default none
   * @param nkey {@code starcast.backplane.nats.nkey}: a file with the seed of an NKey; default none
   * @param username {@code starcast.backplane.nats.username}: default none
   * @param password {@code starcast.backplane.nats.password}: default none
   * @param trustStore {@code starcast.backplane.nats.trust-store}: a key store file with the
   *     authorities that the servers' certificates are to come from; default the JVM's
   * @param trustStorePassword {@code starcast.backplane.nats.trust-store-password}: default none
   * @param keyStore {@code starcast.backplane.nats.key-store}: a key store file with the client's
   *     certificate; default none
   * @param keyStorePassword {@code starcast.backplane.nats.key-store-password}: default none
   * @param stream {@code starcast.backplane.nats.stream}: the stream's name, 1 to 64 characters of
   *     {@code A-Z a-z 0-9 _ -}; default {@code STARCAST}
   * @param subjectPrefix {@code starcast.backplane.nats.subject-prefix}: what comes before the
   *     topic in a subject, 1 to 64 characters of {@code A-Z a-z 0-9 _ -} and dots between; default
   *     {@code starcast}
   * @param replicas {@code starcast.backplane.nats.replicas}: copies of the stream, 1 to 5; 1 for a
   *     new stream
   * @param storage {@code starcast.backplane.nats.storage}: {@code file} or {@code memory}; {@code
   *     file} for a new stream
   * @param maxAge {@code starcast.backplane.nats.max-age}: how long the stream keeps events, 1 min
   *     to 365 d; 1 h for a new stream
   * @param maxBytes {@code starcast.backplane.nats.max-bytes}: how many bytes the stream keeps, 1
   *     MiB to 1 PiB; 1 GiB for a new stream
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
      OptionalInt replicas,
      Optional<String> storage,
      Optional<Duration> maxAge,
      OptionalLong maxBytes) {

    /** Without the secrets, which may be in the URLs too. */
    @Override
    public String toString() {
      return "Nats[stream=" + stream + ", subjectPrefix=" + subjectPrefix + "]";
    }
  }
}
