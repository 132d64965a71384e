package org.starcast.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The delivery benchmark: starts each server in turn, drives it, and writes one table and one
 * picture. Linux only: it reads {@code /proc}, uses the whole of 127.0.0.0/8, and compares {@link
 * System#nanoTime()} between programs, which there is one clock (CLOCK_MONOTONIC) for all of them.
 */
public final class Bench {

  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");

  private Bench() {}

  /** Runs it; {@code --help} lists the options. */
  public static void main(String... args) throws IOException {
    Locale.setDefault(Locale.ROOT);
    if (List.of(args).contains("--help")) {
      System.out.print(Options.USAGE);
      return;
    }
    Options options;
    try {
      options = Options.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.err.print(Options.USAGE);
      System.exit(2);
      return;
    }
    Scale scale = options.quick() ? Scale.QUICK : Scale.FULL;
    if (Proc.fileLimit() < scale.mostStreams() + 1_000) {
      System.err.println(
          "ulimit -n is %d; %d streams need more: raise it first"
              .formatted(Proc.fileLimit(), scale.mostStreams()));
    }
    Path work = Files.createTempDirectory("starcast-bench");
    try {
      run(options, scale, work);
    } finally {
      if (options.keep()) {
        log("logs: " + work);
      } else {
        delete(work);
      }
    }
  }

  private static void run(Options options, Scale scale, Path work) throws IOException {
    Launcher launcher = new Launcher(options, work);
    Results results = new Results();
    Map<Subject, String> skipped = new EnumMap<>(Subject.class);
    log(Report.machine());
    for (Subject subject : options.subjects()) {
      String missing = launcher.missing(subject);
      if (missing != null) {
        log(subject.id() + ": skipped, " + missing);
        skipped.put(subject, missing);
        continue;
      }
      new SubjectRun(subject, launcher, options, scale, results).run();
      // after each, so that a run cut short leaves what it has
      write(options.out(), new Report(results, scale, options.quick(), skipped).markdown());
      write(options.svg(), Chart.svg(results, scale, options.quick()));
    }
    System.out.println(new Report(results, scale, options.quick(), skipped).markdown());
  }

  static void log(String line) {
    System.err.println(CLOCK.format(LocalTime.now()) + " " + line);
  }

  private static void write(Path file, String text) throws IOException {
    if (file == null) {
      return;
    }
    Path folder = file.toAbsolutePath().getParent();
    Files.createDirectories(folder);
    Files.writeString(file, text);
  }

  private static void delete(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(folder)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
