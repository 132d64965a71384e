package org.starcast.it.app;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** Lists no classes, so that the jar's own resources are found by scanning, as in a user's WAR. */
@ApplicationPath("api")
public class TestApplication extends Application {}
