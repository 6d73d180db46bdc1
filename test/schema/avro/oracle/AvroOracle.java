import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;

/**
 * Asks Avro's own parser, set as Confluent sets it: a JSON object a line in, one a line out, in order.
 *
 * <p>{schema, references: [{name, schema}]} answers {canonical} or {error}.
 */
public class AvroOracle {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Map<String, Object> answer = new LinkedHashMap<>();
      try {
        answer.put("canonical", read(JSON.readTree(line)));
      } catch (Throwable error) {
        answer.put("error", String.valueOf(error.getMessage()));
      }
      out.write(JSON.writeValueAsString(answer));
      out.write('\n');
    }
    out.flush();
  }

  private static String read(JsonNode question) {
    Schema.Parser parser = new Schema.Parser(NameValidator.STRICT_VALIDATOR);
    parser.setValidateDefaults(true);
    List<Schema> references = new ArrayList<>();
    for (JsonNode reference : question.path("references")) {
      references.add(parser.parse(reference.get("schema").asText()));
    }
    return parser.parse(question.get("schema").asText()).toString(references, false);
  }
}
