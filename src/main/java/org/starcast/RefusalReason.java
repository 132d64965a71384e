package org.starcast;

/** Why a client was not taken. */
public enum RefusalReason {
  /** The application, or the server, is shutting down: 503. */
  DRAINING,
  /** There are {@code starcast.max-clients} clients: 503. */
  CLIENTS,
  /** The user has {@code starcast.max-clients-per-principal} clients: 429. */
  CLIENTS_PER_PRINCIPAL,
  /** The address has {@code starcast.max-clients-per-address} clients: 429. */
  CLIENTS_PER_ADDRESS,
  /** The user connected more often than {@code starcast.max-connects-per-principal}: 429. */
  CONNECTS_PER_PRINCIPAL,
  /** The address connected more often than {@code starcast.max-connects-per-address}: 429. */
  CONNECTS_PER_ADDRESS,
  /** The caller may not hear what it asks for, or its token has expired: 401 or 403. */
  FORBIDDEN,
  /** The node has not reached its backplane yet: 503. */
  BACKPLANE
}
