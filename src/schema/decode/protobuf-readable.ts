/** What the types that everybody knows mean, beside or in place of their fields. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts';
import { readSigned, showDecimal } from './plain-values.ts';
import { showDateTime } from './show-time.ts';

type Show = (fields: JsonObject) => JsonValue;

const KNOWN: ReadonlyMap<string, Show> = new Map<string, Show>([
  ['google.protobuf.Timestamp', (fields) => ({ ...fields, ...timestampOf(fields) })],
  ['google.protobuf.Duration', (fields) => ({ ...fields, ...durationOf(fields) })],
  ['google.protobuf.Struct', (fields) => (isJsonObject(fields['fields']) ? fields['fields'] : {})],
  ['google.protobuf.ListValue', (fields) => fields['values'] ?? []],
  // One field of a oneof, whatever it is called; nothing written is no value at all.
  ['google.protobuf.Value', (fields) => plainValue(fields)],
  ['confluent.type.Decimal', (fields) => ({ ...fields, ...decimalOf(fields) })],
]);

const WRAPPERS: Readonly<Record<string, JsonValue>> = {
  BoolValue: false,
  StringValue: '',
  BytesValue: { base64: '' },
  ...Object.fromEntries(['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32'].map((name) => [`${name}Value`, 0])),
};

/** Whether it is shown otherwise than its fields are. */
export function isKnownMessage(fullName: string): boolean {
  return KNOWN.has(fullName) || wrapperOf(fullName) !== undefined;
}

function wrapperOf(fullName: string): string | undefined {
  const [, wrapper] = /^google\.protobuf\.(\w+Value)$/.exec(fullName) ?? [];
  return wrapper !== undefined && Object.hasOwn(WRAPPERS, wrapper) ? wrapper : undefined;
}

/** @param fields as they were written. */
export function showKnownMessage(fullName: string, fields: JsonObject): JsonValue {
  const wrapper = wrapperOf(fullName);
  if (wrapper !== undefined) return { value: WRAPPERS[wrapper] ?? null, ...fields };
  const show = KNOWN.get(fullName);
  return show === undefined ? fields : show(fields);
}

const NANOS = 1_000_000_000n;

function timestampOf(fields: JsonObject): JsonObject {
  const nanos = nanosOf(fields);
  const text = nanos === undefined ? undefined : showDateTime(nanos, digitsOf(nanos));
  return text === undefined ? {} : { timestamp: `${text}Z` };
}

function durationOf(fields: JsonObject): JsonObject {
  const nanos = nanosOf(fields);
  if (nanos === undefined) return {};
  const fraction = showDecimal(nanos, 9).slice(0, digitsOf(nanos) === 0 ? -10 : digitsOf(nanos) - 9 || undefined);
  return { duration: `${fraction}s` };
}

function nanosOf({ seconds = 0, nanos = 0 }: JsonObject): bigint | undefined {
  if ((typeof seconds !== 'number' && typeof seconds !== 'string') || typeof nanos !== 'number') return undefined;
  return BigInt(seconds) * NANOS + BigInt(nanos);
}

/** Of the fraction: none, or three, six or nine, as Protobuf's JSON has it. */
function digitsOf(nanos: bigint): number {
  if (nanos % NANOS === 0n) return 0;
  if (nanos % 1_000_000n === 0n) return 3;
  return nanos % 1000n === 0n ? 6 : 9;
}

function plainValue(fields: JsonObject): JsonValue {
  const [entry] = Object.entries(fields);
  if (entry === undefined) return fields;
  return entry[0] === 'null_value' ? null : entry[1];
}

const MOST_DECIMAL_BYTES = 512;

function decimalOf({ value, scale = 0 }: JsonObject): JsonObject {
  const base64 = isJsonObject(value) ? value['base64'] : '';
  if (typeof base64 !== 'string' || typeof scale !== 'number' || Math.abs(scale) > MOST_DECIMAL_BYTES) return {};
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length > MOST_DECIMAL_BYTES ? {} : { decimal: showDecimal(readSigned(bytes), scale) };
}
