package org.starcast.it.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestWatcher;
import org.opentest4j.TestAbortedException;

/**
 * Writes down what held on one server, and makes a table of all; keeps a thread dump of the server
 * for each failure.
 */
final class Matrix
    implements AfterTestExecutionCallback,
        TestExecutionExceptionHandler,
        TestWatcher,
        AfterAllCallback {

  static final Path FOLDER = Path.of("target", "contract");

  private static final String END = ".result";
  private static final String BEGIN_TABLE =
      "<!-- made by mvn -Pservers verify -Dmatrix=src/site/markdown/servers.md -->\n";
  private static final String END_TABLE = "<!-- up to here -->\n";

  private enum Outcome {
    HOLDS,
    /** The build fails, too. */
    FAILS,
    /** As said by {@link #doesNotHold}. */
    KNOWN,
    /** The server does not have it. */
    SKIPPED
  }

  private final Target target;
  private final List<String> rows = new ArrayList<>();
  private final Map<String, String> known = new HashMap<>();
  private String writer = "";
  private int feature;
  private String java = "";
  private String microProfile = "";

  Matrix(Target target) {
    this.target = target;
  }

  /** The feature release of the JDK that it is started with. */
  void startedOn(int feature) {
    this.feature = feature;
    java = Integer.toString(feature);
  }

  /**
   * What the application has found there.
   *
   * @param java the version that its process runs on
   * @param microProfile the APIs, with their versions
   */
  void ranOn(String java, String microProfile) {
    this.java = java;
    this.microProfile = microProfile;
  }

  /** A row that does not hold on this server, and why: it is shown, and fails no build. */
  void doesNotHold(String test, String cause) {
    known.put(test, cause);
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    String cause = known.get(context.getRequiredTestMethod().getName());
    if (cause == null || failure instanceof TestAbortedException) {
      throw failure;
    }
    throw new TestAbortedException(target.name() + ": " + cause, failure);
  }

  /** How clients of this server are written to. */
  void writer(String name) {
    writer = name;
  }

  @Override
  public void afterTestExecution(ExtensionContext context) throws Exception {
    Optional<Throwable> failure = context.getExecutionException();
    if (failure.isPresent() && !(failure.get() instanceof TestAbortedException)) {
      Path dump = target.folder().resolve(context.getRequiredTestMethod().getName() + ".threads");
      Process jcmd =
          new ProcessBuilder(
                  target.java().resolve("bin/jcmd").toString(), "" + target.pid(), "Thread.print")
              .redirectErrorStream(true)
              .redirectOutput(dump.toFile())
              .start();
      if (!jcmd.waitFor(30, TimeUnit.SECONDS)) {
        jcmd.destroyForcibly();
      }
    }
  }

  private void add(ExtensionContext context, Outcome outcome, String why) {
    String row = sentence(context.getRequiredTestMethod().getName());
    rows.add(String.join("\t", outcome.name(), row, why.replaceAll("\\s+", " ").strip()));
  }

  /** {@code theHeadComesAtOnce}: the head comes at once. */
  private static String sentence(String method) {
    return method.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT).replace("http2", "HTTP/2");
  }

  @Override
  public void testSuccessful(ExtensionContext context) {
    add(context, Outcome.HOLDS, "");
  }

  @Override
  public void testFailed(ExtensionContext context, Throwable cause) {
    add(context, Outcome.FAILS, cause.toString());
  }

  @Override
  public void testAborted(ExtensionContext context, Throwable cause) {
    String reason = known.get(context.getRequiredTestMethod().getName());
    if (reason != null) {
      add(context, Outcome.KNOWN, reason);
    } else {
      add(context, Outcome.SKIPPED, "");
    }
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    Optional<Throwable> failure = context.getExecutionException();
    if (feature == 0 || failure.isPresent() && failure.get() instanceof TestAbortedException) {
      return;
    }
    failure.ifPresent(
        cause -> rows.add(Outcome.FAILS + "\tthe application is deployed\t" + firstLine(cause)));
    Files.createDirectories(FOLDER);
    Path file =
        FOLDER.resolve(context.getRequiredTestClass().getSimpleName() + "-java" + feature + END);
    List<String> lines = new ArrayList<>();
    lines.add(String.join("\t", target.name(), target.version(), java, microProfile, writer));
    lines.addAll(rows);
    Files.write(file, lines);
  }

  private static String firstLine(Throwable cause) {
    return cause.toString().lines().findFirst().orElse("");
  }

  /** One run, read again. */
  private record Run(
      String server,
      String version,
      Runtime.Version java,
      String microProfile,
      String writer,
      List<String[]> rows) {

    static Run read(Path file) {
      try {
        List<String> lines = Files.readAllLines(file);
        String[] head = lines.get(0).split("\t", -1);
        List<String[]> rows = lines.stream().skip(1).map(line -> line.split("\t", -1)).toList();
        return new Run(head[0], head[1], Runtime.Version.parse(head[2]), head[3], head[4], rows);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String line() {
      return "| %s %s | %s | %s | `%s` | %d of %d | %s | %s |\n"
          .formatted(
              server,
              version,
              java,
              microProfile,
              writer,
              rows.stream().filter(row -> row[0].equals(Outcome.HOLDS.name())).count(),
              rows.stream().filter(row -> !row[0].equals(Outcome.SKIPPED.name())).count(),
              names(Outcome.FAILS, Outcome.KNOWN),
              names(Outcome.SKIPPED));
    }

    private String names(Outcome... outcomes) {
      List<String> names = Arrays.stream(outcomes).map(Outcome::name).toList();
      return rows.stream()
          .filter(row -> names.contains(row[0]))
          .map(row -> row[0].equals(Outcome.KNOWN.name()) ? row[1] + ": " + row[2] : row[1])
          .collect(Collectors.joining("; "));
    }
  }

  /**
   * Makes the table of all runs whose results are there, {@code target/contract/matrix.md}, and
   * puts it into the page that is named, if one is.
   */
  public static void main(String[] args) throws IOException {
    StringBuilder table =
        new StringBuilder(
            "| server | Java | MicroProfile | writer | holds | does not hold | not tested |\n|---|---|---|---|---|---|---|\n");
    try (Stream<Path> files = Files.list(Files.createDirectories(FOLDER))) {
      files
          .filter(file -> file.toString().endsWith(END))
          .map(Run::read)
          .sorted(
              Comparator.comparing(Run::server)
                  .thenComparing(Run::version)
                  .thenComparing(Run::java))
          .forEach(run -> table.append(run.line()));
    }
    Files.writeString(FOLDER.resolve("matrix.md"), table);
    if (args.length > 0) {
      Path page = Path.of(args[0]);
      String text = Files.readString(page);
      int begin = text.indexOf(BEGIN_TABLE) + BEGIN_TABLE.length();
      int end = text.indexOf(END_TABLE);
      Files.writeString(page, text.substring(0, begin) + "\n" + table + "\n" + text.substring(end));
    }
  }
}
