/**
 * What stands before a record's payload, or in its headers, to say which schema wrote it. One side (key or value) of
 * one record; the formats are those of Confluent's, Apicurio's and AWS Glue's serializers.
 */
import { guidText } from './schema-id-map.ts';

export const FRAME_KINDS = [
  'none',
  'id',
  'guid',
  'header-id',
  'header-guid',
  'apicurio-id',
  'apicurio-header-global-id',
  'apicurio-header-content-id',
  'glue',
] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];

export interface RecordHeader {
  readonly name: string;
  /** Null as Kafka has it. */
  readonly value: Buffer | null;
}

export interface Frame {
  readonly kind: FrameKind;
  /** Confluent's id, 32 bits with a sign. */
  readonly id?: number;
  /** Confluent's guid, or the version of AWS Glue. */
  readonly guid?: string;
  /** Digits of a 64-bit id of Apicurio's. */
  readonly longId?: string;
  /** Where the payload begins: at Protobuf's message indexes, if they are not in the header. */
  readonly payloadAt: number;
  /** What is in the header behind the id: Protobuf's message indexes. */
  readonly headerRest?: Buffer;
  /** Glue's payload is compressed with zlib. */
  readonly compressed?: boolean;
  /** A header that says nothing that anybody understands, or one that was overruled. */
  readonly warning?: string;
}

/**
 * Finds the frame of one side. Nothing is concluded from ids being known: any bytes that begin with 0 look like a frame.
 */
export function decodeFrame(
  bytes: Buffer,
  headers: readonly RecordHeader[] = [],
  side: 'key' | 'value' = 'value',
): Frame {
  const confluent = lastOf(headers, `__${side}_schema_id`);
  const found = confluent === undefined ? undefined : ofConfluentHeader(confluent);
  if (found !== undefined) return found;
  const warning =
    confluent === undefined
      ? {}
      : { warning: `the header __${side}_schema_id has ${confluent.length} bytes that are no id` };
  for (const [name, kind] of APICURIO_HEADERS) {
    const value = lastOf(headers, `apicurio.${side}.${name}`);
    if (value?.length === 8) return { kind, longId: value.readBigInt64BE().toString(), payloadAt: 0, ...warning };
  }
  return { ...ofPayload(bytes), ...warning };
}

const APICURIO_HEADERS = [
  ['globalId', 'apicurio-header-global-id'],
  ['contentId', 'apicurio-header-content-id'],
] as const;

/** Of several headers with one name the last counts. */
function lastOf(headers: readonly RecordHeader[], name: string): Buffer | undefined {
  return headers.findLast((header) => header.name === name)?.value ?? undefined;
}

function ofConfluentHeader(value: Buffer): Frame | undefined {
  if (value[0] === 1 && value.length >= 17) {
    return { kind: 'header-guid', guid: guidText(value, 1), payloadAt: 0, headerRest: value.subarray(17) };
  }
  if (value[0] === 0 && value.length >= 5) {
    return { kind: 'header-id', id: value.readInt32BE(1), payloadAt: 0, headerRest: value.subarray(5) };
  }
  return undefined;
}

function ofPayload(bytes: Buffer): Frame {
  const magic = bytes[0];
  if (magic === 0 && bytes.length >= 5) {
    const id = bytes.readInt32BE(1);
    // No id of 32 bits is 0; ids of 64 bits are small numbers.
    if (id === 0 && bytes.length >= 9) {
      return { kind: 'apicurio-id', longId: bytes.readBigInt64BE(1).toString(), payloadAt: 9 };
    }
    return { kind: 'id', id, payloadAt: 5 };
  }
  if (magic === 1 && bytes.length >= 17) return { kind: 'guid', guid: guidText(bytes, 1), payloadAt: 17 };
  if (magic === 3 && bytes.length >= 18 && (bytes[1] === 0 || bytes[1] === 5)) {
    return { kind: 'glue', guid: guidText(bytes, 2), payloadAt: 18, ...(bytes[1] === 5 ? { compressed: true } : {}) };
  }
  return { kind: 'none', payloadAt: 0 };
}
