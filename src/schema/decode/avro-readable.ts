/** What Avro's logical types mean, beside what was written. */
import type { JsonValue } from '../../model/json.ts';
import { listLogicalAttributes } from '../avro/logical-type.ts';
import type { AvroSchema } from '../avro/schema-model.ts';
import { readSigned, showBytes, showDecimal, showInteger } from './plain-values.ts';
import { showDate, showDateTime, showTime } from './show-time.ts';

/** The logical type, where it fits the type that it stands at. */
export function logicalTypeOf(schema: AvroSchema): string | undefined {
  const [first] = listLogicalAttributes(schema);
  const word = first === 'logicalType' && 'props' in schema ? schema.props.get('logicalType') : undefined;
  return word?.kind === 'string' ? word.value : undefined;
}

const NANOS = { millis: 1_000_000n, micros: 1000n, nanos: 1n } as const;
const DIGITS = { millis: 3, micros: 6, nanos: 9 } as const;

export function showLogicalNumber(logical: string, value: bigint): JsonValue {
  return beside(showInteger(value), logical, readNumber(logical, value));
}

export function showLogicalBytes(logical: string, schema: AvroSchema, bytes: Buffer): JsonValue {
  return beside(showBytes(bytes), logical, readBytes(logical, schema, bytes));
}

/** What cannot be shown as its logical type is shown as it is. */
function beside(raw: JsonValue, logical: string, text: string | undefined): JsonValue {
  return text === undefined ? raw : { raw, [logical]: text };
}

function readNumber(logical: string, value: bigint): string | undefined {
  if (logical === 'date') return showDate(value);
  const [, kind, unit] = /^(time|timestamp|local-timestamp)-(millis|micros|nanos)$/.exec(logical) ?? [];
  if (unit !== 'millis' && unit !== 'micros' && unit !== 'nanos') return undefined;
  const nanos = value * NANOS[unit];
  if (kind === 'time') return showTime(nanos, DIGITS[unit]);
  const text = showDateTime(nanos, DIGITS[unit]);
  return text === undefined || kind === 'local-timestamp' ? text : `${text}Z`;
}

function readBytes(logical: string, schema: AvroSchema, bytes: Buffer): string | undefined {
  switch (logical) {
    case 'decimal':
      return bytes.length > MOST_DECIMAL_BYTES ? undefined : showDecimal(readSigned(bytes), scaleOf(schema));
    case 'uuid': {
      const hex = bytes.toString('hex');
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
    }
    case 'duration':
      return `${bytes.readUInt32LE(0)} months ${bytes.readUInt32LE(4)} days ${bytes.readUInt32LE(8)} ms`;
    default:
      return undefined;
  }
}

/** A number of a thousand digits is no amount of anything; making digits of bytes takes the square of their count. */
const MOST_DECIMAL_BYTES = 512;

function scaleOf(schema: AvroSchema): number {
  const scale = 'props' in schema ? schema.props.get('scale') : undefined;
  return scale?.kind === 'int' ? Number(scale.value) : 0;
}
