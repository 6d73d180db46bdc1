/** Which logical types Avro 1.12 takes: one that does not fit its type is an attribute like any other. */
import type { AvroSchema, Properties } from './schema-model.ts';

const TYPES: Readonly<Record<string, (schema: AvroSchema) => boolean>> = {
  date: isType('int'),
  'time-millis': isType('int'),
  'time-micros': isType('long'),
  'timestamp-millis': isType('long'),
  'timestamp-micros': isType('long'),
  'timestamp-nanos': isType('long'),
  'local-timestamp-millis': isType('long'),
  'local-timestamp-micros': isType('long'),
  'local-timestamp-nanos': isType('long'),
  'big-decimal': isType('bytes'),
  uuid: (schema) => schema.type === 'string' || isFixed(schema, 16),
  duration: (schema) => isFixed(schema, 12),
  decimal: isDecimal,
};

/**
 * The attributes that a valid logical type owns, in the order in which Confluent's normalising writes them before all
 * others; empty without one. A decimal's scale of 0 is not among them (observed in 7.5.3).
 */
export function listLogicalAttributes(schema: AvroSchema): readonly string[] {
  const props = 'props' in schema ? schema.props : undefined;
  const word = props?.get('logicalType');
  if (props === undefined || word?.kind !== 'string') return [];
  if (!Object.hasOwn(TYPES, word.value) || TYPES[word.value]?.(schema) !== true) return [];
  if (word.value !== 'decimal') return ['logicalType'];
  return readInt(props, 'scale') ? ['logicalType', 'precision', 'scale'] : ['logicalType', 'precision'];
}

function isType(type: AvroSchema['type']): (schema: AvroSchema) => boolean {
  return (schema) => schema.type === type;
}

function isFixed(schema: AvroSchema, size: number): boolean {
  return schema.type === 'fixed' && schema.size === size;
}

function isDecimal(schema: AvroSchema): boolean {
  if (schema.type !== 'bytes' && schema.type !== 'fixed') return false;
  const most = schema.type === 'fixed' ? Math.floor(Math.log10(2) * (8 * schema.size - 1)) : Number.MAX_SAFE_INTEGER;
  const precision = readInt(schema.props, 'precision');
  const scale = schema.props.has('scale') ? readInt(schema.props, 'scale') : 0;
  if (precision === undefined || scale === undefined) return false;
  return precision > 0 && precision <= most && scale >= 0 && scale <= precision;
}

function readInt(props: Properties, key: string): number | undefined {
  const node = props.get(key);
  return node?.kind === 'int' ? Number(node.value) : undefined;
}
