package org.starcast.site.tokens;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import org.eclipse.microprofile.auth.LoginConfig;

// snippet: api
@ApplicationScoped // a bean, or Payara does not see the annotation
@ApplicationPath("api")
@LoginConfig(authMethod = "MP-JWT", realmName = "shop")
public class Api extends Application {}
// end snippet
