package org.starcast.internal;

import javax.naming.InitialContext;
import javax.naming.NamingException;

/** The container's names, where there is a container, and JNDI. Thread-safe. */
public final class Jndi {

  private Jndi() {}

  /**
   * What is bound to a name; null if nothing is, or nothing can be.
   *
   * @throws ClassCastException at the caller, if it is of another type
   */
  public static <T> T lookUp(String name) {
    try {
      return Names.lookUp(name);
    } catch (LinkageError e) {
      return null; // a Java without the module java.naming
    }
  }

  /** Apart, so that nothing else needs the API to be there. */
  private static final class Names {
    static <T> T lookUp(String name) {
      try {
        return InitialContext.doLookup(name);
      } catch (NamingException e) {
        return null;
      }
    }
  }
}
