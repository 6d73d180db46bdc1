/** Schema ids in Kafka records, one record at a time: found, counted, and rewritten. */
import { SrgitError } from '../errors.ts';
import type { Framing, RecordSide, SideRule } from '../records/frame-rules.ts';
import type { FrameReport } from '../records/frame-tally.ts';
import { sliceRecord } from '../records/plain-records.ts';
import { copyRecord } from '../records/record-slices.ts';
import { EMPTY_MAP, type SchemaIdMap } from '../records/schema-id-map.ts';
import { SchemaIdRewriter, UnknownSchemaError } from '../records/schema-id-rewriter.ts';

/** The parts of a record that may hold schema ids. */
export interface KafkaRecord {
  readonly key: Uint8Array | null;
  /** null is a tombstone. */
  readonly value: Uint8Array | null;
  /** In the record's order; a name may come twice. */
  readonly headers?: readonly (readonly [name: string | Uint8Array, value: Uint8Array | null])[];
}

export interface RecordRewriterOptions {
  /** Of `recordIds`. Without one frames are only counted: use `scan`. */
  readonly ids?: SchemaIdMap | undefined;
  /**
   * What is a frame. `auto` (default): what begins like one, when its id is known. `confluent`: whatever begins like one,
   * for topics of which that is certain. `none`: nothing on this side.
   */
  readonly key?: Framing | undefined;
  readonly value?: Framing | undefined;
  /** A record whose schema the target lacks: an error (`fail`, default), left as it is, or left out. */
  readonly onUnknown?: 'fail' | 'pass' | 'skip' | undefined;
  /** Named in errors. */
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
}

export interface RewrittenRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: Uint8Array, value: Uint8Array | null])[];
  /** Whether an id in it was changed. Where none was, keys and values are the very bytes that were given. */
  readonly isChanged: boolean;
}

/** Keeps counts: one for each partition, or one for all. */
export interface RecordRewriter {
  /**
   * The record with the target's ids in place of the source's: same length, nothing else touched, in the frame before key and
   * value or in the headers `__key_schema_id` and `__value_schema_id`. The record given is not changed.
   *
   * @param offset named in errors and in the report
   * @returns undefined for a record that `skip` leaves out
   * @throws SrgitError SRGIT_SCHEMA_UNKNOWN under the policy `fail`
   */
  rewrite(record: KafkaRecord, offset?: bigint): RewrittenRecord | undefined;
  /** Counts the frames of a record. */
  scan(record: KafkaRecord, offset?: bigint): void;
  /** Every id that was seen, by side and kind of frame, with counts and offsets. */
  report(): FrameReport;
}

export function createRecordRewriter(options: RecordRewriterOptions = {}): RecordRewriter {
  const { ids = EMPTY_MAP, key = 'auto', value = 'auto', onUnknown = 'fail', topic = '', partition = 0 } = options;
  const ruleOf = (framing: Framing): SideRule => ({ framing, map: ids });
  const rule = { key: ruleOf(key), value: ruleOf(value) };
  const rewriter = new SchemaIdRewriter({ topic, partition, rule, onUnknown });
  return {
    rewrite(record, offset = 0n) {
      const given = plainRecord(record, offset);
      const { bytes, slices } = sliceRecord(given);
      rewriter.begin(offset);
      let fate: ReturnType<SchemaIdRewriter['rewrite']>;
      try {
        fate = rewriter.rewrite(bytes, slices, 0);
      } catch (error) {
        throw error instanceof UnknownSchemaError ? unknownSchema(error, topic !== '') : error;
      }
      if (fate === 'removed') return undefined;
      const isChanged = fate === 'patched';
      const { key, value, headers } = isChanged ? copyRecord(bytes, slices, offset) : given;
      return { key, value, headers, isChanged };
    },
    scan(record, offset = 0n) {
      const { bytes, slices } = sliceRecord(plainRecord(record, offset));
      rewriter.begin(offset);
      rewriter.scan(bytes, slices, 0);
    },
    report: () => rewriter.report(),
  };
}

function plainRecord({ key, value, headers = [] }: KafkaRecord, offset: bigint) {
  return {
    offset,
    timestamp: -1n,
    key: bufferOf(key),
    value: bufferOf(value),
    headers: headers.map(([name, content]) => {
      return [typeof name === 'string' ? Buffer.from(name) : viewOf(name), bufferOf(content)] as const;
    }),
  };
}

function bufferOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : viewOf(bytes);
}

/** The same bytes, not a copy. */
function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unknownSchema(error: UnknownSchemaError, isNamed: boolean): SrgitError {
  const { topic, partition, offset, side, id } = error;
  const where = isNamed ? `${side} in ${topic}, partition ${partition}, offset ${offset}` : nameOf(side, offset);
  return new SrgitError('SRGIT_SCHEMA_UNKNOWN', `Schema ID ${id} not found in target registry: ${where}`, {
    hint: 'Restore the schema first, or say what becomes of such records with `onUnknown`.',
    cause: error,
    details: { topic, partition, offset: `${offset}`, side, id },
  });
}

function nameOf(side: RecordSide, offset: bigint): string {
  return `${side} at offset ${offset}`;
}
