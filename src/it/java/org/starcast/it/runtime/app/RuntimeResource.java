package org.starcast.it.runtime.app;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.json.Json;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the application finds where it runs. */
@Path("runtime")
@ApplicationScoped
public class RuntimeResource {

  /** The APIs of MicroProfile that Starcast uses, a type of each, and its Maven artifact. */
  private static final String[][] APIS = {
    {"Config", "config.ConfigProvider", "config/microprofile-config-api"},
    {"Health", "health.HealthCheck", "health/microprofile-health-api"},
    {"JWT", "jwt.JsonWebToken", "jwt/microprofile-jwt-auth-api"},
    {"Metrics", "metrics.MetricRegistry", "metrics/microprofile-metrics-api"},
    {"OpenAPI", "openapi.OASFilter", "openapi/microprofile-openapi-api"},
  };

  /** Open Liberty's bundles have versions of their own, and that of the API in their names. */
  private static final Pattern VERSION_IN_NAME = Pattern.compile(".*\\.(\\d+\\.\\d+)");

  /**
   * The version of Java, and which version of each API is there; one that the WAR brought says so.
   */
  @GET
  @Produces(MediaType.APPLICATION_JSON)
  public String runtime() {
    Map<String, Object> apis = new TreeMap<>();
    for (String[] api : APIS) {
      find("org.eclipse.microprofile." + api[1])
          .ifPresent(type -> apis.put(api[0], versionOf(type, api[2]) + whereFrom(type)));
    }
    return Json.createObjectBuilder()
        .add("java", System.getProperty("java.version"))
        .add("microProfile", Json.createObjectBuilder(apis))
        .build()
        .toString();
  }

  private static Optional<Class<?>> find(String type) {
    try {
      return Optional.of(Class.forName(type, false, RuntimeResource.class.getClassLoader()));
    } catch (ClassNotFoundException | LinkageError e) {
      return Optional.empty();
    }
  }

  private static String whereFrom(Class<?> type) {
    boolean own = type.getClassLoader() == RuntimeResource.class.getClassLoader();
    return own ? " in the WAR" : "";
  }

  private static String versionOf(Class<?> type, String artifact) {
    Properties pom = new Properties();
    read(
        type,
        "META-INF/maven/org.eclipse.microprofile." + artifact + "/pom.properties",
        in -> pom.load(in));
    Manifest manifest = new Manifest();
    read(type, "META-INF/MANIFEST.MF", in -> manifest.read(in));
    Attributes attributes = manifest.getMainAttributes();
    return Stream.of(
            pom.getProperty("version"),
            versionInName(attributes.getValue("Bundle-SymbolicName")),
            attributes.getValue("Bundle-Version"),
            attributes.getValue(Attributes.Name.IMPLEMENTATION_VERSION),
            attributes.getValue(Attributes.Name.SPECIFICATION_VERSION))
        .filter(version -> version != null && !version.isBlank())
        .findFirst()
        .orElse("of unknown version");
  }

  private static String versionInName(String bundle) {
    Matcher matcher = VERSION_IN_NAME.matcher(bundle == null ? "" : bundle.split(";")[0].strip());
    return matcher.matches() ? matcher.group(1) : null;
  }

  /**
   * Reads a file of the jar that a type is from, if there is one; servers keep jars in many ways.
   */
  private static void read(Class<?> type, String file, Reader reader) {
    URL self = type.getResource(type.getSimpleName() + ".class");
    if (self == null) {
      return;
    }
    try (InputStream in = new URL(self, "/" + file).openStream()) {
      reader.read(in);
    } catch (IOException e) {
      // this server's jar does not have it
    }
  }

  private interface Reader {
    void read(InputStream in) throws IOException;
  }
}
