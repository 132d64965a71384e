package org.starcast.site;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

// snippet: api
@ApplicationPath("api")
public class Api extends Application {}
// end snippet
