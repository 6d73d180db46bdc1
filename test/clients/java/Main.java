import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.ParsedSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchemaProvider;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaMetadata;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaReference;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Confluent's registry client for Java: one task a line on stdin, one answer a line on stdout. */
public final class Main {
  static final ObjectMapper JSON = new ObjectMapper();

  private Main() {}

  public static void main(String[] args) throws Exception {
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    BufferedReader tasks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = tasks.readLine(); line != null; line = tasks.readLine()) {
      ObjectNode answer = JSON.createObjectNode();
      try {
        carryOut(JSON.readTree(line), answer);
      } catch (Exception error) {
        describe(error, answer.removeAll().putObject("error"));
      }
      answers.println(JSON.writeValueAsString(answer));
    }
  }

  private static void carryOut(JsonNode task, ObjectNode answer) throws Exception {
    String url = task.get("url").asText();
    SchemaRegistryClient client = newClient(url);
    switch (task.get("do").asText()) {
      case "register" -> answer.put("id", client.register(task.get("subject").asText(), parse(client, task)));
      case "isCompatible" ->
          answer.put("value", client.testCompatibility(task.get("subject").asText(), parse(client, task)));
      case "latest" -> {
        SchemaMetadata latest = client.getLatestSchemaMetadata(task.get("subject").asText());
        answer.put("id", latest.getId()).put("version", latest.getVersion());
      }
      case "serialize" -> {
        Chosen chosen = choose(client, task);
        byte[] frame = Serde.of(task, url).serialize(chosen, task);
        answer.put("id", chosen.id()).put("frame", Serde.hex(frame));
      }
      case "deserialize" -> answer.set("value", deserialize(client, url, task));
      default -> throw new IllegalArgumentException("no task " + task.get("do"));
    }
  }

  /** The schema a value is written with. */
  record Chosen(String subject, int id, ParsedSchema schema) {}

  private static Chosen choose(SchemaRegistryClient client, JsonNode task) throws Exception {
    String subject = task.get("topic").asText() + "-value";
    String how = task.get("how").asText();
    if (how.equals("latest")) {
      int id = client.getLatestSchemaMetadata(subject).getId();
      return new Chosen(subject, id, client.getSchemaBySubjectAndId(subject, id));
    }
    ParsedSchema schema = parse(client, task);
    int id = how.equals("register") ? client.register(subject, schema) : client.getId(subject, schema);
    return new Chosen(subject, id, schema);
  }

  private static JsonNode deserialize(SchemaRegistryClient client, String url, JsonNode task) throws Exception {
    byte[] frame = Serde.bytes(task.get("frame").asText());
    String subject = task.get("topic").asText() + "-value";
    int id = Serde.idOf(frame);
    ParsedSchema writer = client.getSchemaBySubjectAndId(subject, id);
    boolean asLatest = task.path("asLatest").asBoolean();
    ParsedSchema reader = asLatest
        ? client.getSchemaBySubjectAndId(subject, client.getLatestSchemaMetadata(subject).getId())
        : writer;
    return Serde.of(task, url).deserialize(writer, reader, frame);
  }

  private static SchemaRegistryClient newClient(String url) {
    return new CachedSchemaRegistryClient(
        List.of(url),
        100,
        List.of(new AvroSchemaProvider(), new TextSchema.Provider("JSON"), new TextSchema.Provider("PROTOBUF")),
        Map.of("max.retries", 0));
  }

  private static ParsedSchema parse(SchemaRegistryClient client, JsonNode task) {
    List<SchemaReference> references = new ArrayList<>();
    for (JsonNode one : task.get("references")) {
      references.add(new SchemaReference(
          one.get("name").asText(), one.get("subject").asText(), one.get("version").asInt()));
    }
    return client
        .parseSchema(task.get("type").asText(), task.get("schema").asText(), references)
        .orElseThrow(() -> new IllegalStateException("the client cannot parse the schema"));
  }

  /** The client's own error, which others wrap. */
  private static void describe(Exception error, ObjectNode described) {
    Throwable shown = error;
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof RestClientException) shown = cause;
    }
    described.put("name", shown.getClass().getSimpleName()).put("message", String.valueOf(shown.getMessage()));
    if (shown instanceof RestClientException rest) {
      described.put("status", rest.getStatus()).put("code", rest.getErrorCode());
    } else {
      error.printStackTrace();
    }
  }
}
