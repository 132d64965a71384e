package org.starcast.internal.writer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptEncodingTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // as browsers and curl send it
        "gzip, deflate, br, zstd | true",
        "gzip, deflate | true",
        "deflate, gzip, br | true",
        "gzip | true",
        "GZIP | true",
        "x-gzip | true",
        "br | false",
        "deflate | false",
        "gzipped | false",
        "'' | false",
        "identity | false",
        // weights
        "gzip;q=1 | true",
        "gzip;q=1.000 | true",
        "gzip;q=0.001 | true",
        "gzip;q=0 | false",
        "gzip;q=0.0 | false",
        "gzip;q=0.000 | false",
        "gzip ; q=0 | false",
        "gzip; Q=0 | false",
        "br;q=1.0, gzip;q=0.8, *;q=0.1 | true",
        "br;q=1.0, gzip;q=0, *;q=0.1 | false",
        // what is not asked for by name
        "* | true",
        "*;q=0 | false",
        "br, *;q=0 | false",
        "gzip, *;q=0 | true",
        // no coding at all
        "identity, gzip | true",
        "identity;q=1, gzip;q=0.5 | false",
        "identity;q=0.5, gzip;q=1 | true",
        "identity;q=0, gzip;q=0.1 | true",
        "identity;q=0, br | false",
        // nonsense is no acceptance
        "gzip;q= | false",
        "gzip;q=high | false",
        "gzip;q=NaN | false",
        ", ,gzip,, | true",
        ";;;,,, | false"
      })
  void decides(String header, boolean gzip) {
    assertThat(AcceptEncoding.gzip(header)).isEqualTo(gzip);
  }

  @Test
  void withoutTheHeaderThereIsNoGzip() {
    assertThat(AcceptEncoding.gzip(null)).isFalse();
  }
}
