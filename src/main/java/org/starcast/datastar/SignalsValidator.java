package org.starcast.datastar;

import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.validation.Validation;
import jakarta.validation.ValidationException;
import jakarta.validation.Validator;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import org.starcast.datastar.Signals.BadSignalsException;

/** Checks signals by Jakarta Validation. Loaded only where that is there. */
final class SignalsValidator implements Function<Object, List<BadSignalsException.Error>> {

  private final Validator validator;

  SignalsValidator(Validator validator) {
    this.validator = validator;
  }

  /**
   * The container's, which knows its beans; else that of a provider on the class path.
   *
   * @throws ValidationException if there is none
   */
  static SignalsValidator find() {
    try {
      Instance<Validator> validators = CDI.current().select(Validator.class);
      if (validators.isResolvable()) {
        return new SignalsValidator(validators.get());
      }
    } catch (IllegalStateException noContainer) {
      // as in a test
    }
    return new SignalsValidator(Provided.get());
  }

  /** Made once, at the first use; a factory is expensive. */
  private static final class Provided {

    private static Validator validator;
    private static ValidationException failure;

    static {
      try {
        validator = Validation.buildDefaultValidatorFactory().getValidator();
      } catch (ValidationException e) {
        failure = e;
      }
    }

    static Validator get() {
      if (validator == null) {
        throw failure;
      }
      return validator;
    }
  }

  @Override
  public List<BadSignalsException.Error> apply(Object signals) {
    // there may be one for each of very many elements, in no order
    TreeSet<BadSignalsException.Error> first =
        new TreeSet<>(
            Comparator.comparing(BadSignalsException.Error::path)
                .thenComparing(BadSignalsException.Error::detail));
    for (ConstraintViolation<Object> violation : validator.validate(signals)) {
      first.add(
          new BadSignalsException.Error(
              path(violation.getPropertyPath()).toString(), violation.getMessage()));
      if (first.size() > BadSignalsException.MAX_ERRORS) {
        first.pollLast();
      }
    }
    return List.copyOf(first);
  }

  /** Not the path's own text, which has the keys of maps in full. */
  private static JsonPath path(Path path) {
    JsonPath place = JsonPath.ROOT;
    for (Path.Node node : path) {
      // it is the node after a container that knows its place in there
      if (node.getIndex() != null) {
        place = place.element(node.getIndex());
      } else if (node.getKey() != null) {
        place = place.member(String.valueOf(node.getKey()));
      }
      if (node.getKind() == ElementKind.PROPERTY) {
        place = place.member(node.getName());
      }
    }
    return place;
  }
}
