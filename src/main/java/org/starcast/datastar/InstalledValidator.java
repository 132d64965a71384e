package org.starcast.datastar;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.starcast.datastar.Signals.BadSignalsException;
import org.starcast.internal.logging.LogMessage;

/**
 * Jakarta Validation, where it is there with a provider; else nothing is checked, which the log
 * says once. Thread-safe.
 */
final class InstalledValidator implements Function<Object, List<BadSignalsException.Error>> {

  private static final System.Logger LOG = System.getLogger(InstalledValidator.class.getName());

  private final AtomicBoolean said = new AtomicBoolean();

  @Override
  public List<BadSignalsException.Error> apply(Object signals) {
    Function<Object, List<BadSignalsException.Error>> validator;
    try {
      // at each use: this class may outlive the container's in a test
      validator = SignalsValidator.find();
    } catch (RuntimeException | LinkageError e) {
      if (said.compareAndSet(false, true)) {
        LogMessage.SIGNALS_NOT_VALIDATED.log(LOG, e.toString());
      }
      return List.of();
    }
    return validator.apply(signals);
  }
}
