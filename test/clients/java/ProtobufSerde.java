import org.apache.flink.avro.shaded.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.ParsedSchema;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.util.JsonFormat;
import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.Schema;
import com.squareup.wire.schema.SchemaLoader;
import com.squareup.wire.schema.internal.SchemaEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * Messages of a .proto text, which Wire compiles as in Confluent's serializer; framed as that one does: after the id
 * stand the indexes of the message in its file, count first, as zigzag varints, and one 0 for the first message.
 */
final class ProtobufSerde implements Serde {
  private static final String FILE = "default.proto";

  @Override
  public byte[] serialize(Main.Chosen chosen, JsonNode task) throws Exception {
    Descriptor type = messageOf(compile((TextSchema) chosen.schema()), task.get("message").asText());
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    JsonFormat.parser().merge(task.get("value").toString(), message);
    return Serde.framed(chosen.id(), indexesOf(type), message.build().toByteArray());
  }

  @Override
  public JsonNode deserialize(ParsedSchema writer, ParsedSchema reader, byte[] frame) throws Exception {
    CodedInputStream input = CodedInputStream.newInstance(frame, PREFIX, frame.length - PREFIX);
    Descriptor type = messageAt(compile((TextSchema) writer), input);
    DynamicMessage message = DynamicMessage.parseFrom(type, input);
    return Main.JSON.readTree(JsonFormat.printer().print(message));
  }

  private static Descriptor messageAt(FileDescriptor file, CodedInputStream input) throws IOException {
    int count = input.readSInt32();
    Descriptor type = file.getMessageTypes().get(count == 0 ? 0 : input.readSInt32());
    for (int at = 1; at < count; at++) type = type.getNestedTypes().get(input.readSInt32());
    return type;
  }

  private static byte[] indexesOf(Descriptor type) throws IOException {
    Deque<Integer> indexes = new ArrayDeque<>();
    for (Descriptor one = type; one != null; one = one.getContainingType()) indexes.addFirst(one.getIndex());
    boolean isFirst = indexes.size() == 1 && indexes.getFirst() == 0;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream output = CodedOutputStream.newInstance(bytes);
    output.writeSInt32NoTag(isFirst ? 0 : indexes.size());
    if (!isFirst) for (int index : indexes) output.writeSInt32NoTag(index);
    output.flush();
    return bytes.toByteArray();
  }

  private static Descriptor messageOf(FileDescriptor file, String fullName) {
    Deque<Descriptor> open = new ArrayDeque<>(file.getMessageTypes());
    while (!open.isEmpty()) {
      Descriptor type = open.pop();
      if (type.getFullName().equals(fullName)) return type;
      open.addAll(type.getNestedTypes());
    }
    throw new IllegalArgumentException("no message " + fullName);
  }

  private static FileDescriptor compile(TextSchema schema) throws Exception {
    Path folder = Files.createTempDirectory("srgit-proto-");
    try {
      write(folder.resolve(FILE), schema.text());
      for (var reference : schema.resolved().entrySet()) {
        write(folder.resolve(reference.getKey()), reference.getValue());
      }
      SchemaLoader loader = new SchemaLoader(FileSystems.getDefault());
      loader.setLoadExhaustively(true);
      loader.initRoots(List.of(Location.get(folder.toString())), List.of());
      return describe(loader.loadSchema(), FILE);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path one : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(one);
      }
    }
  }

  private static FileDescriptor describe(Schema schema, String file) throws Exception {
    byte[] bytes = new SchemaEncoder(schema).encode(schema.protoFile(file)).toByteArray();
    FileDescriptorProto proto = FileDescriptorProto.parseFrom(bytes);
    FileDescriptor[] imported = new FileDescriptor[proto.getDependencyCount()];
    for (int at = 0; at < imported.length; at++) imported[at] = describe(schema, proto.getDependency(at));
    return FileDescriptor.buildFrom(proto, imported);
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
