package org.starcast.internal.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The schema of AsyncAPI 3.1 documents, which the build takes out of npm's registry. */
public final class AsyncApiSchema {

  private static final Path SCHEMA =
      Path.of("target/npm/asyncapi/package/schemas/3.1.0-without-$id.json");

  private AsyncApiSchema() {}

  /** What is wrong with data, by a schema of a document. */
  public static List<String> problems(JsonObject document, String schema, String data) {
    String whole =
        Json.createObjectBuilder()
            .add("$schema", "http://json-schema.org/draft-07/schema#")
            .add(
                "allOf",
                Json.createArrayBuilder()
                    .add(Json.createObjectBuilder().add("$ref", "#/components/schemas/" + schema)))
            .add("components", document.getJsonObject("components"))
            .build()
            .toString();
    return problems(
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(whole), data);
  }

  private static List<String> problems(JsonSchema schema, String data) {
    return schema.validate(data, InputFormat.JSON).stream()
        .map(ValidationMessage::getMessage)
        .toList();
  }

  /** What is wrong with a document. */
  public static List<String> problems(String document) {
    assertThat(SCHEMA).as("there by the build's phase generate-test-resources").isRegularFile();
    try {
      return problems(
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7)
              .getSchema(Files.readString(SCHEMA)),
          document);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
