package org.starcast.bench;

/** What a subject runs in. */
enum Container {
  PAYARA("Payara Micro"),
  WILDFLY("WildFly"),
  NGINX("nginx");

  final String label;

  Container(String label) {
    this.label = label;
  }
}
