package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.ReceivedEvent;

/** A browser's way to a server: TLS, HTTP/2, one connection for all streams. */
public final class TlsClient {

  static final String PASSWORD = "changeit";

  private final SSLContext context;
  private final HttpClient client;

  /** Trusts whoever answers. */
  TlsClient() throws GeneralSecurityException {
    context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustsAll()}, null);
    client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).sslContext(context).build();
  }

  SSLSocketFactory sockets() {
    return context.getSocketFactory();
  }

  /** Makes a key store with a key and a certificate for 127.0.0.1, by the JDK's keytool. */
  public static void makeKeyStore(Path file) throws IOException, InterruptedException {
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "s1as",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .inheritIO()
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).isZero();
  }

  /**
   * Opens a stream, of which nothing is read yet.
   *
   * @throws IOException also if the answer is not 200
   */
  Stream open(URI uri, String... headers) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      HttpResponse<InputStream> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        response.body().close();
        throw new IOException("status " + response.statusCode());
      }
      return new Stream(response);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** One stream, read on a thread of its own from when it is told to. */
  static final class Stream {
    private final HttpResponse<InputStream> response;
    private final List<ReceivedEvent> events = new ArrayList<>();
    private volatile boolean ended;
    private volatile boolean reset;

    private Stream(HttpResponse<InputStream> response) {
      this.response = response;
    }

    Stream reading() {
      Thread reader = new Thread(this::read, "tls-stream");
      reader.setDaemon(true);
      reader.start();
      return this;
    }

    private void read() {
      EventStreamParser parser = new EventStreamParser();
      byte[] buffer = new byte[16 << 10];
      try (InputStream in =
          header("Content-Encoding").equals("gzip")
              ? new GZIPInputStream(response.body())
              : response.body()) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          synchronized (events) {
            for (EventStreamParser.Item item : parser.feed(buffer, 0, n).take()) {
              if (item instanceof ReceivedEvent event) {
                events.add(event);
              }
            }
          }
        }
      } catch (IOException e) {
        reset = true;
      } finally {
        ended = true;
      }
    }

    /** The header's value, or nothing. */
    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    HttpClient.Version version() {
      return response.version();
    }

    List<ReceivedEvent> events() {
      synchronized (events) {
        return List.copyOf(events);
      }
    }

    List<String> data() {
      return events().stream().map(ReceivedEvent::data).toList();
    }

    boolean ended() {
      return ended;
    }

    /** Whether it has been read until it broke off. */
    boolean wasReset() {
      return reset;
    }

    void close() throws IOException {
      response.body().close();
    }
  }

  private static final class TrustsAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
