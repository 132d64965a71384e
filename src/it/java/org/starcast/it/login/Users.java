package org.starcast.it.login;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.security.enterprise.credential.UsernamePasswordCredential;
import jakarta.security.enterprise.identitystore.CredentialValidationResult;
import jakarta.security.enterprise.identitystore.IdentityStore;
import java.util.Map;
import java.util.Set;

/** The users and their roles; each one's password is the name and {@code -secret}. */
@ApplicationScoped
public class Users implements IdentityStore {

  private static final Map<String, Set<String>> ROLES =
      Map.of(
          "ann", Set.of("staff"),
          "bob", Set.of(),
          "max", Set.of("staff", "manager"),
          "olga", Set.of("operator"));

  /** By type of credential, as the default method looks for it (Jakarta Security 3.0, 3.2.4). */
  public CredentialValidationResult validate(UsernamePasswordCredential credential) {
    String name = credential.getCaller();
    return ROLES.containsKey(name) && credential.compareTo(name, name + "-secret")
        ? new CredentialValidationResult(name, ROLES.get(name))
        : CredentialValidationResult.INVALID_RESULT;
  }
}
