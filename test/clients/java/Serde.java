import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.ParsedSchema;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/** A language's way between a value and a record's bytes. */
interface Serde {
  byte[] serialize(Main.Chosen chosen, JsonNode task) throws Exception;

  JsonNode deserialize(ParsedSchema writer, ParsedSchema reader, byte[] frame) throws Exception;

  static Serde of(JsonNode task, String url) {
    return switch (task.get("type").asText()) {
      case "AVRO" -> new AvroSerde(url);
      case "JSON" -> new JsonSerde();
      case "PROTOBUF" -> new ProtobufSerde();
      default -> throw new IllegalArgumentException("no type " + task.get("type"));
    };
  }

  /** Length of the magic byte and the id. */
  int PREFIX = 5;

  static int idOf(byte[] frame) {
    if (frame[0] != 0) throw new IllegalArgumentException("unknown magic byte " + frame[0]);
    return ByteBuffer.wrap(frame, 1, 4).getInt();
  }

  static byte[] framed(int id, byte[]... parts) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.writeBytes(ByteBuffer.allocate(PREFIX).put((byte) 0).putInt(id).array());
    for (byte[] part : parts) frame.writeBytes(part);
    return frame.toByteArray();
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }
}
