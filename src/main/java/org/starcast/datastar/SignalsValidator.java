package org.starcast.datastar;

import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.validation.ValidationException;
import jakarta.validation.Validator;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import org.starcast.datastar.Signals.BadSignalsException;

/** Jakarta Validation, where there is a provider: the container's, which knows its CDI beans. */
final class SignalsValidator implements Function<Object, List<BadSignalsException.Error>> {

  private final Validator validator;

  SignalsValidator(Validator validator) {
    this.validator = validator;
  }

  /** Looks for the container's validator at each use: this class may outlive it in a test. */
  static Function<Object, List<BadSignalsException.Error>> installed() {
    try {
      Class.forName("jakarta.validation.Validator", false, SignalsValidator.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      return signals -> List.of();
    }
    return signals -> {
      Validator validator = find();
      return validator == null ? List.of() : new SignalsValidator(validator).apply(signals);
    };
  }

  private static Validator find() {
    try {
      Instance<Validator> validators = CDI.current().select(Validator.class);
      return validators.isResolvable() ? validators.get() : null;
    } catch (IllegalStateException | ValidationException e) {
      return null; // no CDI container, or no provider of Jakarta Validation
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
