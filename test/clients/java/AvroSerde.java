import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.ParsedSchema;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericDatumReader;
import org.apache.flink.avro.shaded.org.apache.avro.generic.GenericRecord;
import org.apache.flink.avro.shaded.org.apache.avro.io.DecoderFactory;
import org.apache.flink.formats.avro.registry.confluent.ConfluentRegistryAvroDeserializationSchema;
import org.apache.flink.formats.avro.registry.confluent.ConfluentRegistryAvroSerializationSchema;

/**
 * Flink's serializer and deserializer. The serializer always registers, and sends the schema with what it refers to
 * written into it: the registry must know it again.
 */
record AvroSerde(String url) implements Serde {
  @Override
  public byte[] serialize(Main.Chosen chosen, JsonNode task) throws Exception {
    Schema schema = (Schema) chosen.schema().rawSchema();
    GenericRecord value = new GenericDatumReader<GenericRecord>(schema)
        .read(null, DecoderFactory.get().jsonDecoder(schema, task.get("value").toString()));
    return ConfluentRegistryAvroSerializationSchema.forGeneric(chosen.subject(), schema, url).serialize(value);
  }

  @Override
  public JsonNode deserialize(ParsedSchema writer, ParsedSchema reader, byte[] frame) throws Exception {
    GenericRecord value = ConfluentRegistryAvroDeserializationSchema
        .forGeneric((Schema) reader.rawSchema(), url)
        .deserialize(frame);
    return Main.JSON.readTree(value.toString());
  }
}
