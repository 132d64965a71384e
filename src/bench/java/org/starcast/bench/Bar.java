package org.starcast.bench;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What the library must reach in one run on one machine.
 *
 * @param figure the row
 * @param payara the bound on Payara Micro
 * @param wildfly the bound on WildFly
 * @param against whose figure it is divided by; null: the figure itself is bounded
 * @param atLeast whether the bound is a lower one
 */
record Bar(Figure figure, double payara, double wildfly, Flavour against, boolean atLeast) {

  static final List<Bar> ALL =
      List.of(
          new Bar(Figure.BURST_RATE, 25, 10, Flavour.PLATFORM, true),
          new Bar(Figure.ONE_1000_RATE, 0.9, 0.9, Flavour.CEILING, true),
          new Bar(Figure.ONE_1000_RATE, 2, 1.3, Flavour.NCHAN, true),
          new Bar(Figure.ONE_5000_RATE, 0.9, 0.9, Flavour.CEILING, true),
          new Bar(Figure.ONE_5000_RATE, 3, 1.7, Flavour.NCHAN, true),
          new Bar(Figure.PACED_P50, 1, 1, Flavour.NCHAN, false),
          new Bar(Figure.PACED_P99, 1.2, 1.2, Flavour.NCHAN, false),
          new Bar(Figure.STORM, 2, 2, Flavour.NCHAN, false),
          new Bar(Figure.IDLE_OPEN, 10, 10, null, false),
          new Bar(Figure.IDLE_HEAP_ABOVE, 12, 12, null, false),
          new Bar(Figure.IDLE_CPU, 1, 1, null, false),
          new Bar(Figure.PUBLISH_MEDIAN, 1, 1, null, false),
          new Bar(Figure.PUBLISH_P99, 3, 3, null, false),
          new Bar(Figure.STALLED_HEALTHY, 100, 100, null, true),
          new Bar(Figure.STALLED_CLOSED, 100, 100, null, true),
          new Bar(Figure.STALLED_FACTOR, 2, 2, null, false),
          new Bar(Figure.RETURN_FACTOR, 0.5, 0.5, null, true),
          new Bar(Figure.STREAMS_DELIVERED, 100, 100, null, true),
          new Bar(Figure.STREAMS_CHAT, 100, 100, null, true));

  /** Those of a row. */
  static List<Bar> of(Figure figure) {
    return ALL.stream().filter(bar -> bar.figure == figure).toList();
  }

  /** The figure by which a subject is divided by another. */
  static OptionalDouble ratio(Results results, Figure figure, Subject subject, Subject other) {
    OptionalDouble value = results.value(figure, subject);
    OptionalDouble base = results.value(figure, other);
    return value.isPresent() && base.isPresent() && base.getAsDouble() > 0
        ? OptionalDouble.of(value.getAsDouble() / base.getAsDouble())
        : OptionalDouble.empty();
  }

  double bound(Container container) {
    return container == Container.PAYARA ? payara : wildfly;
  }

  /** "pass", "FAIL", or "?" where a figure that it needs was not measured. */
  String verdict(Results results, Container container) {
    Subject subject = Subject.of(container, Flavour.STARCAST);
    Results.Cell cell = results.cell(figure, subject);
    if (cell == null) {
      return "?";
    }
    if (cell.problem() != null) {
      return "FAIL";
    }
    OptionalDouble value = OptionalDouble.of(cell.value());
    if (against != null) {
      value = ratio(results, figure, subject, other(container));
    }
    if (value.isEmpty()) {
      return "?";
    }
    double v = value.getAsDouble();
    return (atLeast ? v >= bound(container) : v <= bound(container)) ? "pass" : "FAIL";
  }

  String text() {
    String sign = atLeast ? "≥ " : "≤ ";
    String unit = against == null ? "" : "× " + against.label;
    String bounds = payara == wildfly ? bound(payara) : bound(payara) + " / " + bound(wildfly);
    return sign + (against == null ? figure.unit.text(payara) : bounds + unit);
  }

  private Subject other(Container container) {
    return against == Flavour.NCHAN ? Subject.NCHAN : Subject.of(container, against);
  }

  private static String bound(double value) {
    return value == Math.rint(value) ? "%.0f".formatted(value) : "%.1f".formatted(value);
  }
}
