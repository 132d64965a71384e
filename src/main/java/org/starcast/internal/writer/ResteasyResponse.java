package org.starcast.internal.writer;

import java.io.OutputStream;

/**
 * RESTEasy's own view of the response, on the request's thread. Its sink writes line breaks of its
 * own when it opens the response, and flushes by a write listener of its own when it is closed;
 * both must not reach the connection once the stream is ours. By reflection, because RESTEasy need
 * not be there.
 */
final class ResteasyResponse {

  private ResteasyResponse() {}

  /**
   * Lets what the sink writes from now on go nowhere; headers still reach the container.
   *
   * @throws IllegalStateException if the runtime is not the RESTEasy that this knows
   */
  static void discardOutput(ClassLoader resteasy) {
    try {
      Class<?> responses = Class.forName("org.jboss.resteasy.spi.HttpResponse", false, resteasy);
      Object response =
          Class.forName("org.jboss.resteasy.core.ResteasyContext", false, resteasy)
              .getMethod("getContextData", Class.class)
              .invoke(null, responses);
      responses
          .getMethod("setOutputStream", OutputStream.class)
          .invoke(response, OutputStream.nullOutputStream());
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalStateException("this RESTEasy is not known", e);
    }
  }
}
