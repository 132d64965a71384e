package org.starcast.it.secured;

import jakarta.annotation.security.DeclareRoles;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import org.eclipse.microprofile.auth.LoginConfig;

/**
 * Callers without a token are nobody, and let in; those with one that is not valid are not.
 *
 * <p>Scoped, so that it is a bean: else Payara does not see its {@code @LoginConfig}.
 */
@ApplicationScoped
@ApplicationPath("api")
@LoginConfig(authMethod = "MP-JWT", realmName = "tests")
@DeclareRoles({"clerk", "manager", "operator"})
public class SecuredApplication extends Application {}
