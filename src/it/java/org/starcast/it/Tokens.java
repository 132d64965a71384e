package org.starcast.it;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** An issuer of JSON Web Tokens, whose public key the server is configured with; and a forger. */
final class Tokens {

  static final String ISSUER = "https://issuer.example";
  static final String AUDIENCE = "starcast-tests";

  private final KeyPair keys = keyPair();

  private static KeyPair keyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** The public key, as {@code mp.jwt.verify.publickey} has it. */
  String publicKey() {
    return Base64.getEncoder().encodeToString(keys.getPublic().getEncoded());
  }

  /** A valid token for ten minutes. */
  String of(String name, String... groups) {
    return of(name, Duration.ofMinutes(10), claims -> {}, groups);
  }

  /** A token with a good signature, and claims as the test wants them. */
  String of(String name, Duration life, Consumer<JsonObjectBuilder> change, String... groups) {
    return signed(claims(name, life, change, groups));
  }

  static JsonObject claims(
      String name, Duration life, Consumer<JsonObjectBuilder> change, String... groups) {
    long now = Instant.now().getEpochSecond();
    JsonObjectBuilder claims =
        Json.createObjectBuilder()
            .add("iss", ISSUER)
            .add("aud", Json.createArrayBuilder().add(AUDIENCE))
            .add("sub", name)
            .add("upn", name)
            .add("groups", Json.createArrayBuilder(List.of(groups)))
            .add("jti", UUID.randomUUID().toString())
            .add("iat", Math.min(now, now + life.toSeconds() - 1))
            .add("exp", now + life.toSeconds());
    change.accept(claims);
    return claims.build();
  }

  String signed(JsonObject claims) {
    String content = content("RS256", claims);
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(keys.getPrivate());
      signature.update(content.getBytes(StandardCharsets.US_ASCII));
      return content + "." + encode(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** Signed by a key of somebody else. */
  static String forged(JsonObject claims) {
    return new Tokens().signed(claims);
  }

  /** With {@code alg=none} as somebody may spell it, and no signature. */
  static String unsigned(String none, JsonObject claims) {
    return content(none, claims) + ".";
  }

  /** Signed by HMAC, whose secret is what everybody knows: the public key. */
  String confused(JsonObject claims, boolean pem) {
    byte[] secret =
        pem
            ? ("-----BEGIN PUBLIC KEY-----\n" + publicKey() + "\n-----END PUBLIC KEY-----")
                .getBytes(StandardCharsets.US_ASCII)
            : keys.getPublic().getEncoded();
    String content = content("HS256", claims);
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      return content + "." + encode(mac.doFinal(content.getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** The claims of one token with the signature of another. */
  static String spliced(String token, JsonObject claims) {
    return content("RS256", claims) + token.substring(token.lastIndexOf('.'));
  }

  private static String content(String algorithm, JsonObject claims) {
    JsonObject header = Json.createObjectBuilder().add("alg", algorithm).add("typ", "JWT").build();
    return encode(header.toString().getBytes(StandardCharsets.UTF_8))
        + "."
        + encode(claims.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
