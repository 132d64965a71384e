package org.starcast.security;

/** What an authorizer says. One that denies overrules all that permit. */
public enum Decision {
  /** Yes, unless somebody denies. */
  PERMIT,
  /** No, whatever others say. */
  DENY,
  /** It is for others to decide. */
  ABSTAIN
}
