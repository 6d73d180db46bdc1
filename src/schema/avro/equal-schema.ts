/** Equality of schemas as Java has it: the order of attributes does not count, nor that of keys inside of values. */
import { type JsonNode, sortKeys } from './json-node.ts';
import type { AvroSchema, Building, Field, Properties } from './schema-model.ts';
import { writeSchema } from './schema-text.ts';

/** A text that is the same for equal schemas only: everything counts but the order of attributes. */
export function writeComparable(schema: AvroSchema): string {
  return writeSchema(sortAttributes(schema));
}

function sortAttributes(root: AvroSchema): AvroSchema {
  const copies = new Map<AvroSchema, AvroSchema>();
  const open: AvroSchema[] = [];
  const copyOf = (schema: AvroSchema): AvroSchema => {
    const known = copies.get(schema);
    if (known !== undefined) return known;
    const copy = { ...schema };
    copies.set(schema, copy);
    open.push(copy);
    return copy;
  };
  const copied = copyOf(root);
  for (let schema = open.pop(); schema !== undefined; schema = open.pop()) fillCopy(schema, copyOf);
  return copied;
}

function fillCopy(schema: AvroSchema, copyOf: (schema: AvroSchema) => AvroSchema): void {
  if ('props' in schema) (schema as { props: Properties }).props = sortProperties(schema.props);
  const filled = schema as Building<AvroSchema>;
  switch (filled.type) {
    case 'array':
      filled.items = copyOf(filled.items);
      break;
    case 'map':
      filled.values = copyOf(filled.values);
      break;
    case 'union':
      filled.branches = filled.branches.map(copyOf);
      break;
    case 'record':
      filled.fields = filled.fields?.map((field) => sortField(field, copyOf));
      break;
    default:
  }
}

function sortField(field: Field, copyOf: (schema: AvroSchema) => AvroSchema): Field {
  const value = field.default && sortKeys(field.default);
  return { ...field, type: copyOf(field.type), default: value, props: sortProperties(field.props) };
}

function sortProperties(props: Properties): Properties {
  const sorted: [string, JsonNode][] = [...props].map(([key, value]) => [key, sortKeys(value)]);
  return new Map(sorted.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
