package org.starcast.it.mistakes;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Set;

/** Lists its own classes alone. */
@ApplicationPath("api")
public class MistakenApplication extends Application {

  @Override
  public Set<Class<?>> getClasses() {
    return Set.of(MistakenResource.class);
  }
}
