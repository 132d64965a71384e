package org.starcast.internal.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.starcast.internal.DocumentTable;

/** The table of messages, held against the code that logs. */
class LogMessageTest {

  private static final Path MAIN = Path.of("src/main/java");

  private static String sources() throws IOException {
    try (Stream<Path> files = Files.walk(MAIN)) {
      StringBuilder all = new StringBuilder();
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        if (!file.endsWith("LogMessage.java")) {
          all.append(Files.readString(file));
        }
      }
      return all.toString();
    }
  }

  @Test
  void eachConstantHasOneRowAndEachRowOneConstant() {
    Map<String, List<String>> rows = DocumentTable.rows("log-messages.md");
    assertThat(Stream.of(LogMessage.values()).map(LogMessage::code))
        .doesNotHaveDuplicates()
        .isSorted()
        .containsExactlyElementsOf(rows.keySet());
    assertThat(rows.values())
        .allSatisfy(row -> assertThat(row).hasSize(4).noneMatch(String::isBlank));
    assertThat(rows.values().stream().map(row -> row.get(2)).filter(text -> !text.equals("{0}")))
        .doesNotHaveDuplicates();
    assertThat(LogMessage.values()).extracting(LogMessage::level).doesNotContainNull();
  }

  @Test
  void eachIsLoggedAndNothingElseIs() throws IOException {
    String sources = sources();
    for (LogMessage message : LogMessage.values()) {
      assertThat(sources).containsPattern("LogMessage\\s*\\." + message.name() + "\\b");
    }
    assertThat(sources)
        .doesNotContainPattern("\\.log\\(\\s*(System\\.Logger\\.)?Level\\b")
        .doesNotContain("\"STARCAST-");
  }

  @Test
  void itsValuesStandInItsText() {
    Logger logger = Logger.getLogger("org.starcast.test.messages");
    List<LogRecord> records = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            records.add(record);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.setUseParentHandlers(false);
    logger.addHandler(handler);
    System.Logger log = System.getLogger(logger.getName());
    Throwable cause = new IllegalStateException("expected by the test");
    LogMessage.WRITE_TIMEOUT.log(log, "5", "PT15S");
    LogMessage.WRITE_FAILED.log(log, cause);
    LogMessage.ROLLED_BACK.log(log, System.Logger.Level.INFO, null, "{braces}");
    LogMessage.UNHEARD.log(log, "not shown");
    assertThat(records).hasSize(3);
    assertThat(records.get(0).getMessage())
        .startsWith("STARCAST-1044: the server's listener has a write timeout of 5 ms")
        .endsWith("(PT15S)");
    assertThat(records.get(1).getThrown()).isSameAs(cause);
    assertThat(records.get(2).getMessage()).contains("\"{braces}\"");
    assertThat(records.get(2).getLevel()).isEqualTo(Level.INFO);
  }
}
