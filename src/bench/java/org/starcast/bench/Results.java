package org.starcast.bench;

import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;

/** What was measured so far. */
final class Results {

  /**
   * One figure of one subject.
   *
   * @param value the figure; not a number if there is none
   * @param problem why it does not count, or null
   * @param note a remark, or null
   */
  record Cell(double value, String problem, String note) {}

  private final Map<Figure, Map<Subject, Cell>> cells = new EnumMap<>(Figure.class);

  void put(Figure figure, Subject subject, double value, String problem) {
    put(figure, subject, new Cell(value, problem, null));
  }

  void put(Figure figure, Subject subject, Cell cell) {
    cells.computeIfAbsent(figure, f -> new EnumMap<>(Subject.class)).put(subject, cell);
  }

  /** Marks every figure of the scenario that has no cell yet. */
  void fail(Scenario scenario, Subject subject, String problem) {
    for (Figure figure : Figure.values()) {
      if (figure.scenario() == scenario
          && figure.appliesTo(subject)
          && cell(figure, subject) == null) {
        put(figure, subject, Double.NaN, problem);
      }
    }
  }

  /** The cell, or null. */
  Cell cell(Figure figure, Subject subject) {
    return cells.getOrDefault(figure, Map.of()).get(subject);
  }

  /** The value, if it was measured and counts. */
  OptionalDouble value(Figure figure, Subject subject) {
    Cell cell = cell(figure, subject);
    return cell == null || cell.problem() != null || Double.isNaN(cell.value())
        ? OptionalDouble.empty()
        : OptionalDouble.of(cell.value());
  }

  boolean has(Figure figure) {
    return cells.containsKey(figure);
  }

  boolean has(Subject subject) {
    return cells.values().stream().anyMatch(row -> row.containsKey(subject));
  }
}
