package org.starcast.it.jpa;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** Lists no classes, so that all of them are found by scanning. */
@ApplicationPath("api")
public class JpaApplication extends Application {}
