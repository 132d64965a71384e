package org.starcast.internal.engine;

import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.internal.http.FormData;
import org.starcast.internal.json.Json;

/**
 * By what a client without a name shows that it is the one that was there before: the id that it
 * had, behind the server's signature of it (HMAC-SHA-256). Nobody else can make one, though ids are
 * no secret, and the server needs to remember none. Thread-safe.
 */
final class ResumeTokens {

  private static final String ALGORITHM = "HmacSHA256";

  /** 256 bits in base 64. */
  private static final int SIGNATURE_LENGTH = 43;

  private final SecretKeySpec key;

  ResumeTokens() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    key = new SecretKeySpec(secret, ALGORITHM);
  }

  /** The token of a user, which is a client's id: it needs no escaping in a URL. */
  String token(String user) {
    return signature(user) + user;
  }

  /** The user of a token that was made here. */
  Optional<String> user(String token) {
    if (token.length() <= SIGNATURE_LENGTH) {
      return Optional.empty();
    }
    String user = token.substring(SIGNATURE_LENGTH);
    boolean ours =
        MessageDigest.isEqual(
            signature(user).getBytes(StandardCharsets.UTF_8),
            token.substring(0, SIGNATURE_LENGTH).getBytes(StandardCharsets.UTF_8));
    return ours ? Optional.of(user) : Optional.empty();
  }

  /** The subscription, of the user whose token the request has, if it has one. */
  Subscription recognize(Subscription subscription, HttpServletRequest request) {
    return FormData.first(request, "resume")
        .flatMap(this::user)
        .map(subscription::user)
        .orElse(subscription);
  }

  /** What tells a client its token. */
  String greeting(SseClient client) {
    return Json.createObjectBuilder()
        .add("id", client.id())
        .add("resume", token(client.user()))
        .build()
        .toString();
  }

  private String signature(String user) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(mac.doFinal(user.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
    }
  }
}
