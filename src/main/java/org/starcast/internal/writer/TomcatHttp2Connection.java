package org.starcast.internal.writer;

import java.io.IOException;
import org.starcast.internal.logging.LogMessage;

/** A stream of HTTP/2 on Tomcat, whose processor is that stream's alone. */
final class TomcatHttp2Connection extends ContainerConnection {

  private final Object processor;
  private final Object stream;

  TomcatHttp2Connection(Object processor, Object stream) {
    this.processor = processor;
    this.stream = stream;
  }

  @Override
  long asyncTimeoutMillis() {
    return TomcatConnection.NO_END.toMillis();
  }

  /** Tomcat has a copy of what the client's flow control does not let through. */
  @Override
  boolean copiesPending() {
    return true;
  }

  /**
   * A stream that only ends stays until its client has taken what waits; to do both at once breaks
   * the connection. Tomcat ends by itself one that the client has reset.
   */
  @Override
  void abort(Runnable complete) {
    if (isActive()) {
      drop();
    } else {
      complete.run();
    }
  }

  private boolean isActive() {
    try {
      return (boolean) Reflection.callHidden(stream, "isActive");
    } catch (ReflectiveOperationException | RuntimeException e) {
      warn(LogMessage.CONNECTION_KEPT, e);
      return false;
    }
  }

  /** As after an error in writing: one of Tomcat's threads resets the stream. */
  @Override
  void terminate() throws ReflectiveOperationException {
    ClassLoader tomcat = processor.getClass().getClassLoader();
    Class<?> code = Class.forName("org.apache.coyote.ActionCode", false, tomcat);
    Class.forName("org.apache.coyote.ActionHook", false, tomcat)
        .getMethod("action", code, Object.class)
        .invoke(
            processor,
            code.getField("CLOSE_NOW").get(null),
            new IOException("dropped, as the client takes nothing"));
  }

  /** What the client's flow control still lets through: more when the client has taken bytes. */
  @Override
  long bytes() throws ReflectiveOperationException {
    return (long) Reflection.callHidden(stream, "getWindowSize");
  }
}
