package org.starcast.internal.contract;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.starcast.MessageSource;
import org.starcast.Topic;
import org.starcast.datastar.DatastarEvent;
import org.starcast.datastar.DispatchCustomEvent;
import org.starcast.datastar.ExecuteScript;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchElements;
import org.starcast.datastar.PatchSignals;
import org.starcast.htmx.OobSwap;
import org.starcast.internal.json.Json;
import org.starcast.internal.json.JsonSchema;
import org.starcast.internal.json.JsonText;
import org.starcast.internal.payload.PayloadRule;
import org.starcast.internal.topic.CompiledPattern;

/**
 * Makes an AsyncAPI 3.1 document of what is declared: a channel for each topic and pattern, a
 * message for each payload type and event name. What a payload becomes is as {@link PayloadRule}
 * has it, as far as the type says; what only the application's code knows has no payload here.
 */
final class AsyncApi {

  static final String JSON = "application/json";

  private static final String TEXT = "text/plain";
  private static final String HTML = "text/html";
  private static final JsonObject STRING = Json.createObjectBuilder().add("type", "string").build();
  private static final String DESCRIPTION = "description";

  /** The event's name of Datastar's types. */
  private static final Map<Class<?>, String> DATASTAR =
      Map.of(
          PatchElements.class, "datastar-patch-elements",
          ExecuteScript.class, "datastar-patch-elements",
          DispatchCustomEvent.class, "datastar-patch-elements",
          PatchSignals.class, "datastar-patch-signals");

  private final Predicate<Class<?>> hasEncoder;
  private final JsonSchema schemas = new JsonSchema("#/components/schemas/", TypeScript.RESERVED);
  private final Map<Message, String> names = new HashMap<>();
  private final Set<String> taken = new HashSet<>();
  private final JsonObjectBuilder messages = Json.createObjectBuilder();

  /**
   * A message of a channel.
   *
   * @param contract what is said of it, or null
   */
  private record Message(Type payload, Topic.Contract contract) {

    String event() {
      return contract == null ? "" : contract.event();
    }

    /** The type that is said to be sent, or that which is published. */
    Type sent() {
      return isSaid() ? contract.payload() : payload;
    }

    boolean isSaid() {
      return contract != null && contract.payload() != void.class;
    }
  }

  private AsyncApi(Predicate<Class<?>> hasEncoder) {
    this.hasEncoder = hasEncoder;
  }

  /**
   * The document.
   *
   * @param title the application's name
   * @param declared by injected events and observers
   * @param annotated the types with {@link Topic.Contract}
   * @param hasEncoder whether the application encodes payloads of a class
   */
  static JsonObject of(
      String title,
      Collection<Declaration> declared,
      Collection<Class<?>> annotated,
      Predicate<Class<?>> hasEncoder) {
    return new AsyncApi(hasEncoder).document(title, channels(declared, annotated));
  }

  private static Map<String, Set<Message>> channels(
      Collection<Declaration> declared, Collection<Class<?>> annotated) {
    Map<String, Set<Message>> channels = new TreeMap<>();
    Comparator<Type> byName = Comparator.comparing(Type::getTypeName);
    List<Class<?>> types = annotated.stream().sorted(byName).toList();
    for (Class<?> type : types) {
      for (Topic.Contract contract : type.getAnnotationsByType(Topic.Contract.class)) {
        add(channels, contract.value(), new Message(type, contract));
      }
    }
    declared.stream()
        .sorted(Comparator.comparing(Declaration::payload, byName))
        .forEach(
            found -> {
              List<Topic.Contract> said = said(found, types);
              if (said.isEmpty()) {
                add(channels, found.topic(), new Message(found.payload(), null));
              }
              said.forEach(
                  contract -> add(channels, found.topic(), new Message(found.payload(), contract)));
            });
    return channels;
  }

  private static void add(Map<String, Set<Message>> channels, String topic, Message message) {
    channels.computeIfAbsent(topic, any -> new LinkedHashSet<>()).add(message);
  }

  /** What the payload's type says of this topic. */
  private static List<Topic.Contract> said(Declaration found, List<Class<?>> annotated) {
    if (!(found.payload() instanceof Class<?> type) || !annotated.contains(type)) {
      return List.of();
    }
    CompiledPattern topic = CompiledPattern.of(found.topic());
    return Stream.of(type.getAnnotationsByType(Topic.Contract.class))
        .filter(contract -> CompiledPattern.of(contract.value()).contains(topic))
        .toList();
  }

  private JsonObject document(String title, Map<String, Set<Message>> found) {
    JsonObjectBuilder channels = Json.createObjectBuilder();
    JsonObjectBuilder operations = Json.createObjectBuilder();
    found.forEach(
        (pattern, sent) -> {
          channels.add(pattern, channel(pattern, sent));
          operations.add(pattern, operation(pattern, sent));
        });
    JsonObjectBuilder definitions = Json.createObjectBuilder();
    JsonObject builtMessages = messages.build();
    schemas.definitions().forEach(definitions::add);
    JsonObject content =
        Json.createObjectBuilder()
            .add("channels", channels)
            .add("operations", operations)
            .add(
                "components",
                Json.createObjectBuilder()
                    .add("messages", builtMessages)
                    .add("schemas", definitions))
            .build();
    return Json.createObjectBuilder()
        .add("asyncapi", "3.1.0")
        .add(
            "info",
            Json.createObjectBuilder()
                .add("title", title)
                // changes when anything else does
                .add("version", hash(content.toString()))
                .add(
                    DESCRIPTION,
                    "What the application publishes, as Server-Sent Events. A channel's address is"
                        + " the topic to subscribe to, and a message's name is that of the event."))
        .add("defaultContentType", JSON)
        .addAll(Json.createObjectBuilder(content))
        .build();
  }

  private static String hash(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private JsonObjectBuilder channel(String pattern, Set<Message> sent) {
    Template template = Template.of(pattern);
    JsonObjectBuilder references = Json.createObjectBuilder();
    sent.forEach(
        message -> {
          String name = name(message);
          references.add(name, reference("components", "messages", name));
        });
    JsonObjectBuilder channel = Json.createObjectBuilder().add("address", template.address());
    if (!template.isTopic()) {
      channel.add("parameters", template.parameters());
    }
    return channel.add("messages", references);
  }

  /** To send is what this application does; clients receive. */
  private JsonObjectBuilder operation(String pattern, Set<Message> sent) {
    JsonArrayBuilder references = Json.createArrayBuilder();
    sent.forEach(
        message -> references.add(reference("channels", pattern, "messages", name(message))));
    return Json.createObjectBuilder()
        .add("action", "send")
        .add("channel", reference("channels", pattern))
        .add("messages", references);
  }

  private static JsonObjectBuilder reference(String... path) {
    StringBuilder pointer = new StringBuilder("#");
    for (String name : path) {
      String escaped = name.replace("~", "~0").replace("/", "~1");
      pointer
          .append('/')
          .append(URLEncoder.encode(escaped, StandardCharsets.UTF_8).replace("%7E", "~"));
    }
    return Json.createObjectBuilder().add("$ref", pointer.toString());
  }

  private String name(Message message) {
    String known = names.get(message);
    if (known != null) {
      return known;
    }
    String event = message.event().isEmpty() ? "" : "." + message.event();
    String wanted = (simpleName(message.payload()) + event).replaceAll("[^A-Za-z0-9._-]", "_");
    String name = wanted;
    for (int i = 2; !taken.add(name); i++) {
      name = wanted + i;
    }
    names.put(message, name);
    messages.add(name, described(message));
    return name;
  }

  private static String simpleName(Type type) {
    return type.getTypeName()
        .replaceAll("[A-Za-z0-9_]+[.$]", "") // packages and classes around it
        .replace("? extends ", "")
        .replace("[]", "Array")
        .replace("<", "Of")
        .replace(", ", "And")
        .replace(">", "");
  }

  private JsonObject described(Message message) {
    JsonObjectBuilder made = Json.createObjectBuilder();
    Class<?> raw = raw(message.sent());
    Topic.Contract contract = message.contract();
    String text = textType(raw);
    boolean byCode =
        MessageSource.class.isAssignableFrom(raw) || text == null && hasEncoder.test(raw);
    if (DATASTAR.containsKey(raw)) {
      made.add("name", DATASTAR.get(raw));
    } else if (contract != null || !byCode) {
      made.add("name", message.event().isEmpty() ? "message" : message.event());
    }
    if (text != null) {
      made.add("contentType", text).add("payload", STRING);
    } else if (JsonText.isAvailable() && (message.isSaid() || !byCode)) {
      made.add("contentType", JSON).add("payload", schemas.of(message.sent()));
    } else if (contract == null || contract.description().isEmpty()) {
      made.add(DESCRIPTION, "Made by code of the application");
    }
    if (contract != null && !contract.description().isEmpty()) {
      made.add(DESCRIPTION, contract.description());
    }
    if (contract != null && !contract.example().isEmpty()) {
      JsonValue example =
          text != null ? Json.createValue(contract.example()) : parsed(contract.example());
      made.add(
          "examples",
          Json.createArrayBuilder().add(Json.createObjectBuilder().add("payload", example)));
    }
    return made.build();
  }

  /** The type of data that is text, or null. */
  private static String textType(Class<?> raw) {
    if (Html.class.isAssignableFrom(raw) || OobSwap.class.isAssignableFrom(raw)) {
      return HTML;
    }
    return CharSequence.class.isAssignableFrom(raw) || DatastarEvent.class.isAssignableFrom(raw)
        ? TEXT
        : null;
  }

  /** JSON, or the text where it is none. */
  private static JsonValue parsed(String example) {
    try (JsonReader reader = Json.createReader(new StringReader(example))) {
      return reader.readValue();
    } catch (JsonException e) {
      return Json.createValue(example);
    }
  }

  private static Class<?> raw(Type type) {
    if (type instanceof Class<?> plain) {
      return plain;
    }
    if (type instanceof ParameterizedType generic) {
      return raw(generic.getRawType());
    }
    if (type instanceof GenericArrayType array) {
      return raw(array.getGenericComponentType()).arrayType();
    }
    if (type instanceof WildcardType wildcard) {
      return raw(wildcard.getUpperBounds()[0]);
    }
    return type instanceof TypeVariable<?> variable ? raw(variable.getBounds()[0]) : Object.class;
  }
}
