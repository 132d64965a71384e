package org.starcast.it.runtime;

import java.nio.file.Path;

/** See {@link RuntimeContract}. */
class Payara6IT extends RuntimeContract {
  Payara6IT() {
    super(new PayaraTarget(6, 11, Path.of(System.getProperty("payara.microJar"))));
  }
}
