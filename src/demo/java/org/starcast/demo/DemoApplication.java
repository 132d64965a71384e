package org.starcast.demo;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/**
 * The demos' JAX-RS application. It lists no classes, so that the container finds the demos'
 * resources and Starcast's own endpoint by scanning.
 */
@ApplicationPath("api")
public class DemoApplication extends Application {}
