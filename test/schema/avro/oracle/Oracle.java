import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.CompatibilityChecker;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.CompatibilityLevel;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.avro.AvroSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaReference;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * Asks Confluent's own classes about Avro schemas: a JSON object a line in, one a line out, in order.
 *
 * <p>{schema, references: [{name, schema}], isNew} answers {canonical, normalized, resolved} or {error};
 * {level, candidate: {schema, references}, history: [{schema, references}]} answers {messages} or {error}.
 */
public class Oracle {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Map<String, Object> answer = new LinkedHashMap<>();
      try {
        JsonNode question = JSON.readTree(line);
        if (question.has("candidate")) {
          answer.put("messages", check(question));
        } else {
          AvroSchema schema = parse(question);
          answer.put("canonical", schema.canonicalString());
          answer.put("resolved", schema.formattedString("resolved"));
          answer.put("normalized", schema.normalize().canonicalString());
        }
      } catch (Throwable error) {
        answer.put("error", String.valueOf(error.getMessage()));
      }
      out.write(JSON.writeValueAsString(answer));
      out.write('\n');
      if (!in.ready()) out.flush();
    }
    out.flush();
  }

  private static List<String> check(JsonNode question) {
    CompatibilityLevel level = CompatibilityLevel.forName(question.get("level").asText());
    List<AvroSchema> history = new ArrayList<>();
    for (JsonNode version : question.get("history")) history.add(parse(version));
    return CompatibilityChecker.checker(level).isCompatible(parse(question.get("candidate")), history);
  }

  private static AvroSchema parse(JsonNode question) {
    Map<String, String> resolved = new LinkedHashMap<>();
    List<SchemaReference> references = new ArrayList<>();
    if (question.has("references")) {
      for (JsonNode reference : question.get("references")) {
        resolved.put(reference.get("name").asText(), reference.get("schema").asText());
        references.add(new SchemaReference(reference.get("name").asText(), reference.get("name").asText(), 1));
      }
    }
    boolean isNew = !question.has("isNew") || question.get("isNew").asBoolean();
    return new AvroSchema(
        question.get("schema").asText(), references, resolved, null, null, null, isNew);
  }
}
