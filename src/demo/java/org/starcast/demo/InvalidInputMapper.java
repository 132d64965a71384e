package org.starcast.demo;

import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.Path;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.Provider;
import java.util.Comparator;

/** Answers what Jakarta Validation refuses; of several faults, the first by the field's name. */
@Provider
public class InvalidInputMapper implements ExceptionMapper<ConstraintViolationException> {

  @Override
  public Response toResponse(ConstraintViolationException e) {
    return e.getConstraintViolations().stream()
        .min(Comparator.comparing(InvalidInputMapper::field))
        .map(violation -> Problem.invalid(field(violation), violation.getMessage()))
        .orElseGet(() -> Problem.of(Response.Status.BAD_REQUEST, e.getMessage()));
  }

  private static String field(ConstraintViolation<?> violation) {
    String field = "";
    for (Path.Node node : violation.getPropertyPath()) {
      field = node.getName();
    }
    return field;
  }
}
