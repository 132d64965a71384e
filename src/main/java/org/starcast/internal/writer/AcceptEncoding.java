package org.starcast.internal.writer;

import java.util.Locale;

/** The {@code Accept-Encoding} header (RFC 9110, section 12.5.3), as far as gzip is concerned. */
public final class AcceptEncoding {

  private AcceptEncoding() {}

  /** Whether gzip is acceptable and not less welcome than no coding at all. */
  public static boolean gzip(String header) {
    if (header == null) {
      return false;
    }
    double gzip = -1;
    double any = -1;
    double identity = -1;
    for (String part : header.toLowerCase(Locale.ROOT).split(",")) {
      String[] coding = part.split(";", 2);
      double quality = coding.length == 1 ? 1 : quality(coding[1]);
      switch (coding[0].trim()) {
        case "gzip", "x-gzip" -> gzip = quality;
        case "*" -> any = quality;
        case "identity" -> identity = quality;
        default -> {
          // another coding
        }
      }
    }
    double offered = gzip >= 0 ? gzip : any;
    return offered > 0 && offered >= identity;
  }

  private static double quality(String parameter) {
    String text = parameter.trim();
    if (!text.startsWith("q=")) {
      return 1;
    }
    try {
      return Double.parseDouble(text.substring(2).trim());
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
