package org.starcast.internal.backplane;

import io.nats.client.AuthHandler;
import io.nats.client.ConnectionListener;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.starcast.internal.config.BackplaneConfig;

/** How the client connects, by the configuration; once for each connection. */
public final class NatsOptions {

  private static final Duration CONNECT = Duration.ofSeconds(3);
  private static final Duration PING = Duration.ofSeconds(5);

  /** Servers that the broker told of and are tried too. */
  private static final int MAX_SERVERS = 64;

  private static final String KEY = "starcast.backplane.nats.";

  private static final Pattern JWT = Pattern.compile("eyJ[\\w-]*\\.[\\w-]+\\.[\\w-]+");

  private final BackplaneConfig.Nats config;
  private final SSLContext tls;
  private final Set<String> servers = new LinkedHashSet<>();

  /**
   * Reads the key stores, and tries the files with credentials.
   *
   * @throws IllegalArgumentException if one cannot be used; the message begins with the key
   */
  NatsOptions(BackplaneConfig.Nats config) {
    this.config = config;
    boolean wanted =
        config.trustStore().isPresent()
            || config.keyStore().isPresent()
            || config.servers().stream().anyMatch(server -> "tls".equals(server.getScheme()));
    this.tls = wanted ? tls(config) : null;
    config.servers().forEach(server -> servers.add(server.toString()));
    authentication();
  }

  /** Servers that a broker told of are tried as well from now on. */
  void learn(Collection<String> told) {
    for (String server : told) {
      if (servers.size() < MAX_SERVERS) {
        servers.add(server);
      }
    }
  }

  /**
   * The options of one connection, which ends for good when it breaks: the next is a new one.
   *
   * @throws IllegalArgumentException if the file with the credentials cannot be used any more; the
   *     message begins with the key
   */
  Options options(
      ExecutorService threads,
      ExecutorService callbacks,
      ScheduledExecutorService timer,
      ConnectionListener connections,
      ErrorListener errors) {
    Options.Builder options =
        ofOneConnection(new Options.Builder())
            .servers(servers.toArray(String[]::new))
            .connectionName("starcast")
            // so that the certificate is compared with the name
            .hostnameResolveMode(Options.HostnameResolveMode.Unresolved)
            .connectionTimeout(CONNECT)
            .executor(threads)
            .connectExecutor(threads)
            .callbackExecutor(callbacks)
            .scheduledExecutor(timer)
            .connectionListener(connections)
            .errorListener(errors);
    if (tls != null) {
      options.sslContext(tls);
    }
    authentication().ifPresent(options::authHandler);
    config
        .username()
        .ifPresent(
            name ->
                options.userInfo(name.toCharArray(), config.password().orElse("").toCharArray()));
    return options.build();
  }

  /**
   * For a connection that an outbox sends by: it ends when it breaks or the broker is silent, and
   * takes every topic as a subject.
   */
  public static Options.Builder ofOneConnection(Options.Builder options) {
    return NatsDataPort.use(options)
        .noReconnect()
        .subjectValidationType(Options.SubjectValidationType.None)
        .supportUTF8Subjects()
        .pingInterval(PING)
        .maxMessagesInOutgoingQueue(0);
  }

  /** By the file as it is now: it may be given a JWT that is valid for longer. */
  private Optional<AuthHandler> authentication() {
    if (config.credentials().isPresent()) {
      return Optional.of(authentication("credentials", config.credentials().get(), true));
    }
    return config.nkey().map(file -> authentication("nkey", file, false));
  }

  /** The seed of a user in a file, and its JWT; other lines are decoration. */
  private static AuthHandler authentication(String key, Path file, boolean signed) {
    CharBuffer text;
    try {
      byte[] bytes = Files.readAllBytes(file);
      text = StandardCharsets.US_ASCII.decode(ByteBuffer.wrap(bytes));
      Arrays.fill(bytes, (byte) 0);
    } catch (IOException e) {
      throw new IllegalArgumentException(KEY + key + ": cannot be read: " + e.getMessage(), e);
    }
    char[] jwt = null;
    char[] seed = null;
    for (String line : text.toString().split("\\R")) {
      if (JWT.matcher(line.trim()).matches()) {
        jwt = line.trim().toCharArray();
      } else if (line.trim().startsWith("SU")) {
        seed = line.trim().toCharArray();
      }
    }
    if (signed && jwt == null) {
      throw new IllegalArgumentException(KEY + key + ": has no line with the JWT of a user");
    }
    if (seed == null) {
      throw new IllegalArgumentException(KEY + key + ": has no line with the seed of a user");
    }
    AuthHandler authentication = Nats.staticCredentials(jwt, seed);
    try {
      authentication.getID();
    } catch (IllegalStateException e) {
      // without the cause, which may have the seed
      throw new IllegalArgumentException(KEY + key + ": the seed of the user is malformed");
    }
    return authentication;
  }

  private static SSLContext tls(BackplaneConfig.Nats config) {
    try {
      KeyManager[] keys = null;
      if (config.keyStore().isPresent()) {
        KeyManagerFactory factory =
            KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        char[] password = config.keyStorePassword().map(String::toCharArray).orElse(null);
        factory.init(store("key-store", config.keyStore().get(), password), password);
        keys = factory.getKeyManagers();
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      Optional<Path> trusted = config.trustStore();
      factory.init(
          trusted.isEmpty()
              ? null
              : store(
                  "trust-store",
                  trusted.get(),
                  config.trustStorePassword().map(String::toCharArray).orElse(null)));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          keys,
          Arrays.stream(factory.getTrustManagers())
              .map(
                  manager -> manager instanceof X509ExtendedTrustManager x ? new Named(x) : manager)
              .toArray(TrustManager[]::new),
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(KEY + "key-store: cannot be used: " + e.getMessage(), e);
    }
  }

  private static KeyStore store(String key, Path file, char[] password)
      throws GeneralSecurityException {
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      try (InputStream in = Files.newInputStream(file)) {
        store.load(in, password);
      }
      return store;
    } catch (IOException e) {
      throw new IllegalArgumentException(KEY + key + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Compares the server's name with its certificate (RFC 2818), which the client does not. */
  private static final class Named extends X509ExtendedTrustManager {

    private final X509ExtendedTrustManager authorities;

    Named(X509ExtendedTrustManager authorities) {
      this.authorities = authorities;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      if (!(socket instanceof SSLSocket tls)) {
        throw new CertificateException("no TLS");
      }
      SSLParameters parameters = tls.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      tls.setSSLParameters(parameters);
      authorities.checkServerTrusted(chain, type, socket);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("the server's name is not known");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("the server's name is not known");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      authorities.checkClientTrusted(chain, type, socket);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      authorities.checkClientTrusted(chain, type, engine);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      authorities.checkClientTrusted(chain, type);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return authorities.getAcceptedIssuers();
    }
  }
}
