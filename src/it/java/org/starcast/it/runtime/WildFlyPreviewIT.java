package org.starcast.it.runtime;

/** See {@link RuntimeContract}. */
class WildFlyPreviewIT extends RuntimeContract {
  WildFlyPreviewIT() {
    super(
        new WildFlyTarget(
            "WildFly Preview",
            "wildfly-preview",
            Target.unpacked(
                "wildfly-preview/wildfly-preview-"
                    + System.getProperty("wildfly-preview.version"))));
  }
}
