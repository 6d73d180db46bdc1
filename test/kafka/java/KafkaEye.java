import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's own client, for tests: takes tasks as JSON lines, one at a time, and answers each with a line. */
public final class KafkaEye {
  private static final ObjectMapper JSON = new ObjectMapper();
  /** Left in an open transaction, which `close` would abort. */
  private static final List<Object> LEFT = new ArrayList<>();

  public static void main(String[] arguments) throws Exception {
    // Whatever a library prints must not come between the answers.
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader tasks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = tasks.readLine(); line != null; line = tasks.readLine()) {
      ObjectNode answer;
      try {
        JsonNode task = JSON.readTree(line);
        answer = task.get("do").asText().equals("read") ? read(task) : produce(task);
      } catch (Exception error) {
        answer = JSON.createObjectNode().put("error", error.toString());
      }
      answers.println(JSON.writeValueAsString(answer));
      answers.flush();
    }
  }

  private static Map<String, Object> config(JsonNode task) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", task.get("bootstrap").asText());
    if (task.has("config")) task.get("config").properties().forEach(e -> config.put(e.getKey(), e.getValue().asText()));
    return config;
  }

  private static ObjectNode produce(JsonNode task) throws Exception {
    Map<String, Object> config = config(task);
    KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    boolean leave = false;
    if (config.containsKey("transactional.id")) producer.initTransactions();
    for (JsonNode step : task.get("steps")) {
      switch (step.get("step").asText()) {
        case "send" -> {
          for (JsonNode record : step.get("records")) sent.add(producer.send(recordOf(step, record)));
        }
        case "flush" -> producer.flush();
        case "begin" -> producer.beginTransaction();
        case "commit" -> producer.commitTransaction();
        case "abort" -> producer.abortTransaction();
        case "leave" -> leave = true;
        default -> throw new IllegalArgumentException("no such step: " + step);
      }
    }
    producer.flush();
    ArrayNode offsets = JSON.createArrayNode();
    for (Future<RecordMetadata> future : sent) {
      try {
        offsets.add(future.get().offset());
      } catch (Exception aborted) {
        offsets.addNull();
      }
    }
    if (leave) LEFT.add(producer);
    else producer.close();
    ObjectNode answer = JSON.createObjectNode();
    answer.set("offsets", offsets);
    return answer;
  }

  private static ProducerRecord<byte[], byte[]> recordOf(JsonNode step, JsonNode record) {
    List<Header> headers = new ArrayList<>();
    if (record.has("headers")) {
      for (JsonNode header : record.get("headers")) {
        headers.add(new RecordHeader(new String(bytes(header.get(0)), StandardCharsets.UTF_8), bytes(header.get(1))));
      }
    }
    Long timestamp = record.has("timestamp") ? record.get("timestamp").asLong() : null;
    int partition = step.has("partition") ? step.get("partition").asInt() : 0;
    String topic = step.get("topic").asText();
    return new ProducerRecord<>(topic, partition, timestamp, bytes(record.get("key")), bytes(record.get("value")), headers);
  }

  /** Every record of a topic, or of one partition of it, as it is now. */
  private static ObjectNode read(JsonNode task) throws Exception {
    Map<String, Object> config = config(task);
    config.put("isolation.level", task.get("isolation").asText());
    config.put("check.crcs", "true");
    String topic = task.get("topic").asText();
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode records = answer.putArray("records");
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = new ArrayList<>();
      consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
      partitions.sort((a, b) -> Integer.compare(a.partition(), b.partition()));
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      ArrayNode endOffsets = answer.putArray("ends");
      for (TopicPartition partition : partitions) {
        endOffsets.add(ends.get(partition));
        if (task.has("partition") && task.get("partition").asInt() != partition.partition()) continue;
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        while (consumer.position(partition) < ends.get(partition)) {
          for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) records.add(toJson(record));
        }
      }
    }
    return answer;
  }

  private static ObjectNode toJson(ConsumerRecord<byte[], byte[]> record) throws Exception {
    ObjectNode node = JSON.createObjectNode();
    node.put("partition", record.partition());
    node.put("offset", record.offset());
    node.put("timestamp", record.timestamp());
    node.put("timestampType", record.timestampType().name);
    node.put("key", text(record.key()));
    node.put("value", text(record.value()));
    ArrayNode headers = node.putArray("headers");
    for (Header header : record.headers()) headers.addArray().add(text(keyBytes(header))).add(text(header.value()));
    return node;
  }

  /** The client would make text of a header's key: bytes that are no UTF-8 would be lost. */
  private static byte[] keyBytes(Header header) throws Exception {
    Field field = RecordHeader.class.getDeclaredField("keyBuffer");
    field.setAccessible(true);
    ByteBuffer buffer = (ByteBuffer) field.get(header);
    if (buffer == null) return header.key().getBytes(StandardCharsets.UTF_8);
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static byte[] bytes(JsonNode node) {
    return node == null || node.isNull() ? null : Base64.getDecoder().decode(node.asText());
  }

  private static String text(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }
}
