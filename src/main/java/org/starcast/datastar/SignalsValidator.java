package org.starcast.datastar;

import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Path;
import jakarta.validation.ValidationException;
import jakarta.validation.Validator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

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
    List<BadSignalsException.Error> errors = new ArrayList<>();
    for (ConstraintViolation<Object> violation : validator.validate(signals)) {
      errors.add(
          new BadSignalsException.Error(path(violation.getPropertyPath()), violation.getMessage()));
    }
    errors.sort(Comparator.comparing(BadSignalsException.Error::path));
    return errors;
  }

  private static String path(Path path) {
    String text = path.toString();
    return text.isEmpty() ? "$" : "$." + text;
  }
}
