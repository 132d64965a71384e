package org.starcast.internal.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.BadRequestException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Fields in {@code application/x-www-form-urlencoded} (the URL standard, section 5.1), as they are
 * or not at all: bytes that are not encoded, as {@code curl -d} sends them, are UTF-8 like all
 * others; what is no UTF-8, or no encoding, is refused and not replaced.
 */
final class FormData {

  private FormData() {}

  /**
   * The fields by their names.
   *
   * @throws jakarta.ws.rs.BadRequestException naming the field that cannot be read, or the body
   */
  static Map<String, List<String>> parse(byte[] body) {
    return parse(body, null);
  }

  /**
   * The parameters of a request by their names; other values than those of the known ones are not
   * read.
   *
   * @throws jakarta.ws.rs.BadRequestException naming the known one that cannot be read
   */
  static Map<String, List<String>> query(HttpServletRequest request, Set<String> known) {
    String query = request == null ? null : request.getQueryString();
    if (query == null) {
      return Map.of();
    }
    // where the container leaves bytes that are not encoded as they are, each is a character
    boolean bytes = query.chars().allMatch(c -> c < 256);
    return parse(
        query.getBytes(bytes ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8), known);
  }

  /** Null for known ones: all. */
  private static Map<String, List<String>> parse(byte[] body, Set<String> known) {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    for (int begin = 0; begin <= body.length; ) {
      int end = indexOf(body, '&', begin, body.length);
      int equals = indexOf(body, '=', begin, end);
      String name = null;
      if (end > begin) {
        try {
          name = decode("body", body, begin, equals);
        } catch (BadRequestException e) {
          if (known == null) {
            throw e;
          }
        }
      }
      if (name != null) {
        boolean read = known == null || known.contains(name);
        int value = Math.min(equals + 1, end);
        fields
            .computeIfAbsent(name, n -> new ArrayList<>())
            .add(read ? decode(Parameters.printable(name), body, value, end) : "");
      }
      begin = end + 1;
    }
    return fields;
  }

  private static int indexOf(byte[] bytes, char wanted, int begin, int end) {
    int at = begin;
    while (at < end && bytes[at] != wanted) {
      at++;
    }
    return at;
  }

  private static String decode(String field, byte[] bytes, int begin, int end) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(end - begin);
    for (int i = begin; i < end; i++) {
      byte b = bytes[i];
      if (b == '%') {
        int high = i + 2 < end ? Character.digit(bytes[i + 1], 16) : -1;
        int low = i + 2 < end ? Character.digit(bytes[i + 2], 16) : -1;
        if (high < 0 || low < 0) {
          throw Parameters.bad(field + ": is not application/x-www-form-urlencoded");
        }
        out.write(high << 4 | low);
        i += 2;
      } else {
        out.write(b == '+' ? ' ' : b);
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(out.toByteArray()))
          .toString();
    } catch (CharacterCodingException e) {
      throw Parameters.bad(field + ": is not UTF-8");
    }
  }
}
