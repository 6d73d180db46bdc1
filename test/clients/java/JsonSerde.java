import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.ParsedSchema;
import java.net.URI;
import java.util.Arrays;
import org.everit.json.schema.loader.SchemaLoader;
import org.json.JSONObject;

/** JSON checked against its schema by the library that Confluent's serializer uses; framed as that one does. */
final class JsonSerde implements Serde {
  @Override
  public byte[] serialize(Main.Chosen chosen, JsonNode task) throws Exception {
    JsonNode value = task.get("value");
    validate((TextSchema) chosen.schema(), value);
    return Serde.framed(chosen.id(), Main.JSON.writeValueAsBytes(value));
  }

  @Override
  public JsonNode deserialize(ParsedSchema writer, ParsedSchema reader, byte[] frame) throws Exception {
    JsonNode value = Main.JSON.readTree(Arrays.copyOfRange(frame, PREFIX, frame.length));
    validate((TextSchema) reader, value);
    return value;
  }

  private static void validate(TextSchema schema, JsonNode value) {
    SchemaLoader.SchemaLoaderBuilder loader = SchemaLoader.builder().useDefaults(true).draftV7Support();
    schema.resolved().forEach((name, text) -> loader.registerSchemaByURI(URI.create(name), new JSONObject(text)));
    loader.schemaJson(new JSONObject(schema.text())).build().load().build().validate(new JSONObject(value.toString()));
  }
}
