package org.starcast.demo.dashboard;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.security.enterprise.credential.UsernamePasswordCredential;
import jakarta.security.enterprise.identitystore.CredentialValidationResult;
import jakarta.security.enterprise.identitystore.IdentityStore;
import java.util.Map;
import java.util.Set;

/** Who may see the dashboard. Passwords like these are for demos only. */
@ApplicationScoped
public class DemoUsers implements IdentityStore {

  private static final Map<String, Set<String>> ROLES =
      Map.of("ada", Set.of("admin"), "vera", Set.of("viewer"));

  /** Called by the container. */
  public CredentialValidationResult validate(UsernamePasswordCredential credential) {
    String user = credential.getCaller();
    return ROLES.containsKey(user) && credential.compareTo(user, user + "-demo")
        ? new CredentialValidationResult(user, ROLES.get(user))
        : CredentialValidationResult.INVALID_RESULT;
  }
}
