package org.starcast.it.postgresql;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** Purchases. */
@ApplicationPath("api")
public class PurchasesApplication extends Application {}
