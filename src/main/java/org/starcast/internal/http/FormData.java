package org.starcast.internal.http;

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
import java.util.Optional;
import java.util.Set;

/**
 * The one reader of a request's parameters, out of queries and forms: fields in {@code
 * application/x-www-form-urlencoded} (the URL standard, section 5.1), as they are or not at all:
 * bytes that are not encoded, as {@code curl -d} sends them, are UTF-8 like all others; what is no
 * UTF-8, or no encoding, is refused and not replaced.
 */
public final class FormData {

  /** The request's attribute with the fields of its body. */
  private static final String BODY = FormData.class.getName();

  private FormData() {}

  /**
   * Has the fields of a request's body count as its parameters, behind those of its query, for all
   * who read them later.
   */
  public static void addBody(HttpServletRequest request, Map<String, List<String>> fields) {
    request.setAttribute(BODY, fields);
  }

  /**
   * The fields by their names.
   *
   * @throws jakarta.ws.rs.BadRequestException naming the field that cannot be read, or the body
   */
  public static Map<String, List<String>> parse(byte[] body) {
    return parse(body, null);
  }

  /**
   * The parameters of a request by their names, out of the query and what {@link #addBody} was
   * given; {@code getParameter} may read the body. Other values of the query than those of the
   * known ones are not read.
   *
   * @param request the request, or null for none
   * @throws jakarta.ws.rs.BadRequestException naming the known one that cannot be read
   */
  @SuppressWarnings("unchecked")
  public static Map<String, List<String>> parameters(
      HttpServletRequest request, Set<String> known) {
    if (request == null) {
      return Map.of();
    }
    Map<String, List<String>> query = query(request.getQueryString(), known);
    Object body = request.getAttribute(BODY);
    if (body == null) {
      return query;
    }
    Map<String, List<String>> all = new LinkedHashMap<>(query);
    ((Map<String, List<String>>) body)
        .forEach((name, values) -> all.merge(name, values, FormData::concat));
    return all;
  }

  private static List<String> concat(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  /**
   * The first value of one parameter.
   *
   * @throws jakarta.ws.rs.BadRequestException as {@link #parameters}
   */
  public static Optional<String> first(HttpServletRequest request, String name) {
    return parameters(request, Set.of(name)).getOrDefault(name, List.of()).stream().findFirst();
  }

  /** The parameters of a query that is not decoded, as {@link #parameters}; null for none. */
  public static Map<String, List<String>> query(String query, Set<String> known) {
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
            .add(read ? decode(name, body, value, end) : "");
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
          throw Problem.badRequest(printable(field) + ": is not application/x-www-form-urlencoded");
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
      throw Problem.badRequest(printable(field) + ": is not UTF-8");
    }
  }

  /** A name that came from outside, for a message: ASCII, 40 characters at most. */
  public static String printable(String name) {
    String shown = name.length() > 40 ? name.substring(0, 40) + "..." : name;
    return shown.replaceAll("[^\\x20-\\x7e]", "?");
  }

  /**
   * The id that a request goes on from: its header {@code Last-Event-ID} first, then its query
   * parameter {@code lastEventId}; or the empty text.
   *
   * @param request the request, or null for none
   */
  public static String lastEventId(HttpServletRequest request) {
    if (request == null) {
      return "";
    }
    String header = request.getHeader("Last-Event-ID");
    if (header != null && !header.isEmpty()) {
      return header;
    }
    return first(request, "lastEventId").orElse("");
  }
}
