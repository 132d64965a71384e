package org.starcast.internal.http;

import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;

/**
 * Leaves a resource method with an answer that has no body and is no error: that a stream has
 * ended, or what HEAD asks for.
 */
public final class NoErrorException extends WebApplicationException {

  private static final long serialVersionUID = 1L;

  /** To be answered by this. */
  public NoErrorException(Response response) {
    super(response);
  }

  /**
   * Answers it. Without one of its own, RESTEasy logs each as an error, with its stack, and a
   * mapper of the application for all exceptions would answer in its place.
   */
  @Provider
  public static final class Mapper implements ExceptionMapper<NoErrorException> {

    /** Made by the JAX-RS runtime. */
    public Mapper() {}

    @Override
    public Response toResponse(NoErrorException exception) {
      return exception.getResponse();
    }
  }
}
