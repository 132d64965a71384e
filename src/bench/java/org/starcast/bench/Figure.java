package org.starcast.bench;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.function.Function;

/** A row of the table. */
enum Figure {
  BURST_RATE(
      Unit.RATE,
      s -> "Burst, %,d events × %,d streams: deliveries/s".formatted(s.events(), s.streams())),
  BURST_CPU(Unit.MICROS, s -> "… server CPU per delivery"),
  BURST_BYTES(Unit.BYTES, s -> "… bytes per delivery"),
  ONE_1000_RATE(
      Unit.RATE,
      s ->
          "One by one over HTTP, %,d events × %,d streams: deliveries/s"
              .formatted(s.events(), s.streams())),
  ONE_1000_CPU(Unit.MICROS, s -> "… server CPU per delivery"),
  ONE_1000_BYTES(Unit.BYTES, s -> "… bytes per delivery"),
  ONE_5000_RATE(
      Unit.RATE,
      s ->
          "One by one over HTTP, %,d events × %,d streams: deliveries/s"
              .formatted(s.events(), s.manyStreams())),
  ONE_5000_CPU(Unit.MICROS, s -> "… server CPU per delivery"),
  ONE_5000_BYTES(Unit.BYTES, s -> "… bytes per delivery"),
  PACED_P50(
      Unit.MILLIS,
      s -> "Paced, %d events/s × %,d streams: median".formatted(s.pacedRate(), s.streams())),
  PACED_P99(Unit.MILLIS, s -> "… p99"),
  PACED_P999(Unit.MILLIS, s -> "… p99.9"),
  PACED_CPU(Unit.MICROS, s -> "… server CPU per delivery"),
  PACED_BYTES(Unit.BYTES, s -> "… bytes per delivery"),
  TOPICS_RATE(
      Unit.RATE,
      s ->
          "%,d topics, %d streams each, events to random ones over HTTP: deliveries/s"
              .formatted(s.topics(), s.topicsPerStream())),
  TOPICS_P99(Unit.MILLIS, s -> "… p99"),
  TOPICS_CPU(Unit.MICROS, s -> "… server CPU per delivery"),
  TOPICS_BYTES(Unit.BYTES, s -> "… bytes per delivery"),
  FRAMES_RATE(
      Unit.RATE,
      s -> "Frames of %,d bytes, %,d streams: deliveries/s".formatted(s.frame(), s.streams())),
  FRAMES_CPU(Unit.MICROS, s -> "… server CPU per delivery"),
  FRAMES_BYTES(Unit.BYTES, s -> "… bytes per delivery"),
  STORM(Unit.SECONDS, s -> "%,d streams opened in one go: all open after".formatted(s.storm())),
  IDLE_OPEN(Unit.SECONDS, s -> "%,d idle streams: all open after".formatted(s.idle())),
  IDLE_RESIDENT(Unit.MEGABYTES, s -> "… resident memory of the server, and what came by streams"),
  IDLE_HEAP(Unit.KILOBYTES, s -> "… live heap per stream"),
  IDLE_HEAP_ABOVE(Unit.KILOBYTES, s -> "… live heap per stream above a bare async request"),
  IDLE_CPU(Unit.PERCENT, s -> "… heartbeats, share of one core"),
  PUBLISH_MEDIAN(
      Unit.MILLIS, s -> "publish() to %,d subscribers: median of the call".formatted(s.idle())),
  PUBLISH_P99(Unit.MILLIS, s -> "… p99 of the call"),
  STALLED_HEALTHY(
      Unit.SHARE,
      s ->
          "%,d stalled beside %,d healthy streams, %,d bytes × %,d, heap 512 MB: delivered to the healthy"
              .formatted(s.stalled(), s.healthy(), s.frame(), s.stalledEvents())),
  STALLED_CLOSED(Unit.SHARE, s -> "… stalled streams that the server closed"),
  STALLED_P99(Unit.MILLIS, s -> "… p99 of the healthy"),
  STALLED_FACTOR(Unit.FACTOR, s -> "… that against the p99 without stalled streams"),
  STALLED_RESIDENT(Unit.MEGABYTES, s -> "… resident memory of the server at the end"),
  REPLAY_TIME(
      Unit.SECONDS,
      s ->
          "%,d clients return at once, %,d events back: all level after"
              .formatted(s.manyStreams(), s.replayed())),
  REPLAY_RATE(Unit.RATE, s -> "… deliveries/s"),
  REPLAY_CPU(Unit.MICROS, s -> "… server CPU per delivery"),
  REPLAY_HEAP(Unit.MEGABYTES, s -> "… live heap of the server at the end"),
  REPLAY_RESIDENT(Unit.MEGABYTES, s -> "… resident memory of the server at the end"),
  REPLAY_PUBLISH(Unit.MILLIS, s -> "… p99 of publish(), 50 a second to nobody, meanwhile"),
  RETURN_RATE(
      Unit.RATE, s -> "One client returns, %,d events back: deliveries/s".formatted(s.returned())),
  RETURN_FACTOR(Unit.FACTOR, s -> "… that against a live burst of as many to one client"),
  GONE_STATE_TIME(
      Unit.SECONDS,
      s ->
          "%,d clients return at once to events that are gone, and get the state, %,d bytes: all back after"
              .formatted(s.manyStreams(), s.frame())),
  GONE_STATE_MADE(Unit.COUNT, s -> "… states made"),
  GONE_STATE_CPU(Unit.SECONDS, s -> "… server CPU"),
  GONE_STATE_BYTES(Unit.MEGABYTES, s -> "… bytes to the clients"),
  GONE_RELOAD_TIME(
      Unit.SECONDS, s -> "The same are told a gap, and load the page anew: all back after"),
  GONE_RELOAD_MADE(Unit.COUNT, s -> "… states made"),
  GONE_RELOAD_CPU(Unit.SECONDS, s -> "… server CPU"),
  GONE_RELOAD_BYTES(Unit.MEGABYTES, s -> "… bytes to the clients"),
  IDLE_100K_COUNT(
      Unit.COUNT,
      s -> "Idle streams, as many as the machine lets be open, %,d at most".formatted(s.crowd())),
  IDLE_100K_OPEN(Unit.SECONDS, s -> "… all open after"),
  IDLE_100K_RESIDENT(
      Unit.MEGABYTES, s -> "… resident memory of the server, and what came by streams"),
  IDLE_100K_HEAP(Unit.KILOBYTES, s -> "… live heap per stream"),
  IDLE_100K_CPU(Unit.PERCENT, s -> "… heartbeats, share of one core"),
  IDLE_100K_EVENT(Unit.SECONDS, s -> "… an event to all of them: the last has it after"),
  STREAMS_DELIVERED(
      Unit.SHARE,
      s ->
          "%,d named streams, %d items/s each for %d s, beside a chat with a history, heap 512 MB: delivered to their viewers"
              .formatted(s.named(), s.namedRate(), s.namedSeconds())),
  STREAMS_CHAT(Unit.SHARE, s -> "… of the chat's history read back"),
  STREAMS_P50(Unit.MILLIS, s -> "… median"),
  STREAMS_P99(Unit.MILLIS, s -> "… p99"),
  STREAMS_CPU(Unit.MICROS, s -> "… server CPU per item, from the source to its viewers"),
  STREAMS_HEAP(Unit.MEGABYTES, s -> "… live heap of the server at the end"),
  STREAMS_RESIDENT(Unit.MEGABYTES, s -> "… most resident memory of the server");

  /** How a figure is written. */
  enum Unit {
    RATE(v -> v >= 10_000 ? "%,.0f k".formatted(v / 1_000) : "%,.0f".formatted(v)),
    MICROS(v -> "%.1f µs".formatted(v)),
    MILLIS(v -> v < 1 ? "%.3f ms".formatted(v) : "%.1f ms".formatted(v)),
    SECONDS(v -> "%.1f s".formatted(v)),
    BYTES(v -> "%,.0f B".formatted(v)),
    KILOBYTES(v -> "%.1f kB".formatted(v)),
    COUNT("%,.0f"::formatted),
    MEGABYTES(v -> "%.0f MB".formatted(v)),
    PERCENT(v -> "%.1f %%".formatted(v)),
    SHARE(v -> "%.1f %%".formatted(v)),
    FACTOR(v -> "%.1f×".formatted(v));

    private final Function<Double, String> format;

    Unit(Function<Double, String> format) {
      this.format = format;
    }

    String text(double value) {
      return format.apply(value);
    }
  }

  final Unit unit;
  private final Function<Scale, String> label;

  Figure(Unit unit, Function<Scale, String> label) {
    this.unit = unit;
    this.label = label;
  }

  String label(Scale scale) {
    return label.apply(scale);
  }

  boolean appliesTo(Subject subject) {
    return switch (this) {
      case IDLE_HEAP, IDLE_100K_HEAP -> subject.container != Container.HUB;
      case IDLE_HEAP_ABOVE,
          REPLAY_TIME,
          REPLAY_RATE,
          REPLAY_CPU,
          REPLAY_HEAP,
          REPLAY_RESIDENT,
          REPLAY_PUBLISH,
          RETURN_RATE,
          RETURN_FACTOR,
          GONE_STATE_TIME,
          GONE_STATE_MADE,
          GONE_STATE_CPU,
          GONE_STATE_BYTES,
          GONE_RELOAD_TIME,
          GONE_RELOAD_MADE,
          GONE_RELOAD_CPU,
          GONE_RELOAD_BYTES,
          STREAMS_DELIVERED,
          STREAMS_CHAT,
          STREAMS_P50,
          STREAMS_P99,
          STREAMS_CPU,
          STREAMS_HEAP,
          STREAMS_RESIDENT ->
          subject.flavour == Flavour.STARCAST;
      default -> true;
    };
  }

  /** The one whose name this one begins with; of several, the longest. */
  Scenario scenario() {
    String name = name().toLowerCase(Locale.ROOT).replace('_', '-');
    return Arrays.stream(Scenario.values())
        .filter(scenario -> name.startsWith(scenario.id()))
        .max(Comparator.comparingInt(scenario -> scenario.id().length()))
        .orElseThrow(() -> new IllegalStateException(name));
  }
}
