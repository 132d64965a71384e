package org.starcast.internal.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import jakarta.servlet.ServletContext;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Where Jakarta REST answers. */
class RestPathTest {

  /** Says a path. */
  @ApplicationPath("/api/v1/*")
  public static class Api extends Application {}

  /** Says one, too, but has not Starcast's resources. */
  @ApplicationPath("admin")
  public static class Admin extends Application {
    @Override
    public Set<Class<?>> getClasses() {
      return Set.of(RestPathTest.class);
    }
  }

  /** Says none. */
  public static class Bare extends Application {}

  private static String path(WebContext web, Class<?>... applications) {
    ServletContext context = web.get();
    new ListedClasses().onStartup(Set.of(applications), context);
    return RestPath.of(context);
  }

  @Test
  void itIsWhatTheApplicationSays() {
    assertThat(path(new WebContext(), Api.class)).isEqualTo("/api/v1");
  }

  @Test
  void anApplicationWithoutStarcastsResourcesIsNotTheOne() {
    assertThat(path(new WebContext(), Admin.class, Api.class)).isEqualTo("/api/v1");
    assertThatIllegalStateException()
        .isThrownBy(() -> path(new WebContext(), Admin.class))
        .withMessageStartingWith("no application of Jakarta REST is found here");
  }

  @Test
  void aMappingOfTheServletTakesItsPlace() {
    assertThat(path(new WebContext().servlet(Api.class.getName(), null, "/other/*"), Api.class))
        .isEqualTo("/other");
    assertThat(path(new WebContext().servlet("rest", Bare.class.getName(), "/*"), Bare.class))
        .isEmpty();
  }

  @Test
  void aServletOfNoApplicationInParticularWillDo() {
    WebContext web =
        new WebContext()
            .servlet("pages", null, "/pages/*")
            .servlet(Application.class.getName(), null, "/rest/*");
    assertThat(path(web)).isEqualTo("/rest");
    assertThat(path(web, Bare.class)).isEqualTo("/rest");
    assertThat(RestPath.of(web.get())).isEqualTo("/rest");
  }
}
