package org.starcast.bench.war;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/**
 * Lists no classes, so that the server finds the resources of this WAR and of the library's jar.
 */
@ApplicationPath("/api")
public class BenchApplication extends Application {}
