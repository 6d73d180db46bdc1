import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.AbstractSchemaProvider;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.ParsedSchema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.Metadata;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.RuleSet;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.Schema;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaEntity;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaReference;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** A JSON Schema or Protobuf schema as the registry client hands it around: its text, and the texts it refers to. */
record TextSchema(String schemaType, String text, List<SchemaReference> references, Map<String, String> resolved)
    implements ParsedSchema {

  /** Has the client fetch what a schema refers to, as Confluent's own providers do. */
  static final class Provider extends AbstractSchemaProvider {
    private final String schemaType;

    Provider(String schemaType) {
      this.schemaType = schemaType;
    }

    @Override
    public String schemaType() {
      return schemaType;
    }

    @Override
    public ParsedSchema parseSchemaOrElseThrow(Schema schema, boolean isNew, boolean normalize) {
      return new TextSchema(schemaType, schema.getSchema(), schema.getReferences(), resolveReferences(schema));
    }
  }

  @Override
  public String canonicalString() {
    return text;
  }

  @Override
  public String name() {
    return null;
  }

  @Override
  public Integer version() {
    return null;
  }

  @Override
  public Metadata metadata() {
    return null;
  }

  @Override
  public RuleSet ruleSet() {
    return null;
  }

  @Override
  public ParsedSchema copy() {
    return this;
  }

  @Override
  public ParsedSchema copy(Integer version) {
    return this;
  }

  @Override
  public ParsedSchema copy(Metadata metadata, RuleSet ruleSet) {
    return this;
  }

  @Override
  public ParsedSchema copy(Map<SchemaEntity, Set<String>> toAdd, Map<SchemaEntity, Set<String>> toRemove) {
    return this;
  }

  @Override
  public List<String> isBackwardCompatible(ParsedSchema previous) {
    throw new UnsupportedOperationException("the registry decides");
  }

  @Override
  public Object rawSchema() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TextSchema that && text.equals(that.text) && references.equals(that.references);
  }

  @Override
  public int hashCode() {
    return Objects.hash(text, references);
  }
}
