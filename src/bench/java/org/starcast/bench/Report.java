package org.starcast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes the table. */
final class Report {

  private final Results results;
  private final Scale scale;
  private final boolean quick;
  private final Map<Subject, String> skipped;

  Report(Results results, Scale scale, boolean quick, Map<Subject, String> skipped) {
    this.results = results;
    this.scale = scale;
    this.quick = quick;
    this.skipped = skipped;
  }

  String markdown() {
    List<Subject> columns = Stream.of(Subject.values()).filter(results::has).toList();
    StringBuilder text = new StringBuilder();
    text.append(machine()).append("\n\n");
    if (quick) {
      text.append("**A quick run: small sizes, one round. The figures mean little.**\n\n");
    }
    List<String> head = new ArrayList<>(List.of("scenario"));
    columns.forEach(s -> head.add(s.label()));
    head.addAll(List.of("bar (Payara / WildFly)", "Payara", "WildFly"));
    row(text, head);
    row(text, head.stream().map(h -> "---").toList());
    for (Figure figure : Figure.values()) {
      if (!results.has(figure)) {
        continue;
      }
      List<String> cells = new ArrayList<>(List.of(figure.label(scale)));
      columns.forEach(s -> cells.add(cell(figure, s)));
      cells.add(ofBars(figure, Bar::text));
      cells.add(ofBars(figure, bar -> bar.verdict(results, Container.PAYARA)));
      cells.add(ofBars(figure, bar -> bar.verdict(results, Container.WILDFLY)));
      row(text, cells);
    }
    text.append(
        "\nThe library's cells also hold its ratio to the platform's broadcaster (p) in the");
    text.append(" same server and to nchan (n).\n");
    skipped.forEach(
        (s, why) -> text.append("\nNot measured: ").append(s.label()).append(": ").append(why));
    return text.append(skipped.isEmpty() ? "" : "\n").toString();
  }

  private static String ofBars(Figure figure, Function<Bar, String> what) {
    return Bar.of(figure).stream().map(what).collect(Collectors.joining("; "));
  }

  private String cell(Figure figure, Subject subject) {
    Results.Cell cell = results.cell(figure, subject);
    if (cell == null) {
      return "–";
    }
    StringBuilder text = new StringBuilder();
    if (cell.problem() != null) {
      text.append("**failed**: ").append(cell.problem());
      if (!Double.isNaN(cell.value())) {
        text.append(" (").append(figure.unit.text(cell.value())).append(')');
      }
      return text.toString().replace("|", "\\|");
    }
    text.append(figure.unit.text(cell.value()));
    if (subject.flavour == Flavour.STARCAST && isCompared(figure)) {
      Subject platform = Subject.of(subject.container, Flavour.PLATFORM);
      List<String> ratios = new ArrayList<>();
      ratio(figure, subject, platform).ifPresent(r -> ratios.add(times(r) + " p"));
      ratio(figure, subject, Subject.NCHAN).ifPresent(r -> ratios.add(times(r) + " n"));
      if (!ratios.isEmpty()) {
        text.append(" (").append(String.join(", ", ratios)).append(')');
      }
    }
    if (cell.note() != null) {
      text.append("; ").append(cell.note());
    }
    return text.toString();
  }

  private OptionalDouble ratio(Figure figure, Subject subject, Subject other) {
    return Bar.ratio(results, figure, subject, other);
  }

  private static boolean isCompared(Figure figure) {
    return figure.unit != Figure.Unit.SHARE && figure.unit != Figure.Unit.FACTOR;
  }

  private static String times(double ratio) {
    return (ratio >= 10 ? "%.0f×" : ratio >= 0.1 ? "%.1f×" : "%.2f×").formatted(ratio);
  }

  private static void row(StringBuilder text, List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  /** The date and the machine. */
  static String machine() {
    Runtime runtime = Runtime.getRuntime();
    return "%s; %d cores (%s), %.0f GB memory; %s %s; Linux %s"
        .formatted(
            LocalDate.now(),
            runtime.availableProcessors(),
            field("/proc/cpuinfo", "model name"),
            Double.parseDouble(field("/proc/meminfo", "MemTotal").replaceAll("\\D", "")) / 1e6,
            System.getProperty("java.vm.name"),
            System.getProperty("java.vm.version"),
            System.getProperty("os.version").toLowerCase(Locale.ROOT));
  }

  private static String field(String file, String name) {
    try (Stream<String> lines = Files.lines(Path.of(file))) {
      return lines
          .filter(l -> l.startsWith(name))
          .map(l -> l.substring(l.indexOf(':') + 1).trim())
          .findFirst()
          .orElse("0");
    } catch (IOException e) {
      return "0";
    }
  }
}
