package org.starcast.internal.backplane;

import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.RetentionPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;
import java.lang.System.Logger;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starcast.internal.config.BackplaneConfig;
import org.starcast.internal.logging.LogMessage;

/**
 * The stream that the nodes share: made where it is missing, checked where it is there. Its methods
 * wait for the broker.
 */
public final class NatsStream {

  private static final Logger LOG = System.getLogger(NatsStream.class.getName());

  private static final Pattern GENERATION = Pattern.compile("\\[starcast generation (\\d{1,5})\\]");

  private static final Duration WINDOW = Duration.ofMinutes(2);

  /** A window below this would not last for one reconnection. */
  public static final Duration MIN_WINDOW = Duration.ofSeconds(30);

  private static final Duration DEFAULT_MAX_AGE = Duration.ofHours(1);
  private static final long DEFAULT_MAX_BYTES = 1 << 30;

  // of the broker
  private static final int NOT_FOUND = 10_059;
  private static final int NAME_IN_USE = 10_058;
  private static final int SUBJECTS_OVERLAP = 10_065;

  private static final int LOOKS = 100;
  private static final long LOOK_MILLIS = 20;

  private static final String KEY = "starcast.backplane.nats.";

  private final BackplaneConfig.Nats config;
  private final List<String> subjects;

  NatsStream(BackplaneConfig.Nats config, List<String> subjects) {
    this.config = config;
    this.subjects = subjects;
  }

  /**
   * How the stream is.
   *
   * @param created nanoseconds since 1970, in base 36: 12 digits until 2120
   * @param generation how often it was found to have lost its latest events
   * @param first the sequence of the oldest message, or of the next one if there is none
   * @param last the sequence of the latest message that was ever stored
   * @param messages how many there are
   */
  record StreamState(
      String created,
      int generation,
      long first,
      long last,
      long messages,
      Duration window,
      StreamConfiguration configuration) {

    boolean isSameOrder(StreamState other) {
      return created.equals(other.created) && generation == other.generation;
    }
  }

  /**
   * The stream, made if it is missing.
   *
   * @throws IllegalArgumentException if it is other than it has to be; the message begins with the
   *     key
   */
  StreamState open(JetStreamManagement broker)
      throws IOException, JetStreamApiException, InterruptedException {
    StreamInfo info = find(broker);
    if (info == null) {
      info = make(broker);
    }
    for (int tries = 0; info.getCreateTime().toEpochSecond() <= 0; tries++) {
      // another node is making it: nats-server before 2.9.15 tells of it before it has a time
      if (tries == LOOKS) {
        throw new IOException("the stream " + config.stream() + " has no time of creation");
      }
      Thread.sleep(LOOK_MILLIS);
      info = broker.getStreamInfo(config.stream());
    }
    check(info.getConfiguration());
    return state(info);
  }

  /** The stream; null if there is none. */
  private StreamInfo find(JetStreamManagement broker) throws IOException, JetStreamApiException {
    try {
      return broker.getStreamInfo(config.stream());
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() == NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  /** The stream as it is now. */
  StreamState look(JetStreamManagement broker) throws IOException, JetStreamApiException {
    return state(broker.getStreamInfo(config.stream()));
  }

  private StreamInfo make(JetStreamManagement broker) throws IOException, JetStreamApiException {
    Duration maxAge = config.maxAge().orElse(DEFAULT_MAX_AGE);
    StreamConfiguration wanted =
        StreamConfiguration.builder()
            .name(config.stream())
            .description("Events of Starcast")
            .subjects(subjects)
            .retentionPolicy(RetentionPolicy.Limits)
            .discardPolicy(DiscardPolicy.Old)
            .storageType(storage(config.storage().orElse("file")))
            .replicas((int) config.replicas().orElse(1))
            .maxAge(maxAge)
            .maxBytes(config.maxBytes().orElse(DEFAULT_MAX_BYTES))
            .duplicateWindow(maxAge.compareTo(WINDOW) < 0 ? maxAge : WINDOW)
            .build();
    try {
      StreamInfo made = broker.addStream(wanted);
      LogMessage.STREAM_MADE.log(LOG, config.stream());
      return made;
    } catch (JetStreamApiException e) {
      if (e.getApiErrorCode() != NAME_IN_USE && e.getApiErrorCode() != SUBJECTS_OVERLAP) {
        throw e;
      }
      StreamInfo others = find(broker);
      if (others != null) {
        // another node was faster; a server may call its subjects another stream's, too
        return others;
      }
      if (e.getApiErrorCode() == SUBJECTS_OVERLAP) {
        throw conflict(
            "subject-prefix",
            "has subjects of another stream than "
                + config.stream()
                + ", is "
                + config.subjectPrefix());
      }
      throw e;
    }
  }

  private static StorageType storage(String name) {
    return name.equals("memory") ? StorageType.Memory : StorageType.File;
  }

  private void check(StreamConfiguration found) {
    if (found.getMirror() != null) {
      throw conflict("stream", "must not be a mirror, " + config.stream() + " is one");
    }
    if (found.getSealed()) {
      throw conflict("stream", "must not be sealed, " + config.stream() + " is");
    }
    if (found.getNoAck()) {
      throw conflict("stream", "must acknowledge, " + config.stream() + " has no_ack");
    }
    if (found.getRetentionPolicy() != RetentionPolicy.Limits) {
      throw conflict(
          "stream",
          "must have the retention limits, "
              + config.stream()
              + " has "
              + found.getRetentionPolicy());
    }
    if (found.getMaxMsgsPerSubject() > 0) {
      throw conflict(
          "stream",
          "must keep the messages of a subject as long as all others, for what is missing between"
              + " two would not show; "
              + config.stream()
              + " has max_msgs_per_subject "
              + found.getMaxMsgsPerSubject());
    }
    Duration window = found.getDuplicateWindow();
    if (window == null || window.compareTo(MIN_WINDOW) < 0) {
      throw conflict(
          "stream",
          "must have a duplicate window of "
              + MIN_WINDOW
              + " at least, "
              + config.stream()
              + " has "
              + found.getDuplicateWindow());
    }
    for (String subject : subjects) {
      if (found.getSubjects().stream().noneMatch(given -> covers(given, subject))) {
        throw conflict(
            "subject-prefix",
            "is "
                + config.subjectPrefix()
                + ", but the stream "
                + config.stream()
                + " does not have "
                + subject
                + ", it has "
                + found.getSubjects());
      }
    }
    if (config.replicas().isPresent() && config.replicas().getAsLong() != found.getReplicas()) {
      throw differs("replicas", config.replicas().getAsLong(), found.getReplicas());
    }
    if (config.storage().isPresent() && storage(config.storage().get()) != found.getStorageType()) {
      throw differs("storage", config.storage().get(), found.getStorageType());
    }
    if (config.maxAge().isPresent() && !config.maxAge().get().equals(found.getMaxAge())) {
      throw differs("max-age", config.maxAge().get(), found.getMaxAge());
    }
    if (config.maxBytes().isPresent() && config.maxBytes().getAsLong() != found.getMaxBytes()) {
      throw differs("max-bytes", config.maxBytes().getAsLong(), found.getMaxBytes());
    }
  }

  private IllegalArgumentException differs(String key, Object wanted, Object found) {
    return conflict(key, "is " + wanted + ", but the stream " + config.stream() + " has " + found);
  }

  private static IllegalArgumentException conflict(String key, String problem) {
    return new IllegalArgumentException(KEY + key + ": " + problem);
  }

  /** Whether all that the second subject matches is matched by the first. */
  static boolean covers(String wide, String narrow) {
    String[] a = wide.split("\\.");
    String[] b = narrow.split("\\.");
    for (int i = 0; i < a.length; i++) {
      if (a[i].equals(">")) {
        return i < b.length;
      }
      boolean same = i < b.length && (a[i].equals(b[i]) || a[i].equals("*") && !b[i].equals(">"));
      if (!same) {
        return false;
      }
    }
    return a.length == b.length;
  }

  /**
   * Says to all nodes that the stream has lost its latest events.
   *
   * @param known the generation that did not lose them
   * @return the stream with a generation above that
   */
  StreamState raiseGeneration(JetStreamManagement broker, StreamState seen, int known)
      throws IOException, JetStreamApiException {
    StreamState now = look(broker);
    if (now.generation > known || !now.created.equals(seen.created)) {
      // another node was faster
      return now;
    }
    String text =
        now.configuration.getDescription() == null ? "" : now.configuration.getDescription();
    String next = "[starcast generation " + (known + 1) + "]";
    text =
        GENERATION.matcher(text).find()
            ? GENERATION.matcher(text).replaceFirst(Matcher.quoteReplacement(next))
            : (text + " " + next).trim();
    return state(
        broker.updateStream(
            StreamConfiguration.builder(now.configuration).description(text).build()));
  }

  private static StreamState state(StreamInfo info) {
    String text = info.getConfiguration().getDescription();
    Matcher generation = GENERATION.matcher(text == null ? "" : text);
    return new StreamState(
        Long.toString(nanos(info.getCreateTime()), 36),
        generation.find() ? Integer.parseInt(generation.group(1)) : 0,
        // the broker says 0 of one that is new
        Math.max(1, info.getStreamState().getFirstSequence()),
        info.getStreamState().getLastSequence(),
        info.getStreamState().getMsgCount(),
        info.getConfiguration().getDuplicateWindow(),
        info.getConfiguration());
  }

  /** Nanoseconds since 1970. */
  static long nanos(ZonedDateTime time) {
    return time.toEpochSecond() * 1_000_000_000 + time.getNano();
  }
}
