package org.starcast.internal.logging;

import java.text.MessageFormat;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Each message that is logged, by its code. The table has the level, the text, and what it means to
 * an administrator; the documentation's is the same, as a test shows. Loggers are named by the
 * class or package that logs.
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
  CONTROL_MALFORMED(1051),
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
  NODES_UNKNOWN(4001),
  NODE_GONE(4002),
  PRESENCE_RETRIED(4003),
  PRESENCE_ENDED(4004),
  STREAM_FAILED(5001),
  CLOSE_ACTION_FAILED(5002),
  SOURCE_NOT_CLOSED(5003),
  LAST_MESSAGE_LOST(5004),
  ON_ERROR_FAILED(5005),
  NO_THREAD(5006),
  MODE_RENAMED(6001);

  private static final String TABLE =
      """
      | `STARCAST-1000` | INFO | started; writes {0}, with {1} drain threads; keeps {2} events | Nothing to do. It says how clients are written to, and how much is kept for those that come back. |
      | `STARCAST-1001` | WARNING | a timer entry failed and is dropped | A defect: please report it with its stack trace. One client may have no heartbeats and no timeouts any more. |
      | `STARCAST-1002` | ERROR | a drain failed | A defect: please report it with its stack trace. The thread goes on with its other clients. |
      | `STARCAST-1003` | DEBUG | closed while it opened | A client left before its stream had begun. Nothing to do. |
      | `STARCAST-1004` | WARNING | {0} clients did not end | The application stopped, and these streams could not be ended in time; the server ends their connections. |
      | `STARCAST-1005` | WARNING | a lifecycle observer failed | An observer of the application threw; its stack trace says where. Streams go on. |
      | `STARCAST-1006` | WARNING | a write failed | The container did not take bytes, for another reason than that the client left. The client is closed, and reconnects. |
      | `STARCAST-1007` | WARNING | the container's connection is not known: what waits in the server for a client that takes nothing is not bounded, and not dropped when the client is closed ({0}) | The server, or a filter that wraps requests, is not one that this version knows. Take a supported version, or bound the socket's buffers by the server's configuration. |
      | `STARCAST-1008` | WARNING | the message for a gap failed | What the application gave to `onGap` threw. The client is told of the gap by `starcast-gap` alone. |
      | `STARCAST-1009` | WARNING | what waits in the server for a client that takes nothing has no bound but four times the socket's send buffer; bound that by the JVM option -Dorg.glassfish.grizzly.nio.transport.TCPNIOTransport.max-send-buffer-size=32768 ({0}) | Set the option, or take a version of the server that is supported. |
      | `STARCAST-1010` | WARNING | starcast.endpoint.registry.role is *: anybody can list and close the clients | Set the role, unless something else protects the endpoint. |
      | `STARCAST-1011` | WARNING | a presence change could not be announced | A join or leave did not reach all that it should; the stack trace says why. `presence.on(…)` is right all the same. |
      | `STARCAST-1012` | WARNING | {0} | A name in the configuration begins like one of Starcast's and is none, so its value means nothing. Correct it. |
      | `STARCAST-1013` | DEBUG | the response did not end | The container did not end a response, commonly as the client had left. Nothing to do. |
      | `STARCAST-1015` | WARNING | {0} failures wait for their observers, the next are only counted | Observers of `PublishResult.Failure` are slower than publications fail. See why they fail (`STARCAST-3011`), and have the observers do less. |
      | `STARCAST-1016` | WARNING | the application ends, {0} of its observers have not run | Observers of clients and failures were too slow to run before the end. |
      | `STARCAST-1017` | WARNING | the connection of a client could not be dropped ({0}) | A client that takes nothing was closed, and its connection stays until the server or the system ends it. As `STARCAST-1007`. |
      | `STARCAST-1018` | WARNING | the message for a gap was not made in time, the client goes on without | What the application gave to `onGap` takes too long. Have it read from memory. |
      | `STARCAST-1019` | WARNING | observers were not notified of {0} failures | As many publications failed as `STARCAST-1015` says, and their observers never ran. |
      | `STARCAST-1020` | WARNING | there are no starcast.security.rules and no TopicAuthorizer: anybody can use the built-in endpoint | Write a rule, or switch the endpoint off. |
      | `STARCAST-1021` | WARNING | a TopicAuthorizer {0}, which denies | A bean of the application threw or returned null. Correct it; until then nobody may what it was asked for. |
      | `STARCAST-1030` | WARNING | refused {0} clients since this was last said, because of {1} | The reason is a `RefusedException.Reason`: a limit, a rate, the drain. Raise the limit if the clients are welcome. Said once in ten seconds for each reason. |
      | `STARCAST-1031` | WARNING | there is no JMX bean: {0} | The server refused it. Metrics by other ways are not concerned. |
      | `STARCAST-1032` | DEBUG | the JMX bean is there already | Another server in the same JVM has an application of this name. |
      | `STARCAST-1033` | DEBUG | without {0} | The server lacks the API that this bean needs. Nothing to do. |
      | `STARCAST-1034` | DEBUG | the JMX bean was gone | Somebody else removed it. |
      | `STARCAST-1040` | WARNING | starcast.endpoint.registry.role is *: anybody can open the monitor, and read every event by its tap | Set the role, unless something else protects the monitor. |
      | `STARCAST-1042` | WARNING | a client that takes bytes slowly counts as one that takes none ({0}) | The server is not one that this version knows. A slow client is closed after `starcast.send-timeout`. |
      | `STARCAST-1043` | WARNING | the resource method has failed, or has closed the sink, after it registered a client, whose stream ends with that; leave the sink alone, by try-with-resources, too | Correct the resource method: it must return after `register`, with the sink open. |
      | `STARCAST-1044` | WARNING | the server's listener has a write timeout of {0} ms, which ends streams that are quiet for as long: have none (write-timeout=0), or a longer one than starcast.heartbeat ({1}) | Change the listener's configuration. |
      | `STARCAST-1045` | WARNING | {0} | The request cannot be written to without blocking. The text says why, most often a filter or servlet without `async-supported`. |
      | `STARCAST-1046` | DEBUG | the listener's timeout is not known | The server is not one that this version knows. |
      | `STARCAST-1050` | WARNING | the backplane {0} is not there yet, no clients are taken until it is | Start the broker, or correct its URL; `STARCAST-3008` to `3011` say what is wrong. |
      | `STARCAST-1051` | WARNING | an event of a topic {0}… was not understood: {1} | Another version, or somebody else, publishes on topics that are Starcast's own. Run one version on all nodes, and keep others from these subjects. |
      | `STARCAST-1052` | WARNING | a command of type {0} does not reach the other nodes, and is sent again until it does: {1} | The broker is away. What was revoked here may still be open there until it is back. |
      | `STARCAST-1053` | ERROR | a command of type {0} did not reach the other nodes: {1} | The application, which was told by an exception, decides whether to do it again. |
      | `STARCAST-1054` | WARNING | a message did not reach the other nodes | The application ends, so its observers of `PublishResult.Failure` could not be told. As `STARCAST-3011`. |
      | `STARCAST-1055` | WARNING | an observer failed | An observer of the application threw; its stack trace says where. |
      | `STARCAST-1056` | DEBUG | {0}: is not a parameter here, and means nothing | A client gave a parameter that the endpoint does not know. |
      | `STARCAST-1057` | DEBUG | nobody is subscribed to {0}, which is published to for the first time | The topic may be mistyped. |
      | `STARCAST-1058` | WARNING | a control message is left out | A message between nodes could not be carried out; the stack trace says why. |
      | `STARCAST-1059` | DEBUG | a command of a type that this node does not know | Another node has a newer version. |
      | `STARCAST-1060` | WARNING | the event on topic "{0}" is not sent: its transaction is rolled back. What shall be sent all the same is fired by fireAsync, or published | Nothing, if the event was to depend on the transaction. At DEBUG where it was fired before the end of the transaction. |
      | `STARCAST-1061` | ERROR | the event on topics {0} was not sent after its commit | The stack trace says why. The data is stored, and pages do not know: observers of `PublishResult.Failure` are told. |
      | `STARCAST-1062` | WARNING | an observer of PublishResult.Failure failed | An observer of the application threw; its stack trace says where. |
      | `STARCAST-1063` | WARNING | {0}: an Event<{1}> without @Topic reaches no browser, while {2} has a @Topic. Where that is meant, or the topic is selected, add @Any | Add `@Topic` to the injection point, or `@Any`. |
      | `STARCAST-2001` | WARNING | {0} is damaged from byte {1} on and is cut there: {2} | Commonly the process was killed while it wrote. Events behind that place are gone; clients that ask for them are told of a gap. |
      | `STARCAST-2002` | WARNING | {0} cannot be read and is now {1}: {2} | The disk, or somebody else, has damaged the file. Look at the disk; delete the file when nobody needs it. |
      | `STARCAST-2003` | WARNING | the log in {0} begins a new epoch | What the directory said of ids was damaged. Clients that come back are told of a gap. At DEBUG for a new directory. |
      | `STARCAST-2004` | WARNING | {0} events were not stored when the application stopped | The disk failed or was too slow. Clients that ask for them after the start are told of a gap. |
      | `STARCAST-2005` | WARNING | the log cannot be written, it is tried again each second | The disk is full or fails; the stack trace says which. Publishing goes on in memory. |
      | `STARCAST-2006` | WARNING | {0} events were left out of the file, as the disk cannot keep up; clients that missed them are told of a gap after a crash | Take a faster disk, a longer `starcast.log.sync`, or publish less. |
      | `STARCAST-2007` | WARNING | the log did not end cleanly | The stack trace says why. The next start repairs what it finds. |
      | `STARCAST-2008` | DEBUG | interrupted, goes on until it is stopped | Nothing to do. |
      | `STARCAST-2009` | DEBUG | the end will be cut off when it is read | Nothing to do. |
      | `STARCAST-2010` | DEBUG | the file will be deleted when it is read | Nothing to do. |
      | `STARCAST-2011` | DEBUG | the directory is not forced to the disk | The operating system does not offer it. After a power failure the newest file may be missing. |
      | `STARCAST-3001` | INFO | the stream {0} was made | The first node has made it, as the configuration says. Nothing to do. |
      | `STARCAST-3002` | WARNING | message {0} is left out, as it is malformed: {1} ({2} since the last warning) | Somebody else publishes on the subjects of the stream. Keep them out by the broker's permissions. |
      | `STARCAST-3003` | WARNING | the max_payload of the broker, {0} bytes, is below starcast.message.max-bytes, which is {1}: larger events will fail | Raise `max_payload`, or lower `starcast.message.max-bytes`. |
      | `STARCAST-3004` | ERROR | the stream {0} has lost events, and its description cannot be changed to tell that to other nodes: until this node ends, its event ids are its own | Permit the nodes' user to update the stream, then restart the nodes. |
      | `STARCAST-3006` | WARNING | the stream {0} has lost events or was made anew: another epoch begins, {1} | The stream was deleted, purged or put back from a backup. Clients are told of a gap. Nothing to do, but find out why. |
      | `STARCAST-3007` | WARNING | the broker says: {0} | As the broker's documentation has it, commonly a permission. |
      | `STARCAST-3008` | ERROR | the broker refuses the credentials of this node | Correct `starcast.backplane.nats.*` or the broker's users. Files are read again at each attempt. |
      | `STARCAST-3009` | ERROR | the stream {0} cannot be used: {1}; it is tried again | The text is the broker's. Commonly JetStream is off, or its limits do not allow such a stream. |
      | `STARCAST-3010` | ERROR | {0}; it is tried again | The stream is not as the configuration asks for, or is another's. Change one of them. |
      | `STARCAST-3011` | WARNING | the broker cannot be reached, it is tried again: {0} | Start it, or look at the network. Streams stay open; what is published meanwhile waits or fails by `starcast.backplane.when-away`. |
      | `STARCAST-3012` | INFO | connected to the stream {0}, epoch {1} | Nothing to do. |
      | `STARCAST-3013` | WARNING | nats-server {0} may lose what it has acknowledged, and its copies of the stream {1} may come to differ, when the server that leads them is lost: take {2} or newer | Update the brokers. |
      | `STARCAST-3014` | DEBUG | the connection to the broker | Details of `STARCAST-3011`. May have the broker's URL. |
      | `STARCAST-4001` | WARNING | there are more than {0} nodes, and not all are known | Presence and the list of nodes are incomplete. |
      | `STARCAST-4002` | INFO | node {0} is gone, says {1}{2} | A node stopped, was killed or is cut off. Its users leave after their grace. |
      | `STARCAST-4003` | DEBUG | a presence message will be sent again | The broker is away, or the message was refused for now. |
      | `STARCAST-4004` | DEBUG | presence changes are announced no longer | The application ends. |
      | `STARCAST-5001` | WARNING | a stream failed | A source or a function of its options threw; the stack trace says where. At DEBUG for a job that is not known, and once the stream has ended. |
      | `STARCAST-5002` | WARNING | an action on close failed | What was given to `Emitter.onClose` threw. |
      | `STARCAST-5003` | WARNING | a source did not close | `close` of a source threw. What it holds may be open still. |
      | `STARCAST-5004` | WARNING | a last message was not sent | It may be too large (`starcast.message.max-bytes`). |
      | `STARCAST-5005` | WARNING | onError of a stream failed | The function threw or returned null; the client gets the default's answer. |
      | `STARCAST-5006` | WARNING | no thread for a stream | The container's executor is full or has ended; the stream is stopped. |
      | `STARCAST-6001` | WARNING | patch mode "morph" is called "outer" since Datastar 1.0 | Write `outer`. |
      """;

  private static final Map<String, String[]> ROWS =
      TABLE
          .lines()
          .map(row -> row.split(" ?\\| ?"))
          .collect(Collectors.toMap(cells -> cells[1].replace("`", ""), Function.identity()));

  private final String code;

  LogMessage(int number) {
    this.code = "STARCAST-" + number;
  }

  /** The rows of the documentation's table. */
  static String table() {
    return TABLE;
  }

  /** Such as {@code STARCAST-1000}. */
  public String code() {
    return code;
  }

  /** Where it is not logged at another level on purpose. */
  public System.Logger.Level level() {
    return System.Logger.Level.valueOf(ROWS.get(code)[2]);
  }

  /** The text, with the values in place of <code>{0}</code> and so on. */
  public String format(Object... values) {
    String text = ROWS.get(code)[3];
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
