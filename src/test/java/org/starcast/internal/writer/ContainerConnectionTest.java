package org.starcast.internal.writer;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.starcast.internal.cdi.LogCapture;

/** Which container a request is taken for; what it does there is for the tests on servers. */
public class ContainerConnectionTest {

  /** As Undertow's request. */
  public interface UndertowRequest extends HttpServletRequest {
    Object getExchange();
  }

  /** As the request of Payara and GlassFish. */
  public interface GrizzlyRequest extends HttpServletRequest {
    Object getUnwrappedCoyoteRequest();
  }

  /** As Jetty's request. */
  public interface JettyRequest extends HttpServletRequest {
    Object getServletRequestInfo();

    Object getRequest();
  }

  /** Any other way from the request is not there. */
  public static final class Version99 {}

  private static <T> T request(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> new Version99()));
  }

  private static LogCapture capture() {
    return new LogCapture("org.starcast.internal.engine");
  }

  @Test
  void aContainerThatIsNotKnownIsNoWarningAndNothingIsAskedOfIt() throws IOException {
    try (LogCapture log = capture()) {
      ContainerConnection connection = ContainerConnection.of(request(HttpServletRequest.class));
      connection.boundPending();
      connection.drop();

      assertThat(connection.transfer()).isZero();
      assertThat(connection.canWrite(() -> {})).isTrue();
      assertThat(log.records())
          .extracting(LogRecord::getLevel)
          .noneMatch(level -> level.intValue() >= Level.INFO.intValue());
    }
  }

  @Test
  void aContainerThatIsKnownButLeadsNowhereIsWarnedOfOnce() {
    for (Class<? extends HttpServletRequest> type :
        List.of(UndertowRequest.class, GrizzlyRequest.class, JettyRequest.class)) {
      HttpServletRequest request = new HttpServletRequestWrapper(request(type));
      try (LogCapture log = capture()) {
        ContainerConnection connection = ContainerConnection.of(request);
        ContainerConnection.of(request).drop();

        assertThat(connection.transfer()).isZero();
        assertThat(log.records())
            .filteredOn(record -> record.getLevel().equals(Level.WARNING))
            .singleElement()
            .satisfies(record -> assertThat(record.getMessage()).startsWith("STARCAST-1007"));
      }
    }
  }
}
