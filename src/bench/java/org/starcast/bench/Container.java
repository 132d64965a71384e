package org.starcast.bench;

/** What a subject runs in. */
enum Container {
  PAYARA("Payara Micro"),
  WILDFLY("WildFly"),
  /** The one that {@code --server} starts. */
  SERVER("server"),
  /** None: the subject is a server of its own. */
  HUB(null);

  final String label;

  Container(String label) {
    this.label = label;
  }
}
