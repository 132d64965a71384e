package org.starcast.demo.dashboard;

import java.io.Serializable;
import java.security.Principal;
import java.util.Set;

/** Who has signed in, as the session keeps it. */
record Caller(String name, Set<String> roles) implements Principal, Serializable {

  static final String ATTRIBUTE = Caller.class.getName();

  @Override
  public String getName() {
    return name;
  }
}
