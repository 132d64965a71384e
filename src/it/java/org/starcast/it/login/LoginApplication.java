package org.starcast.it.login;

import jakarta.annotation.security.DeclareRoles;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.security.enterprise.authentication.mechanism.http.BasicAuthenticationMechanismDefinition;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;

/** Callers without a password are nobody, and let in: what they may do is the rules' matter. */
@ApplicationScoped
@ApplicationPath("api")
@BasicAuthenticationMechanismDefinition(realmName = "tests")
@DeclareRoles({"staff", "manager", "operator"})
public class LoginApplication extends Application {}
