package org.starcast.internal.logging;

import java.text.MessageFormat;
import java.util.List;
import java.util.Map;
import org.starcast.internal.DocumentTable;

/**
 * Each message that is logged. Its level, its text, and what it means to an administrator are in
 * the table of {@code log-messages.md}. Loggers are named by the class or package that logs.
 */
public enum LogMessage {
  STARTED(1000),
  TIMER_FAILED(1001),
  DRAIN_FAILED(1002),
  CLOSED_WHILE_OPENING(1003),
  CLIENTS_LEFT(1004),
  LIFECYCLE_OBSERVER_FAILED(1005),
  WRITE_FAILED(1006),
  CONNECTION_UNKNOWN(1007),
  GAP_MESSAGE_FAILED(1008),
  SEND_BUFFER_UNBOUNDED(1009),
  REGISTRY_OPEN(1010),
  PRESENCE_FAILED(1011),
  UNKNOWN_NAME(1012),
  RESPONSE_NOT_ENDED(1013),
  FAILURES_WAIT(1015),
  OBSERVERS_LEFT(1016),
  CONNECTION_KEPT(1017),
  GAP_MESSAGE_LATE(1018),
  FAILURES_DROPPED(1019),
  ENDPOINT_OPEN(1020),
  AUTHORIZER_FAILED(1021),
  REFUSED(1030),
  JMX_MISSING(1031),
  JMX_PRESENT(1032),
  API_MISSING(1033),
  JMX_GONE(1034),
  MONITOR_OPEN(1040),
  TRANSFER_UNKNOWN(1042),
  SINK_CLOSED(1043),
  WRITE_TIMEOUT(1044),
  NOT_WRITABLE(1045),
  WRITE_TIMEOUT_UNKNOWN(1046),
  BACKPLANE_AWAY(1050),
  COMMAND_RETRIED(1052),
  COMMAND_LOST(1053),
  MESSAGE_LOST(1054),
  OBSERVER_FAILED(1055),
  PARAMETER_UNKNOWN(1056),
  UNHEARD(1057),
  CONTROL_SKIPPED(1058),
  COMMAND_UNKNOWN(1059),
  ROLLED_BACK(1060),
  NOT_SENT_AFTER_COMMIT(1061),
  FAILURE_OBSERVER_FAILED(1062),
  EVENT_WITHOUT_TOPIC(1063),
  HAND_OVER_FAILED(1064),
  ENDPOINT_OFF(1065),
  ALL_MUTED(1066),
  CLASSES_UNLISTED(1067),
  NEARLY_HEARD(1068),
  CONTAINER_UNKNOWN(1069),
  JSON_BINDING_MISSING(1070),
  WRITER(1071),
  CONTRACT_OPEN(1072),
  FILE_CUT(2001),
  FILE_SET_ASIDE(2002),
  EPOCH_BEGUN(2003),
  EVENTS_LEFT(2004),
  LOG_FAILING(2005),
  EVENTS_UNSTORED(2006),
  LOG_NOT_ENDED(2007),
  LOG_INTERRUPTED(2008),
  END_KEPT(2009),
  FILE_KEPT(2010),
  DIRECTORY_UNFORCED(2011),
  STREAM_MADE(3001),
  MESSAGE_SKIPPED(3002),
  PAYLOAD_SMALL(3003),
  EPOCH_OF_ITS_OWN(3004),
  EPOCH_OF_STREAM(3006),
  BROKER_ERROR(3007),
  CREDENTIALS_REFUSED(3008),
  STREAM_UNUSABLE(3009),
  STREAM_DIFFERS(3010),
  BROKER_AWAY(3011),
  CONNECTED(3012),
  BROKER_OLD(3013),
  BROKER_EXCEPTION(3014),
  TASK_FAILED(3015),
  DATABASE_AWAY(3016),
  DATABASE_FOLLOWED(3017),
  EPOCH_OF_DATABASE(3018),
  LONG_TRANSACTION(3019),
  DATABASE_USED(3020),
  OUTBOX_STUCK(3021),
  NODES_UNKNOWN(4001),
  NODE_GONE(4002),
  PRESENCE_RETRIED(4003),
  PRESENCE_ENDED(4004),
  PRESENCE_OVERFLOWED(4005),
  STREAM_FAILED(5001),
  CLOSE_ACTION_FAILED(5002),
  SOURCE_NOT_CLOSED(5003),
  LAST_MESSAGE_LOST(5004),
  ON_ERROR_FAILED(5005),
  NO_THREAD(5006),
  STREAM_NOT_STORED(5007),
  STREAM_WAITS(5008),
  STREAM_DROPS(5009),
  DURABLE_SKIPPED(5010),
  DURABLE_LOST(5011),
  DURABLE_SWEEP_FAILED(5012),
  MODE_RENAMED(6001),
  SIGNALS_NOT_VALIDATED(6002);

  private static final Map<String, List<String>> ROWS = DocumentTable.rows("log-messages.md");

  private final String code;

  LogMessage(int number) {
    this.code = "STARCAST-" + number;
  }

  /** Such as {@code STARCAST-1000}. */
  public String code() {
    return code;
  }

  /** Where it is not logged at another level on purpose. */
  public System.Logger.Level level() {
    return System.Logger.Level.valueOf(ROWS.get(code).get(1));
  }

  /** The text, with the values in place of <code>{0}</code> and so on. */
  public String format(Object... values) {
    String text = ROWS.get(code).get(2);
    return values.length == 0 ? text : MessageFormat.format(text.replace("'", "''"), values);
  }

  /** Logs it. */
  public void log(System.Logger logger, Object... values) {
    log(logger, level(), null, values);
  }

  /** Logs it, with what was thrown. */
  public void log(System.Logger logger, Throwable cause) {
    log(logger, level(), cause);
  }

  /**
   * Logs it at another level.
   *
   * @param cause what was thrown, or null
   */
  public void log(
      System.Logger logger, System.Logger.Level level, Throwable cause, Object... values) {
    if (logger.isLoggable(level)) {
      logger.log(level, code + ": " + format(values), cause);
    }
  }
}
