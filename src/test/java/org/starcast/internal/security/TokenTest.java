package org.starcast.internal.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.security.Principal;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TokenTest {

  /** A server that has no MicroProfile JWT. */
  private static final class WithoutJwt extends ClassLoader {

    WithoutJwt() {
      super(TokenTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("org.eclipse.microprofile.jwt.")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("org.starcast.")) {
        return super.loadClass(name, resolve);
      }
      Class<?> known = findLoadedClass(name);
      if (known != null) {
        return known;
      }
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] code = in.readAllBytes();
        return defineClass(name, code, 0, code.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  @Test
  void aServerWithoutTheApiHasCallersWithoutTokens() throws Exception {
    WithoutJwt server = new WithoutJwt();
    assertThatThrownBy(() -> server.loadClass("org.eclipse.microprofile.jwt.JsonWebToken"))
        .isInstanceOf(ClassNotFoundException.class);
    Class<?> token = server.loadClass(Token.class.getName());
    var of = token.getDeclaredMethod("of", Principal.class);
    of.setAccessible(true);
    Principal ann = () -> "ann";
    for (int i = 0; i < 2; i++) {
      assertThat(of.invoke(null, ann))
          .hasToString(
              new Token(Set.of(), Map.of(), Optional.empty(), Optional.empty()).toString());
    }
  }
}
